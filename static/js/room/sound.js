// The avatar's sound, from the wire to the ear: played, paused, dropped, and how much of it was heard.

import { Player } from "../audio/playback.js";
import { SilentPlayer } from "../audio/silent.js";

const REPORT_MS = 80; // the player says at once where it paused; without it we go on after this

export class Sound {
  #player;
  #handlers;
  #waiting = null;
  #item = "";
  works = true; // false: nothing can be heard here

  // `onHeard(item, ms)`, `onPlaying(boolean)`, `onLevel(rms)`. Where the browser can't play (plain http off
  // localhost) the avatar goes on in writing, at the speed of its speech.
  static async open({ context, volume, onHeard, onPlaying, onLevel }) {
    const sound = new Sound({ onHeard, onPlaying });
    const onPosition = (report) => sound.#report(report);
    try {
      sound.#player = await Player.open({ context, onPosition, onLevel });
    } catch {
      sound.#player = new SilentPlayer({ rate: context.sampleRate, onPosition });
      sound.works = false;
    }
    sound.#player.volume = volume;
    return sound;
  }

  // Only for open().
  constructor(handlers) {
    this.#handlers = handlers;
  }

  begin(item) {
    this.#item = item;
    this.#player.begin(item);
  }

  write(pcm) {
    this.#player.write(pcm);
  }

  finish(item) {
    this.#player.finish(item);
  }

  // Resolves when it is known how much was heard.
  pause() {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      setTimeout(resolve, REPORT_MS);
      this.#player.pause();
    });
  }

  resume() {
    this.#player.resume();
  }

  clear() {
    this.#item = "";
    this.#player.clear();
    this.#handlers.onPlaying(false);
  }

  set volume(volume) {
    this.#player.volume = volume;
  }

  close() {
    this.#player.close();
  }

  // How far it is counts to its end; whether it sounds is of interest for the item that is spoken now alone: the
  // one before it may be told to be over when this one has begun.
  #report({ itemId, playedMs, playing, finished }) {
    this.#handlers.onHeard(itemId, playedMs);
    if (itemId === this.#item) this.#handlers.onPlaying(playing && !finished);
    if (!playing) this.#waiting?.();
  }
}
