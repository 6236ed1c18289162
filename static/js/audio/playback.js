// The avatar's voice: items of sound played one after the other without a gap, and what of them was heard.

const WORKLET = new URL("./playback-worklet.js", import.meta.url);
const RAMP_S = 0.015;

// `kind` is insecure (plain http off localhost: the browser has no AudioWorklet there) or unsupported.
export class PlayerProblem extends Error {
  constructor(kind) {
    super(`No playback: ${kind}.`);
    this.name = "PlayerProblem";
    this.kind = kind;
  }
}

export class Player {
  #node;
  #volume = 1;
  #settling = [];

  // `onPosition({itemId, playedMs, playing, finished})`: every 100 ms while playing, at once when playing starts,
  // starves or is paused or cleared, and with `finished` once, when the item's last sample was heard. `playing` is
  // whether this item sounds. `playedMs` is what has left the speaker: what the context has rendered so far less its output latency. It never shrinks.
  // After a pause or a clear a second report follows when what was already on its way has been heard, if that was
  // more than the first one said.
  // `onLevel(rms 0..1)`: every 40 ms of sound, before the volume, and 0 when it falls silent.
  // `onOverflow(itemId)`: more was written than the queue holds (10 s); what did not fit is lost. Once per item.
  // Throws PlayerProblem.
  static async open({ context, onPosition = () => {}, onLevel = () => {}, onOverflow = () => {} }) {
    if (!context.audioWorklet) {
      throw new PlayerProblem(globalThis.isSecureContext ? "unsupported" : "insecure");
    }
    await context.audioWorklet.addModule(WORKLET);
    return new Player(context, { onPosition, onLevel, onOverflow });
  }

  // Only for open().
  constructor(context, { onPosition, onLevel, onOverflow }) {
    this.context = context;
    // What is heard, for whoever wants to listen in.
    this.output = new GainNode(context);
    this.#node = new AudioWorkletNode(context, "playback", {
      numberOfInputs: 0,
      numberOfOutputs: 1,
      outputChannelCount: [1],
    });
    this.#node.connect(this.output).connect(context.destination);
    this.#node.port.onmessage = ({ data }) => {
      if (data.settled) return this.#settling.shift()();
      if (data.level !== undefined) return onLevel(data.level);
      if (data.overflowed !== undefined) return onOverflow(data.overflowed);
      this.#tellLatency();
      const { itemId, samples, playing, finished } = data;
      return onPosition({ itemId, playedMs: (samples / context.sampleRate) * 1000, playing, finished });
    };
    this.#tellLatency();
  }

  // What is written from now on belongs to this item. One that was not finished yet ends here.
  begin(itemId) {
    this.#say("begin", { itemId });
  }

  // 16-bit little-endian mono PCM at the context's rate. Dropped where no item has begun: after a clear() that is
  // what was still on its way.
  write(buffer) {
    const view = new DataView(buffer);
    const samples = new Float32Array(buffer.byteLength >> 1);
    for (let at = 0; at < samples.length; at += 1) samples[at] = view.getInt16(at * 2, true) / 32768;
    this.#say("write", { samples }, [samples.buffer]);
  }

  // All of this item's sound was written.
  finish(itemId) {
    this.#say("finish", { itemId });
  }

  // Silence from the next 128 samples on; the queue is kept, and may still be written to.
  pause() {
    this.#say("pause");
  }

  // Goes on with the very next sample.
  resume() {
    this.#say("resume");
  }

  // Drops everything queued; also ends a pause. The next begin() plays.
  clear() {
    this.#say("clear");
  }

  get volume() {
    return this.#volume;
  }

  // 0..1; a short ramp, so that nothing clicks.
  set volume(volume) {
    this.#volume = Math.max(0, Math.min(1, volume));
    const { gain } = this.output;
    gain.cancelScheduledValues(this.context.currentTime);
    gain.setTargetAtTime(this.#volume, this.context.currentTime, RAMP_S / 3);
  }

  // Resolves when all that was asked so far has reached the audio thread, and what it had to tell was told.
  settled() {
    return new Promise((resolve) => {
      this.#settling.push(resolve);
      this.#say("settle");
    });
  }

  close() {
    this.#node.port.onmessage = null;
    this.#say("close");
    this.#node.disconnect();
    this.output.disconnect();
  }

  // It changes with the device: a wireless headset may add 200 ms. Not every browser says all of it.
  #tellLatency() {
    const seconds = this.context.outputLatency || this.context.baseLatency || 0;
    this.#say("setLatency", { frames: Math.round(seconds * this.context.sampleRate) });
  }

  #say(verb, fields = {}, transfer = []) {
    this.#node.port.postMessage({ verb, ...fields }, transfer);
  }
}
