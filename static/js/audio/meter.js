// A level meter: <div class="meter" role="meter" aria-label="..."></div> with css/meter.css.

const FLOOR_DB = -60;
const FALL_PER_S = 1.5; // of its whole width: quick up, slower down, so that it can be read
const TELL_MS = 1000;

// Where a level lies on the meter, 0..1: in decibels, as ears judge it.
export function onScale(rms) {
  const db = 20 * Math.log10(Math.max(rms, 1e-9));
  return Math.max(0, Math.min(1, 1 - db / FLOOR_DB));
}

export class Meter {
  #bar = document.createElement("span");
  #element;
  #wanted = 0;
  #shown = 0;
  #drawnAt = 0;
  #toldAt = -TELL_MS;
  #asked = 0;

  constructor(element) {
    this.#element = element;
    this.#bar.className = "level";
    element.replaceChildren(this.#bar);
    element.setAttribute("role", "meter");
    element.setAttribute("aria-valuemin", "0");
    element.setAttribute("aria-valuemax", "100");
    element.setAttribute("aria-valuenow", "0");
  }

  // As often as one likes: it is drawn once a picture, by a transform alone.
  show(rms) {
    this.#wanted = onScale(rms);
    this.#asked ||= requestAnimationFrame((now) => this.#draw(now));
  }

  #draw(now) {
    this.#asked = 0;
    const fallen = this.#shown - (FALL_PER_S * Math.min(100, now - this.#drawnAt)) / 1000;
    this.#drawnAt = now;
    this.#shown = Math.max(this.#wanted, fallen, 0);
    this.#bar.style.transform = `scaleX(${this.#shown.toFixed(3)})`;
    if (now - this.#toldAt >= TELL_MS || this.#shown === 0) {
      this.#toldAt = now;
      this.#element.setAttribute("aria-valuenow", String(Math.round(this.#shown * 100)));
    }
    if (this.#shown > this.#wanted) this.#asked = requestAnimationFrame((next) => this.#draw(next));
  }
}
