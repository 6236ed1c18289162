// The connection as one sees it: a lamp and words above, and what can be done about it.

import { gate } from "./gate.js";

const TRYING = ["lost", "busy", "held"];

export class Connection {
  #root;
  #part;
  #words;
  #been = false;

  // `again()`: try now, or take the conversation over from where it was opened last.
  constructor({ root, part, words, again }) {
    this.#root = root;
    this.#part = part;
    this.#words = words;
    for (const name of ["take-over", "try-now"]) part(name).addEventListener("click", again);
  }

  // One of Socket's.
  show(status) {
    // A new try is no news to somebody who reads that it is being tried.
    if (status !== "connecting" || !this.#been) this.#root.dataset.connection = status;
    this.#been ||= status === "open";
    const shown = this.#root.dataset.connection;
    this.#part("connection").textContent = this.#words[`connection-${shown}`] ?? "";
    for (const name of ["moved", "signin"]) gate(this.#part(name), status === name, this.#part("bar"));
    this.#part("try-now").hidden = !TRYING.includes(shown);
    this.#part("ended").hidden = status !== "ended";
  }
}
