// The captions: turns as they are said, the newest at the bottom. Finished ones are told to screen readers.

const AT_THE_END_PX = 48;
const TOLD = 4; // finished turns that stay in the live region: it is for the ear

export class Captions {
  #list;
  #frame;
  #model;
  #told;
  #shown = new Map();
  #following = true;

  // `frame` scrolls, `list` holds one <li> for each turn, `model` is the <template> of one, `told` is the live
  // region.
  constructor({ frame, list, model, told }) {
    this.#frame = frame;
    this.#list = list;
    this.#model = model;
    this.#told = told;
    frame.addEventListener("scroll", () => {
      frame.dataset.scrolled = String(frame.scrollTop > 0);
      this.#following = frame.scrollHeight - frame.scrollTop - frame.clientHeight < AT_THE_END_PX;
    });
    new ResizeObserver(() => this.#follow()).observe(frame);
    this.#follow();
  }

  // `text` is what is to be seen of it now.
  show(turn, text) {
    const line = this.#lineOf(turn);
    line.hidden = !text; // what nobody heard a word of was not said here; the server's captions do the same
    line.dataset.kind = turn.kind;
    line.dataset.done = String(turn.done);
    const said = line.querySelector(".said");
    if (said.textContent !== text) said.textContent = text;
    const unheard = line.querySelector(".unheard");
    unheard.hidden = !turn.unheard;
    line.querySelector("del").textContent = turn.unheard;
    line.querySelector(".typed").hidden = turn.kind !== "typed";
    line.classList.toggle("aside", turn.kind === "backchannel");
    if (turn.done) this.#number(line, turn.seq);
    this.#size();
    this.#follow();
    if (turn.done) this.#tell(line);
  }

  remove(turn) {
    this.#shown.get(turn.id)?.remove();
    this.#shown.delete(turn.id);
    this.#size();
  }

  // The connection is gone: the lines stay as they are, and whatever comes next is a line of its own.
  interrupt() {
    this.#shown.clear();
  }

  // As the server has them: after a connection was lost, what was under way is known there alone. What is said
  // since goes on below.
  replace(lines) {
    const since = [...this.#shown.values()];
    const known = new Set(since.map((line) => line.dataset.seq));
    this.#list.replaceChildren(...lines.filter((line) => !known.has(line.dataset.seq)), ...since);
    this.#size();
    this.#follow();
  }

  #lineOf(turn) {
    if (!this.#shown.has(turn.id)) {
      const model = this.#model.content.querySelector(`[data-speaker="${turn.speaker}"]`);
      const line = document.importNode(model, true);
      this.#list.append(line);
      this.#shown.set(turn.id, line);
    }
    return this.#shown.get(turn.id);
  }

  // A turn has one line: the server's of it gives way to the one that is shown live.
  #number(line, seq) {
    line.dataset.seq = String(seq);
    for (const other of [...this.#list.children]) {
      if (other !== line && other.dataset.seq === line.dataset.seq) other.remove();
    }
  }

  // The last two turns are large; an "mm-hm" is none.
  #size() {
    const lines = [...this.#list.children].filter((line) => !line.hidden && !line.classList.contains("aside"));
    for (const line of this.#list.children) line.classList.toggle("now", lines.slice(-2).includes(line));
    this.#frame.dataset.empty = String(lines.length === 0);
  }

  // Unless the person has scrolled back to read.
  #follow() {
    if (this.#following) this.#frame.scrollTop = this.#frame.scrollHeight;
  }

  #tell(line) {
    if (line.dataset.told || line.hidden) return;
    line.dataset.told = "true";
    const whole = line.cloneNode(true);
    for (const part of whole.querySelectorAll("[hidden]")) part.remove();
    const copy = document.createElement("p");
    copy.textContent = whole.textContent.replace(/\s+/g, " ").trim();
    this.#told.append(copy);
    while (this.#told.children.length > TOLD) this.#told.firstElementChild.remove();
  }
}
