// Elapsed and remaining time. It stands still while nobody is connected, as the server's does.

const SOON_MS = 60_000;

export function inMinutes(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export class Clock {
  #elapsedMs;
  #limitMs;
  #since = null;
  #parts;
  #words;

  // `words`: { left: "%s left", soon, over }. `notice` is a live region: it is written twice in a conversation.
  constructor({ elapsedMs, limitMs, elapsed, left, notice, words }) {
    this.#elapsedMs = elapsedMs;
    this.#limitMs = limitMs;
    this.#parts = { elapsed, left, notice };
    this.#words = words;
    setInterval(() => this.#draw(), 250);
    this.#draw();
  }

  // The server's clock, and that it runs.
  set(elapsedMs) {
    this.#elapsedMs = elapsedMs;
    this.#since = performance.now();
    this.#draw();
  }

  stop() {
    this.#elapsedMs = this.now;
    this.#since = null;
  }

  get now() {
    return this.#elapsedMs + (this.#since === null ? 0 : performance.now() - this.#since);
  }

  #draw() {
    const leftMs = this.#limitMs - this.now;
    write(this.#parts.elapsed, inMinutes(this.now));
    // Rounded up, so that both together are the whole.
    write(this.#parts.left, this.#words.left.replace("%s", inMinutes(Math.ceil(leftMs / 1000) * 1000)));
    write(this.#parts.notice, leftMs <= 0 ? this.#words.over : leftMs <= SOON_MS ? this.#words.soon : "");
  }
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
