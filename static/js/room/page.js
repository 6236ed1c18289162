// What the page says to its script: its parts, the facts of the conversation, and the words that people read.

export const root = document.querySelector(".room");

export const part = (name) => root.querySelector(`[data-part="${name}"]`);

export const facts = JSON.parse(document.getElementById("room-facts").textContent);

export const words = Object.fromEntries(
  [...document.getElementById("room-words").content.querySelectorAll("[data-word]")].map((word) => [
    word.dataset.word,
    word.textContent.replace(/\s+/g, " ").trim(),
  ]),
);
