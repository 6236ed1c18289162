// The avatar's sound, from the wire to the ear: played, paused, dropped, and how much of it was heard.

import { Player } from "../audio/playback.js";

const REPORT_MS = 80; // the player says at once where it paused; without it we go on after this

export class Sound {
  #player = null;
  #handlers;
  #waiting = null;
  item = "";

  // `onHeard(item, ms)`, `onPlaying(boolean)`, `onLevel(rms)`. Where the browser can't play (plain http off
  // localhost) the avatar goes on in writing.
  static async open({ context, volume, onHeard, onPlaying, onLevel }) {
    const sound = new Sound({ onHeard, onPlaying });
    try {
      sound.#player = await Player.open({ context, onPosition: (report) => sound.#report(report), onLevel });
      sound.#player.volume = volume;
    } catch {
      sound.#player = null;
    }
    return sound;
  }

  constructor(handlers) {
    this.#handlers = handlers;
  }

  get works() {
    return this.#player !== null;
  }

  begin(item) {
    this.item = item;
    this.#player?.begin(item);
    if (this.#player) return;
    this.#handlers.onPlaying(true); // it is read, not heard
    this.#handlers.onHeard(item, Infinity);
  }

  write(pcm) {
    this.#player?.write(pcm);
  }

  finish(item) {
    this.#player?.finish(item);
  }

  // Resolves when it is known how much was heard.
  pause() {
    if (!this.#player) return Promise.resolve();
    this.#player.pause();
    return new Promise((resolve) => {
      this.#waiting = resolve;
      setTimeout(resolve, REPORT_MS);
    });
  }

  resume() {
    this.#player?.resume();
  }

  clear() {
    this.#player?.clear();
    this.#handlers.onPlaying(false);
  }

  set volume(volume) {
    if (this.#player) this.#player.volume = volume;
  }

  close() {
    this.#player?.close();
    this.#player = null;
  }

  #report({ itemId, playedMs, playing, finished }) {
    if (itemId) this.#handlers.onHeard(itemId, playedMs);
    this.#handlers.onPlaying(playing && !finished);
    if (!playing) this.#waiting?.();
  }
}
