// The sound check: the microphone is heard, the speaker is heard, or what is in the way is said.

import { Microphone } from "./audio/capture.js";
import { openContext, whenRunning } from "./audio/context.js";
import {
  anyMicrophone, microphones, onDevicesChanged, rememberedMicrophone, rememberMicrophone,
} from "./audio/devices.js";
import { Meter } from "./audio/meter.js";
import { Player } from "./audio/playback.js";
import { showProblem } from "./audio/problems.js";

const SPEECH_RMS = 0.02; // -34 dB: quiet talk before a headset; a quiet room lies 10 dB lower
const SPEECH_FRAMES = 8; // a third of a second, not in one piece: a knock on the table is shorter

const root = document.querySelector("[data-sound-check]");
const find = (name) => root.querySelector(`[data-${name}]`);

let context = null;

// Made on the first click: browsers want one before there is sound. null where there is none.
async function sound() {
  if (!globalThis.AudioContext) return null;
  context ??= openContext();
  await whenRunning(context);
  return context;
}

function say(element, text, well = false) {
  element.classList.toggle("well", well);
  element.textContent = text;
}

// -- the microphone ---------------------------------------------------------------------------------------------

const heard = find("heard");
const meter = new Meter(find("meter"));
const devices = find("devices");
let microphone = null;
let loud = 0;
let opening = false;
let problem = "";

// One of off, asking, on, or a problem's kind.
function show(state) {
  for (const part of root.querySelectorAll("[data-show]")) part.hidden = part.dataset.show !== state;
  problem = ["off", "asking", "on"].includes(state) ? "" : state;
  showProblem(root, problem);
}

function listen(rms) {
  meter.show(rms);
  if (rms < SPEECH_RMS || loud >= SPEECH_FRAMES) return;
  loud += 1;
  if (loud === SPEECH_FRAMES) say(heard, heard.dataset.yes, true);
}

async function open(deviceId) {
  if (opening) return;
  opening = true;
  // Keyboards must not lose their place: the focus goes where the button was.
  const focused = root.querySelector("[data-step=microphone]").contains(document.activeElement);
  microphone?.close();
  microphone = null;
  loud = 0;
  say(heard, "");
  show("asking");
  try {
    microphone = await Microphone.open({
      context: (await sound()) ?? {}, deviceId, onFrame: () => {}, onLevel: listen, onEnded: ended,
    });
    show("on");
    say(heard, heard.dataset.waiting);
    await list();
    if (focused) devices.focus();
  } catch (error) {
    show(error.kind ?? "other");
    say(heard, "");
    if (focused) find("again").focus();
  } finally {
    opening = false;
  }
}

function ended() {
  microphone = null;
  meter.show(0);
  show("missing");
  say(heard, heard.dataset.ended);
}

async function list() {
  const options = (await microphones()).map(({ id, label }, at) =>
    new Option(label || `${devices.dataset.unnamed} ${at + 1}`, id, false, id === microphone?.deviceId));
  devices.replaceChildren(...options);
}

find("open").addEventListener("click", () => open(rememberedMicrophone()));
find("again").addEventListener("click", () => open(rememberedMicrophone()));
devices.addEventListener("change", () => {
  rememberMicrophone(devices.value);
  open(devices.value);
});
onDevicesChanged(async () => {
  if (microphone) await list();
  else if (problem === "missing" && (await anyMicrophone())) await open(rememberedMicrophone());
});

// Said before anybody clicks in vain.
if (!navigator.mediaDevices?.getUserMedia) show(globalThis.isSecureContext ? "unsupported" : "insecure");

// -- the speaker ------------------------------------------------------------------------------------------------

const speaker = find("speaker");
let player = null;
let chimes = 0;

// Two soft notes, a fourth apart.
function chime(rate) {
  const samples = new Int16Array(Math.round(rate * 1.2));
  for (const [from, hertz] of [[0, 523.25], [0.28, 698.46]]) {
    for (let at = Math.round(from * rate); at < samples.length; at += 1) {
      const t = at / rate - from;
      const loudness = Math.min(1, t / 0.015) * Math.exp(-4.5 * t) * 0.28;
      const wave = Math.sin(2 * Math.PI * hertz * t) + 0.2 * Math.sin(4 * Math.PI * hertz * t);
      samples[at] += loudness * wave * 32767;
    }
  }
  return samples.buffer;
}

async function play() {
  try {
    const running = await sound();
    player ??= await Player.open({ context: running ?? {}, onPosition: ask });
    chimes += 1;
    player.clear();
    player.begin(`chime ${chimes}`);
    player.write(chime(running.sampleRate));
    player.finish(`chime ${chimes}`);
  } catch {
    say(speaker, speaker.dataset.unsupported);
  }
}

// Asked once it is certain that there was something to hear.
function ask({ playedMs, finished }) {
  if (playedMs > 0 || finished) find("ask").hidden = false;
}

find("play").addEventListener("click", play);
for (const button of root.querySelectorAll("[data-hears]")) {
  button.addEventListener("click", () => {
    const yes = button.dataset.hears === "yes";
    for (const other of root.querySelectorAll("[data-hears]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    find("help").hidden = yes;
    say(speaker, yes ? speaker.dataset.yes : "", yes);
  });
}
