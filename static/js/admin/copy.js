// A button that copies the text of another element.

for (const button of document.querySelectorAll("[data-copy]")) {
  const status = document.querySelector("[data-copy-status]");
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      status.textContent = button.dataset.copied;
    } catch {
      // No clipboard on plain http, or refused: the text is selected, so that one key copies it.
      getSelection().selectAllChildren(source);
      status.textContent = button.dataset.refused;
    }
  });
}
