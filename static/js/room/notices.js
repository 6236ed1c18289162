// What went wrong, in calm words: each once, until it is dismissed or mended.

export class Notices {
  #list;
  #model;

  constructor({ list, model }) {
    this.#list = list;
    this.#model = model;
  }

  // The same `key` again replaces.
  show(key, message, hint = "") {
    const notice = document.importNode(this.#model.content.firstElementChild, true);
    notice.dataset.key = key;
    notice.querySelector(".message").textContent = message;
    notice.querySelector(".hint").textContent = hint;
    notice.querySelector("button").addEventListener("click", () => notice.remove());
    this.drop(key);
    this.#list.append(notice);
  }

  drop(key) {
    for (const notice of [...this.#list.children]) if (notice.dataset.key === key) notice.remove();
  }
}
