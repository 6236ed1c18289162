// The avatar as one sees it: the mouth follows the sound, the state is there for the eye and in words.

const OPEN_AT = 0.25; // RMS of a loud vowel
const STATES = {
  connecting: "connecting",
  asking: "asking",
  ready: "ready",
  lost: "lost",
  elsewhere: "elsewhere",
  listening: "listening",
  hearing: "hearing",
  deciding: "hearing",
  yielding: "hearing",
  thinking: "thinking",
  speaking: "speaking",
  ended: "ended",
};

export class Portrait {
  #frame;
  #line;
  #words;
  #title = document.title;
  #playing = false;
  #floor = "connecting";
  #meanwhile = "";

  #told;

  // `words`: what it says in each state, for the line below and for the page's title. `told` is a live region: it
  // says when the avatar has finished, and nothing else, for the ear has the avatar itself.
  constructor({ frame, line, told, words }) {
    this.#frame = frame;
    this.#line = line;
    this.#told = told;
    this.#words = words;
  }

  floor(floor) {
    this.#floor = floor;
    this.#draw();
  }

  // Something of the page's own that is waited for: "asking", "ready"; "" when it no longer is.
  meanwhile(floor) {
    this.#meanwhile = floor;
    this.#draw();
  }

  // Whether anything is to be heard: the server counts on it, the ear decides.
  playing(playing) {
    this.#playing = playing;
    this.#draw();
  }

  // How the avatar feels, where the server can tell.
  mood(mood) {
    if (mood) this.#frame.dataset.mood = mood;
  }

  level(rms) {
    const open = Math.min(1, Math.sqrt(rms / OPEN_AT));
    this.#frame.style.setProperty("--mouth", open.toFixed(2));
  }

  #draw() {
    const floor = this.#meanwhile || this.#floor;
    const silent = floor === "speaking" && !this.#playing && this.#frame.dataset.state !== "speaking";
    const state = silent ? "thinking" : STATES[floor];
    if (this.#frame.dataset.state === state) return;
    this.#frame.dataset.state = state;
    if (state !== "speaking") this.level(0);
    if (state === "speaking") this.#told.textContent = "";
    if (state === "listening") this.#told.textContent = this.#words["your-turn"];
    this.#line.textContent = this.#words[state] ?? "";
    document.title = this.#words[state] ? `${this.#words[state]} · ${this.#title}` : this.#title;
  }
}
