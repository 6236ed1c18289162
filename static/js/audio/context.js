// The page's one AudioContext: the microphone and the avatar's voice share it, so they share its clock and rate.

// Made at the rate of the sound card, with as little delay as it can do. It may stand still until the person
// has touched the page: see whenRunning.
export function openContext() {
  if (!globalThis.AudioContext) throw new Error("This browser has no AudioContext.");
  return new AudioContext({ latencyHint: "interactive" });
}

// Resolves when the context runs. Where the browser wants a touch or a key first, the next one starts it.
// Rejects when the context is closed meanwhile.
export function whenRunning(context) {
  if (context.state === "running") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const gestures = ["pointerup", "keydown"];
    const start = () => context.resume().catch(() => {}); // closed: look() sees it too
    const look = () => {
      if (context.state !== "running" && context.state !== "closed") return;
      context.removeEventListener("statechange", look);
      for (const gesture of gestures) document.removeEventListener(gesture, start, true);
      if (context.state === "running") resolve();
      else reject(new Error("The AudioContext was closed."));
    };
    context.addEventListener("statechange", look);
    for (const gesture of gestures) document.addEventListener(gesture, start, true);
    start();
    look();
  });
}
