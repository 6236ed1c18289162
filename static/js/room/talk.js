// The trainee's microphone and what of it is sent: open, muted, or while a key is held.
//
// Open: the server hears when a turn ends; muted it is sent silence, so that a turn under way ends as after a
// pause. Hold: nothing is sent until the key is down, and the turn ends with the key.

import { rememberedMicrophone, rememberMicrophone } from "../audio/devices.js";
import { Microphone } from "../audio/capture.js";

const TAIL_MS = 160; // the finger is quicker than the last word
const SHORTEST_MS = 300; // a shorter press was a mistake

export class Talk {
  #context;
  #handlers;
  #microphone = null;
  #since = 0;
  #tail = 0;
  #cut = false; // a turn that was begun without the key ended when it went down
  tried = false; // the browser was asked for a microphone
  muted;
  holding = false;
  freely; // false: push-to-talk throughout

  // `start`: open, hold or muted. `send(event)`, `sendSound(frame, rate)`; `beforeHold()`: the avatar falls
  // silent, and what was being said is a turn: then it returns true; `onLevel(rms)`, `onChange()`, `onTooShort()`, `onLost()`: the device is gone.
  constructor({ context, start, ...handlers }) {
    this.#context = context;
    this.#handlers = handlers;
    this.freely = start !== "hold";
    this.muted = start !== "open";
  }

  get on() {
    return this.#microphone !== null;
  }

  get deviceId() {
    return this.#microphone?.deviceId ?? "";
  }

  // For the session: null is push-to-talk.
  get turnDetection() {
    return this.freely && !this.holding ? { type: "server_vad" } : null;
  }

  // Throws MicrophoneProblem; a microphone that is open already then stays.
  async open(deviceId = rememberedMicrophone()) {
    this.tried = true;
    const microphone = await Microphone.open({
      context: this.#context,
      deviceId,
      onFrame: (frame) => microphone === this.#microphone && this.#take(frame),
      onLevel: (rms) => microphone === this.#microphone && this.#handlers.onLevel(rms),
      onEnded: () => microphone === this.#microphone && this.#lost(),
    });
    this.#microphone?.close();
    this.#microphone = microphone;
    this.#apply();
  }

  async choose(deviceId) {
    await this.open(deviceId);
    rememberMicrophone(deviceId);
  }

  mute(muted) {
    this.muted = muted;
    if (!muted && !this.freely) {
      this.freely = true;
      this.#tellDetection();
    }
    this.#apply();
  }

  // The key is down.
  async hold() {
    if (!this.on || (this.holding && !this.#tail)) return;
    clearTimeout(this.#tail);
    if (this.#tail) {
      this.#tail = 0; // on with the same turn
      return;
    }
    this.holding = true;
    this.#since = performance.now();
    this.#cut = this.#handlers.beforeHold();
    this.#tellDetection();
    this.#apply();
  }

  // The key is up: that was the turn.
  release() {
    if (this.holding && !this.#tail) this.#tail = setTimeout(() => this.#commit(), TAIL_MS);
  }

  // Without a word: the connection is gone, and with it what was being said.
  reset() {
    clearTimeout(this.#tail);
    this.#tail = 0;
    this.holding = false;
    this.#apply();
  }

  close() {
    this.#microphone?.close();
    this.#microphone = null;
  }

  #commit() {
    this.#tail = 0;
    this.holding = false;
    this.#apply();
    if (performance.now() - this.#since < SHORTEST_MS + TAIL_MS) {
      this.#handlers.send({ type: "input_audio_buffer.clear" });
      if (this.#cut) this.#handlers.send({ type: "response.create" });
      else this.#handlers.onTooShort();
    } else {
      this.#handlers.send({ type: "input_audio_buffer.commit" });
      this.#handlers.send({ type: "response.create" });
    }
    if (this.freely) this.#tellDetection();
  }

  #take(frame) {
    if (this.freely || this.holding) this.#handlers.sendSound(frame, this.#context.sampleRate);
  }

  #tellDetection() {
    const input = { turn_detection: this.turnDetection };
    this.#handlers.send({ type: "session.update", session: { type: "realtime", audio: { input } } });
  }

  #apply() {
    if (this.#microphone) this.#microphone.muted = this.muted && !this.holding;
    this.#handlers.onChange();
  }

  #lost() {
    this.#microphone = null;
    this.reset();
    this.#handlers.onLost();
  }
}
