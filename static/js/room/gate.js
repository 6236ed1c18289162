// A card that stands in the way until something is decided: who comes upon it by keyboard is led to its button.

// `back` has the focus when it is gone.
export function gate(card, shown, back) {
  if (card.hidden !== shown) return;
  const lost = card.contains(document.activeElement) || document.activeElement === document.body;
  card.hidden = !shown;
  if (shown) {
    document.querySelector("dialog[open]")?.close();
    [...card.querySelectorAll("button, a.button")].find((button) => !button.hidden)?.focus();
  } else if (lost) back.focus({ preventScroll: true });
}
