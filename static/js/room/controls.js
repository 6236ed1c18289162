// Buttons and keys of the room. What they do is told them by whoever makes them.

import { microphones, onDevicesChanged, rememberedKeys, rememberKeys } from "../audio/devices.js";
import { Meter } from "../audio/meter.js";

const TYPES = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";
const PRESSED = "button, label, [type=checkbox]"; // what is there to be clicked alone
const TAKES_SPACE = `${TYPES}, button, a, summary, input, dialog *`;

// `does`: { mute, hold, release, say(text) -> boolean, end, choose(id), volume(0..1), captions(boolean),
// reworded }.
export class Controls {
  #root;
  #part;
  #does;
  #words;
  #meter;

  constructor({ root, words, does }) {
    this.#root = root;
    this.#part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.#does = does;
    this.#words = words;
    this.#meter = new Meter(this.#part("meter"));
    this.#buttons();
    this.#keys();
    this.#typing();
    this.#sound();
  }

  // As the microphone is now. `tried`: the browser was asked for it.
  show({ on, muted, holding, freely, tried }) {
    const silent = muted && !holding;
    const state = on ? (silent ? "muted" : "on") : "off";
    this.#root.dataset.microphone = state;
    this.#part("again").hidden = on;
    this.#part("again").textContent = this.#words[tried ? "again" : "switch-on"];
    this.#part("microphone-state").textContent = on && !freely ? this.say("hold-hint") : this.#words[`microphone-${state}`];
    if (!on || silent) this.level(0);
    const mute = this.#part("mute");
    mute.setAttribute("aria-pressed", String(muted));
    mute.disabled = !on;
    mute.querySelector("span").textContent = this.#words[muted ? "unmute" : "mute"];
    const hold = this.#part("hold");
    hold.disabled = !on;
    hold.dataset.holding = String(holding);
    hold.classList.toggle("first", on && !freely);
    hold.querySelector("span").textContent = this.#words[holding ? "holding" : "hold"];
  }

  level(rms) {
    this.#meter.show(rms);
  }

  // In the words for somebody who uses the keys, or who does not.
  say(word) {
    return this.#words[this.#part("keys-wanted").checked ? word : `${word}-without-keys`];
  }

  async listDevices(current) {
    const select = this.#part("device");
    const devices = await microphones();
    select.replaceChildren(
      ...devices.map(({ id, label }, index) => {
        const name = label || this.#words.microphone.replace("%s", String(index + 1));
        return new Option(name, id, false, id === current);
      }),
    );
    select.disabled = devices.length === 0;
  }

  watchDevices(callback) {
    onDevicesChanged(callback);
  }

  #buttons() {
    const does = this.#does;
    this.#part("mute").addEventListener("click", does.mute);
    const hold = this.#part("hold");
    hold.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      hold.setPointerCapture(event.pointerId);
      does.hold();
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) hold.addEventListener(end, does.release);
    hold.addEventListener("contextmenu", (event) => event.preventDefault()); // a long press on a phone
    hold.addEventListener("keydown", (event) => {
      if (event.key !== " " && event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) does.hold();
    });
    hold.addEventListener("keyup", (event) => (event.key === " " || event.key === "Enter") && does.release());
    hold.addEventListener("blur", does.release);
    // A click leaves the focus where it was: else the space key would press the button again, not talk.
    this.#root.addEventListener("mousedown", (event) => {
      if (event.target.closest(PRESSED)) event.preventDefault();
    });
    this.#part("volume").addEventListener("pointerup", ({ target }) => target.blur());

    const dialog = this.#part("ending");
    this.#part("end").addEventListener("click", () => dialog.showModal());
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "end") does.end();
      dialog.returnValue = "";
    });
  }

  #keys() {
    let held = false;
    const wanted = this.#part("keys-wanted");
    wanted.checked = rememberedKeys();
    wanted.addEventListener("change", () => {
      rememberKeys(wanted.checked);
      this.#does.reworded();
    });
    const plain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented;
    document.addEventListener("keydown", (event) => {
      if (!wanted.checked || !plain(event) || event.target.closest("dialog")) return;
      if (event.key === " " && !event.target.closest(TAKES_SPACE)) {
        event.preventDefault(); // it would scroll
        if (!event.repeat) this.#does.hold();
        held = true;
      } else if (!event.repeat && !event.target.closest(TYPES)) {
        if (event.key.toLowerCase() === "m") this.#part("mute").click();
        if (event.key.toLowerCase() === "t") {
          event.preventDefault(); // it would be the first letter
          this.type(true);
        }
      }
    });
    const up = () => {
      if (held) this.#does.release();
      held = false;
    };
    document.addEventListener("keyup", (event) => event.key === " " && up());
    addEventListener("blur", up);
  }

  // The text box is there, or not.
  type(open) {
    const form = this.#part("typing");
    form.hidden = !open;
    this.#part("type").setAttribute("aria-expanded", String(open));
    if (open) form.querySelector("textarea").focus();
  }

  #typing() {
    const form = this.#part("typing");
    const box = form.querySelector("textarea");
    const button = this.#part("type");
    button.addEventListener("click", () => this.type(form.hidden));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = box.value.trim();
      if (text && this.#does.say(text)) box.value = "";
      box.focus();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      } else if (event.key === "Escape") {
        this.type(false);
        // On the button the space key would open the box again, not talk.
        (this.#part("keys-wanted").checked ? this.#part("bar") : button).focus();
      }
    });
  }

  #sound() {
    const does = this.#does;
    this.#part("device").addEventListener("change", ({ target }) => does.choose(target.value));
    this.#part("volume").addEventListener("input", ({ target }) => does.volume(Number(target.value) / 100));
    const captions = this.#part("captions");
    captions.addEventListener("click", () => does.captions(captions.getAttribute("aria-pressed") !== "true"));
  }
}
