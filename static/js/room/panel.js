// The side panel: engines in use, and the timings of each answer for those who ask for them.

const COLUMNS = ["endpoint_ms", "stt_ms", "llm_first_token_ms", "tts_first_audio_ms", "response_gap_ms"];
const ROWS = 20;

export class Panel {
  #panel;
  #button;
  #engines;
  #table;
  #words;

  constructor({ panel, button, close, engines, timings, table, words }) {
    this.#panel = panel;
    this.#button = button;
    this.#engines = engines;
    this.#table = table;
    this.#words = words;
    button.addEventListener("click", ({ detail }) => this.toggle(panel.hidden, detail === 0));
    close.addEventListener("click", ({ detail }) => this.toggle(false, detail === 0));
    panel.addEventListener("keydown", (event) => event.key === "Escape" && this.toggle(false));
    timings.addEventListener("change", () => {
      table.closest("[data-timings]").hidden = !timings.checked;
    });
    table.closest("[data-timings]").hidden = !timings.checked;
  }

  // `keys`: closed by a key, which leaves the focus on the button; after a click the space key is for talking.
  toggle(open = this.#panel.hidden, keys = true) {
    this.#panel.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
    if (open) this.#panel.querySelector("h2").focus();
    else if (!keys) this.#panel.contains(document.activeElement) && document.activeElement.blur();
    else if (this.#panel.contains(document.activeElement) || document.activeElement === document.body) this.#button.focus();
  }

  showEngines(engines) {
    this.#engines.replaceChildren(
      ...Object.entries(engines).flatMap(([kind, { name, title, hint }]) => {
        const term = make("dt", this.#words[`engine-${kind}`] ?? kind);
        const facts = [make("dd", title || name)];
        if (hint) facts.push(make("dd", hint, "soft"));
        return [term, ...facts];
      }),
    );
  }

  // One row for each answer, the newest first.
  addTimings(timings) {
    const row = document.createElement("tr");
    for (const name of COLUMNS) row.append(make("td", name in timings ? String(Math.round(timings[name])) : "–"));
    this.#table.prepend(row);
    while (this.#table.children.length > ROWS) this.#table.lastElementChild.remove();
  }
}

function make(tag, text, className = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}
