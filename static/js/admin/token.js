// Copies the new token. Without a clipboard (plain http) it is selected instead, ready for Ctrl-C.

for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.querySelector(button.dataset.copy);
  const told = button.parentElement.querySelector("[data-told]");
  button.addEventListener("click", async () => {
    getSelection().selectAllChildren(source);
    try {
      await navigator.clipboard.writeText(source.textContent);
      told.textContent = button.dataset.copied;
    } catch {
      source.focus(); // selected by now
    }
  });
}
