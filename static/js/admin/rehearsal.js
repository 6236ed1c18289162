// A rehearsal by typing. What was said so far lives in this page and goes along with each turn; the server
// keeps nothing.

const root = document.querySelector("[data-rehearsal]");
const turns = root.querySelector("[data-turns]");
const scroll = root.querySelector("[data-scroll]");
const note = root.querySelector("[data-note]");
const problem = root.querySelector("[data-problem]");
const form = root.querySelector("[data-say]");
const field = form.elements.text;
const mood = root.querySelector("[data-mood]");
const startLevel = mood.dataset.level;

let history = [];
let run = 0; // answers to an earlier rehearsal are dropped
let waiting = false;

function show(kind, fill) {
  const made = root.querySelector(`[data-${kind}-turn]`).content.cloneNode(true);
  fill((name) => made.querySelector(`[data-${name}]`));
  turns.append(made);
  scroll.scrollTop = scroll.scrollHeight;
}

function complain(text) {
  problem.textContent = text;
  problem.hidden = !text;
}

async function ask(said) {
  const answer = await fetch(root.dataset.url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      "X-CSRFToken": root.querySelector("[name=csrfmiddlewaretoken]").value,
    },
    body: JSON.stringify({ history: said }),
  });
  const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (!isJson) throw new Error(answer.status < 500 ? root.dataset.signedOut : root.dataset.lost);
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content.answer;
}

function showAnswer(answer) {
  history.push(["avatar", answer.text]);
  show("avatar", (part) => {
    part("text").textContent = answer.text;
    part("line").textContent = answer.line;
    if (answer.number) part("line").href += `#lines-${answer.number - 1}`;
    else part("line").removeAttribute("href");
    part("why").textContent = answer.why;
    part("cues").hidden = answer.cues.length === 0;
    part("cue-list").textContent = answer.cues.join(", ");
    part("moods").textContent = answer.moods;
  });
  mood.textContent = answer.mood;
  mood.dataset.level = answer.mood_level;
  showMet(answer.met);
  note.textContent = answer.ends ? root.dataset.over : "";
}

function showMet(met) {
  for (const one of root.querySelectorAll("[data-criterion]")) {
    const isMet = met.includes(one.dataset.criterion);
    one.classList.toggle("is-met", isMet);
    one.querySelector("[data-met]").hidden = !isMet;
  }
}

async function take(said) {
  const mine = run;
  waiting = true;
  complain("");
  try {
    const answer = await ask(said);
    if (mine !== run) return false;
    if (said.length) {
      history = said;
      show("trainee", (part) => {
        part("text").textContent = said.at(-1)[1];
      });
    }
    if (answer) showAnswer(answer);
    else note.textContent = root.dataset.begin;
    return true;
  } catch (error) {
    // fetch itself throws a TypeError with words of the browser's own
    if (mine === run) complain(error instanceof TypeError ? root.dataset.lost : error.message);
    return false;
  } finally {
    if (mine === run) waiting = false;
  }
}

async function say() {
  const text = field.value.trim();
  if (!text || waiting) return;
  if (await take([...history, ["trainee", text]])) field.value = "";
}

function begin() {
  run += 1;
  history = [];
  turns.replaceChildren();
  note.textContent = "";
  mood.textContent = mood.dataset.start;
  mood.dataset.level = startLevel;
  showMet([]);
  field.focus();
  return take([]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  say();
});
field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    say();
  }
});
root.querySelector("[data-again]").addEventListener("click", begin);
begin();
