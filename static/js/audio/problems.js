// What is in the microphone's way, as templates/voice/includes/microphone_problems.html has it in words.

const FOR_GOOD = ["insecure", "unsupported"]; // trying again does not help

// Shows the words for a MicrophoneProblem's kind within `root`, or none (""); [data-again] only where it helps.
export function showProblem(root, kind) {
  const shown = kind && problemIn(root, kind);
  for (const problem of root.querySelectorAll("[data-problem]")) problem.hidden = problem !== shown;
  for (const again of root.querySelectorAll("[data-again]")) again.hidden = !kind || FOR_GOOD.includes(kind);
}

// The same as one line of text.
export function problemInWords(root, kind) {
  return problemParts(root, kind).join(". ");
}

// What it is, and what helps.
export function problemParts(root, kind) {
  return [...problemIn(root, kind).children].map((part) => part.textContent.replace(/\s+/g, " ").trim());
}

function problemIn(root, kind) {
  return root.querySelector(`[data-problem="${kind}"]`) ?? root.querySelector('[data-problem="other"]');
}
