// Keeps a phone's screen on while one talks, where the browser can.

export class Awake {
  #wanted = false;
  #lock = null;

  constructor() {
    document.addEventListener("visibilitychange", () => this.#ask());
  }

  keep(wanted) {
    this.#wanted = wanted;
    if (wanted) this.#ask();
    else this.#lock?.release();
  }

  // A lock ends with the page being hidden.
  async #ask() {
    if (!this.#wanted || document.visibilityState !== "visible" || !navigator.wakeLock) return;
    if (this.#lock && !this.#lock.released) return;
    try {
      this.#lock = await navigator.wakeLock.request("screen");
    } catch {
      // the battery is low: it may go dark then
    }
  }
}
