// Django's chooser of several names its hints on plain <span>s, where a name is not allowed: they are pictures.

addEventListener("load", () => {
  for (const hint of document.querySelectorAll(".help-tooltip[aria-label]")) hint.setAttribute("role", "img");
});
