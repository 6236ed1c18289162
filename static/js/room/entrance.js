// What may stand between a person and the conversation: a microphone that does not start, or a browser that wants
// a touch before it gives sound.

import { whenRunning } from "../audio/context.js";
import { anyMicrophone, onDevicesChanged } from "../audio/devices.js";
import { problemInWords, problemParts, showProblem } from "../audio/problems.js";
import { gate } from "./gate.js";

const BY_ITSELF_MS = 400; // so long the browser may take to start the sound without a touch

export class Entrance {
  #context;
  #talk;
  #part;
  #does;
  #missing = false;
  #inside = false;
  #decided;
  // Resolves once the person has decided how to talk: with a microphone that is on, or by typing.
  decided = new Promise((resolve) => (this.#decided = resolve));

  // `does`: { asking(boolean), opened(), failed(title, hint), typing(), ready(boolean) }: the browser is being asked
  // for the microphone; it is on; it did not start while one was talking already; the person types instead; a touch
  // is all that is missing.
  constructor({ context, talk, part, does }) {
    this.#context = context;
    this.#talk = talk;
    this.#part = part;
    this.#does = does;
    part("again").addEventListener("click", () => this.openMicrophone());
    part("help-again").addEventListener("click", () => this.openMicrophone());
    part("help-type").addEventListener("click", () => this.type());
    onDevicesChanged(async () => this.#missing && (await anyMicrophone()) && this.openMicrophone());
  }

  async openMicrophone() {
    this.#does.asking(true);
    try {
      await this.#talk.open();
    } catch (problem) {
      if (!problem.kind) throw problem;
      return this.#failed(problem.kind);
    } finally {
      this.#does.asking(false);
    }
    this.#help("");
    this.#does.opened();
    return this.#enter();
  }

  type() {
    this.#help("");
    this.#does.typing();
    this.#enter();
  }

  inWords(kind) {
    return problemInWords(this.#part("help"), kind);
  }

  // Resolves when there is sound; a button says so where that needs a touch.
  async running() {
    const started = whenRunning(this.#context);
    const late = new Promise((resolve) => setTimeout(resolve, BY_ITSELF_MS, "late"));
    if ((await Promise.race([started, late])) === "late") {
      this.#part("start").hidden = false;
      this.#does.ready(true);
      await started;
      this.#does.ready(false);
    }
    this.#part("start").hidden = true;
  }

  #enter() {
    this.#inside = true;
    this.#decided();
  }

  // In the middle of a conversation it stands in nobody's way: that can be held by typing, and ended.
  #failed(kind) {
    if (!this.#inside) return this.#help(kind);
    this.#missing = kind === "missing";
    return this.#does.failed(...problemParts(this.#part("help"), kind));
  }

  #help(kind) {
    this.#missing = kind === "missing";
    showProblem(this.#part("help"), kind);
    gate(this.#part("help"), Boolean(kind), this.#part("bar"));
  }
}
