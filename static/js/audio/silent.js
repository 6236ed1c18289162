// A player where nothing can be played (plain http off localhost: the browser has no AudioWorklet there): it lets
// the time of the sound pass, so that the avatar's turns have their length and the server is told how far they are.

const REPORT_MS = 100;

// As Player in playback.js, with onPosition alone: there is no level, and nothing overflows.
export class SilentPlayer {
  #rate;
  #onPosition;
  #items = []; // those not yet over, in order: { itemId, writtenMs, playedMs, open }
  #latest = null;
  #paused = false;
  #playing = false;
  #at = 0; // up to this moment it has been counted
  #timer = 0;
  volume = 1;

  constructor({ rate, onPosition }) {
    this.#rate = rate;
    this.#onPosition = onPosition;
  }

  begin(itemId) {
    this.finish(this.#items.at(-1)?.itemId);
    this.#items.push({ itemId, writtenMs: 0, playedMs: 0, open: true });
  }

  write(buffer) {
    this.#count();
    const item = this.#items.at(-1);
    if (!item?.open) return;
    item.writtenMs += (buffer.byteLength / 2 / this.#rate) * 1000;
    this.#go();
  }

  finish(itemId) {
    this.#count();
    const item = this.#items.at(-1);
    if (!item || item.itemId !== itemId) return;
    item.open = false;
    this.#count();
  }

  pause() {
    this.#count();
    this.#paused = true;
    this.#stop();
    this.#tell(this.#items[0] ?? this.#latest);
  }

  resume() {
    this.#count();
    this.#paused = false;
    this.#go();
  }

  clear() {
    this.#count();
    this.#latest = this.#items[0] ?? this.#latest;
    this.#items = [];
    this.#paused = false;
    this.#stop();
    this.#tell(this.#latest);
  }

  close() {
    this.#items = [];
    this.#stop();
  }

  // Time passes only where there is sound that can pass with it.
  #count() {
    const now = performance.now();
    let left = this.#playing ? now - this.#at : 0;
    this.#at = now;
    while (this.#items.length) {
      const item = this.#items[0];
      const step = Math.min(left, item.writtenMs - item.playedMs);
      item.playedMs += step;
      left -= step;
      this.#latest = item;
      if (item.playedMs < item.writtenMs) return;
      if (item.open) return void (this.#playing && this.#starve(item));
      this.#items.shift();
      this.#tell(item, true);
    }
    this.#stop();
  }

  #starve(item) {
    this.#stop();
    this.#tell(item);
  }

  #go() {
    const item = this.#items[0];
    if (this.#playing || this.#paused || !item || item.playedMs >= item.writtenMs) return;
    this.#playing = true;
    this.#timer = setInterval(() => this.#tick(), REPORT_MS);
    this.#tell(item);
  }

  #tick() {
    this.#count();
    if (this.#playing) this.#tell(this.#items[0]);
  }

  #stop() {
    this.#playing = false;
    clearInterval(this.#timer);
  }

  #tell(item, finished = false) {
    if (!item) return;
    this.#onPosition({ itemId: item.itemId, playedMs: item.playedMs, playing: this.#playing && !finished, finished });
  }
}
