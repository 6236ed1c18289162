// On the audio thread: the queue of sound, and exactly how much of each item was played.
//
// The queue holds CAPACITY_S of sound. The server never sends more than 2 s ahead of what was acknowledged, so it
// can't be full; if it is, what does not fit is dropped and that is told once per item.
//
// Samples are counted from the first one written, over all items; an item is the stretch [begin, end) of that
// count. `end` is Infinity as long as more may be written. What the context has rendered is heard `latency` frames
// later, so reports subtract that, and ends are reported when they are due.

const CAPACITY_S = 10;
const REPORT_S = 0.1;
const LEVEL_S = 0.04;

class Playback extends AudioWorkletProcessor {
  constructor() {
    super();
    this.ring = new Float32Array(Math.ceil(sampleRate * CAPACITY_S));
    this.written = 0;
    this.read = 0;
    this.items = []; // those not yet played to their end, in order
    this.latest = null; // the item that was played last
    this.due = []; // reports to be made at a later frame, in order
    this.paused = false;
    this.playing = false;
    this.closed = false;
    this.latency = 0;
    this.stoppedAt = 0; // the frame at which it fell silent
    this.reportedAt = 0;
    this.energy = 0;
    this.measured = 0;
    this.port.onmessage = ({ data }) => this[data.verb](data);
  }

  // -- what the page wants ----------------------------------------------------------------------------

  begin({ itemId }) {
    this.#endOpen();
    this.items.push({ itemId, begin: this.written, end: Infinity, heard: 0, overflowed: false });
  }

  write({ samples }) {
    const item = this.items.at(-1);
    if (!item || item.end !== Infinity) return;
    const free = this.ring.length - (this.written - this.read);
    const kept = Math.min(samples.length, free);
    for (let at = 0; at < kept; at += 1) this.ring[(this.written + at) % this.ring.length] = samples[at];
    this.written += kept;
    if (kept < samples.length && !item.overflowed) {
      item.overflowed = true;
      this.port.postMessage({ overflowed: item.itemId });
    }
  }

  finish({ itemId }) {
    if (this.items.at(-1)?.itemId === itemId) this.#endOpen();
  }

  pause() {
    this.paused = true;
    this.#fallSilent();
    this.#answer();
  }

  resume() {
    this.paused = false;
  }

  clear() {
    this.#fallSilent();
    if (this.items.length) this.latest = this.items[0];
    if (this.latest) this.latest.end = Math.min(this.latest.end, this.read);
    this.items.length = 0;
    this.paused = false;
    this.#answer();
    this.read = this.written;
  }

  close() {
    this.closed = true;
  }

  settle() {
    this.port.postMessage({ settled: true });
  }

  setLatency({ frames }) {
    this.latency = frames;
  }

  #endOpen() {
    const item = this.items.at(-1);
    if (item && item.end === Infinity) item.end = this.written;
  }

  // -- playing ----------------------------------------------------------------------------------------

  process(inputs, [[output]]) {
    const filled = this.#fill(output);
    if (filled > 0 && !this.playing) this.#start();
    else if (filled === 0 && this.playing) this.#stop();
    if (this.playing) {
      this.#measure(output, filled);
      if (currentFrame - this.reportedAt >= REPORT_S * sampleRate) this.#tell();
    }
    while (this.due.length && this.due[0].frame <= currentFrame + output.length) this.#report(this.due.shift());
    return !this.closed;
  }

  // Takes from the queue what fits, over the borders of items; the rest stays 0.
  #fill(output) {
    let filled = 0;
    while (this.items.length) {
      const item = this.items[0];
      const ready = Math.min(item.end, this.written) - this.read;
      const count = this.paused ? 0 : Math.min(output.length - filled, ready);
      for (let at = 0; at < count; at += 1) output[filled + at] = this.ring[(this.read + at) % this.ring.length];
      this.read += count;
      filled += count;
      if (count > 0) this.latest = item;
      if (this.read < item.end) break;
      this.latest = item;
      this.items.shift();
      this.#reportWhenHeard(item, currentFrame + filled, true);
    }
    return filled;
  }

  #start() {
    this.playing = true;
    this.#tell();
  }

  // Out of sound: the item's end, or the rest has not come yet.
  #stop() {
    this.#fallSilent();
    if (this.items.length) this.#answer();
  }

  #fallSilent() {
    if (!this.playing) return;
    this.playing = false;
    this.stoppedAt = currentFrame;
    this.energy = 0;
    this.measured = 0;
    this.port.postMessage({ level: 0 });
  }

  #measure(output, filled) {
    for (let at = 0; at < filled; at += 1) this.energy += output[at] * output[at];
    this.measured += output.length;
    if (this.measured < LEVEL_S * sampleRate) return;
    this.port.postMessage({ level: Math.sqrt(this.energy / this.measured) });
    this.energy = 0;
    this.measured = 0;
  }

  // -- positions --------------------------------------------------------------------------------------

  #rendered(item) {
    return Math.max(0, Math.min(this.read, item.end) - item.begin);
  }

  // While it plays. An item of which nothing was heard yet waits until the one before it was heard to its end.
  #tell() {
    const item = this.items[0];
    if (!item || this.due.some((report) => report.item !== item)) return;
    this.#report({ item, samples: this.#rendered(item) - this.latency, finished: false });
  }

  // Now, what was heard so far; and again when what is on its way was heard.
  #answer() {
    const item = this.items[0] ?? this.latest;
    if (!item) return;
    const onItsWay = Math.max(0, this.latency - (currentFrame - this.stoppedAt));
    this.#report({ item, samples: this.#rendered(item) - onItsWay, finished: false });
    if (item.heard < this.#rendered(item) && !this.due.some((report) => report.item === item)) {
      this.#reportWhenHeard(item, this.stoppedAt, false);
    }
  }

  #reportWhenHeard(item, renderedAt, finished) {
    const frame = Math.max(renderedAt + this.latency, this.due.at(-1)?.frame ?? 0);
    this.due.push({ item, samples: this.#rendered(item), finished, frame });
  }

  #report({ item, samples, finished }) {
    item.heard = Math.max(item.heard, samples);
    this.reportedAt = currentFrame;
    this.port.postMessage({ itemId: item.itemId, samples: item.heard, playing: this.playing && !finished, finished });
  }
}

registerProcessor("playback", Playback);
