// The profile form: how many letters are left, and a question before what was typed would be lost.

for (const counter of document.querySelectorAll("[data-counter]")) {
  const field = document.getElementById(counter.dataset.counter);
  const most = field.maxLength;
  // What is too long is shown as such rather than cut in the middle of a paste.
  field.removeAttribute("maxlength");
  const count = () => {
    // As the server counts: letters, not halves of them.
    const left = most - [...field.value].length;
    const words = left < 0 ? counter.dataset.over : counter.dataset.some;
    counter.textContent = words.replace("{n}", Math.abs(left));
    counter.classList.toggle("over", left < 0);
  };
  field.addEventListener("input", count);
  count();
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const content = () => new URLSearchParams(new FormData(form)).toString();
  // What came back with errors is not saved either.
  const saved = form.querySelector(".errorlist") ? null : content();
  let leaving = false;
  form.addEventListener("submit", () => { leaving = true; });
  addEventListener("pageshow", () => { leaving = false; });
  addEventListener("beforeunload", (event) => {
    if (!leaving && content() !== saved) event.preventDefault();
  });
}
