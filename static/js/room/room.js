// The live room: puts its parts together.

import { openContext, whenRunning } from "../audio/context.js";
import { rememberedVolume, rememberVolume } from "../audio/devices.js";
import { Meter } from "../audio/meter.js";
import { Awake } from "./awake.js";
import { Captions } from "./captions.js";
import { Clock } from "./clock.js";
import { Controls } from "./controls.js";
import { Conversation } from "./conversation.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import { Portrait } from "./portrait.js";
import { Socket } from "./socket.js";
import { Sound } from "./sound.js";
import { Talk } from "./talk.js";

const BY_ITSELF_MS = 400; // so long the browser may take to start the sound without a touch
const READ_MS = 1600; // so long it says that the conversation has ended
const END_MS = 5000; // so long the server may take to end it
const BUSY_FLOORS = ["thinking", "speaking", "yielding"];
const AT_THE_DOOR = ["not_authorised", "conversation_elsewhere", "server_busy"]; // the connection tells of these

const root = document.querySelector(".room");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const facts = JSON.parse(document.getElementById("room-facts").textContent);
const words = Object.fromEntries(
  [...document.getElementById("room-words").content.querySelectorAll("[data-word]")].map((word) => [
    word.dataset.word,
    word.textContent.replace(/\s+/g, " ").trim(),
  ]),
);

const conversation = new Conversation();
const captions = new Captions({
  frame: part("captions-frame"),
  list: part("turns"),
  model: document.getElementById("room-turns"),
  told: part("told"),
});
const portrait = new Portrait({ frame: part("portrait").firstElementChild, line: part("line"), words });
const clock = new Clock({
  elapsedMs: facts.elapsed_ms,
  limitMs: facts.limit_s * 1000,
  elapsed: part("elapsed"),
  left: part("left"),
  notice: part("time-notice"),
  words,
});
const notices = new Notices({ list: part("notices"), model: document.getElementById("room-notice") });
const panel = new Panel({
  panel: part("panel"),
  button: part("panel-button"),
  close: part("panel-close"),
  engines: part("engines"),
  timings: part("timings-wanted"),
  table: part("timings"),
  words,
});
const meter = new Meter(part("meter"));
const awake = new Awake();

let context = null;
let sound = null;
let talk = null;
let ending = false;
let been = false; // connected before
let left = false;

// -- what comes -------------------------------------------------------------------------------------------------

function onEvent(event) {
  const changed = conversation.take(event);
  if (changed?.gone) captions.remove(changed.gone);
  else if (changed) captions.show(changed, conversation.shown(changed));
  SOUNDS[event.type]?.(event);
  OTHERS[event.type]?.(event);
}

const SOUNDS = {
  "response.output_item.added": ({ item }) => sound.begin(item.id),
  "response.output_audio.done": ({ item_id }) => sound.finish(item_id),
  "coach.output.pause": () => sound.pause(),
  "coach.output.resume": () => sound.resume(),
  "output_audio_buffer.cleared": () => sound.clear(),
  "input_audio_buffer.speech_started": () => sound.clear(),
};

const OTHERS = {
  "coach.state": ({ state, elapsed_ms, mood }) => {
    clock.set(elapsed_ms);
    portrait.mood(mood);
    portrait.floor(state);
    if (state === "ended" && conversation.reason !== "elsewhere" && conversation.reason !== "shutdown") clock.stop();
  },
  "coach.engines": ({ engines }) => panel.showEngines(engines),
  "coach.timings": ({ timings }) => panel.addTimings(timings),
  error: ({ error }) => {
    // A mistake of this page is no business of the person's, if it changed nothing.
    if (error.code === "bad_event" || AT_THE_DOOR.includes(error.code)) return;
    const ours = error.type === "invalid_request_error";
    notices.show(error.code, ours ? words.trouble : error.message, ours ? words["trouble-hint"] : error.hint);
  },
};

function onSound(pcm) {
  conversation.received((pcm.byteLength / 2 / context.sampleRate) * 1000);
  sound.write(pcm);
}

function onHeard(item, ms) {
  const turn = conversation.played(item, ms);
  if (turn) captions.show(turn, conversation.shown(turn));
  if (Number.isFinite(ms)) socket.send({ type: "coach.playback", item_id: item, played_ms: ms });
}

// -- the connection ---------------------------------------------------------------------------------------------

const socket = new Socket(facts.socket, {
  greeting: () => {
    const format = { type: "audio/pcm", rate: context.sampleRate };
    const input = { format, turn_detection: talk.turnDetection };
    return { type: "realtime", audio: { input, output: { format } } };
  },
  onEvent,
  onSound,
  onStatus,
});

function onStatus(status) {
  if (left) return;
  if (status === "ended") return leave();
  if (status === "gone") return void location.reload(); // it has ended meanwhile, and has a report
  // A new try is no news to somebody who reads that it is being tried.
  if (status !== "connecting" || !been) root.dataset.connection = status;
  part("connection").textContent = words[`connection-${root.dataset.connection}`] ?? "";
  part("moved").hidden = status !== "moved";
  part("signin").hidden = status !== "signin";
  part("try-now").hidden = !["lost", "busy", "held"].includes(root.dataset.connection);
  awake.keep(status === "open");
  if (status === "open") arrive();
  else if (status !== "connecting") interrupt(status);
}

async function arrive() {
  if (ending) socket.send({ type: "coach.end" });
  if (been) await refresh();
  been = true;
}

function interrupt(status) {
  sound.clear();
  clock.stop();
  conversation.interrupt();
  portrait.playing(false);
  portrait.floor(status === "moved" ? "elsewhere" : been ? "lost" : "connecting");
  talk.reset();
}

// What was said when the connection broke off is known to the server.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (answer.redirected) return leave();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const kept = [...page.querySelectorAll('[data-part="turns"] > li')];
  const fresh = [...conversation.turns.values()]; // since the connection is back
  const known = fresh.map(({ text, unheard, phrases }) => letters(text + unheard + phrases.map((one) => one.text).join("")));
  const before = kept.filter((line) => {
    const text = letters(line.querySelector(".said").textContent + line.querySelector("del").textContent);
    return !known.some((one) => one && text.startsWith(one));
  });
  captions.replace(before.map((line) => document.importNode(line, true)));
  for (const turn of fresh) captions.show(turn, conversation.shown(turn));
}

function letters(text) {
  return text.replace(/\s+/g, "");
}

function leave() {
  left = true;
  socket.close();
  sound?.close();
  talk?.close();
  awake.keep(false);
  portrait.floor("ended");
  root.dataset.connection = "ended";
  part("connection").textContent = words["connection-ended"];
  part("ended").hidden = false;
  setTimeout(() => location.replace(facts.report), READ_MS);
}

// -- the trainee ------------------------------------------------------------------------------------------------

const controls = new Controls({
  root,
  words,
  does: {
    mute: () => talk?.mute(!talk.muted),
    hold: () => socket.open && talk?.hold(),
    release: () => talk?.release(),
    say: (text) => {
      const sent = socket.send({ type: "coach.say", text });
      if (sent) notices.drop("unsent");
      else notices.show("unsent", words.unsent, words["unsent-hint"]);
      return sent;
    },
    end,
    choose,
    volume: (volume) => {
      rememberVolume(volume);
      if (sound) sound.volume = volume;
    },
    captions: showCaptions,
  },
});

async function choose(id) {
  part("device").disabled = true;
  try {
    await talk.choose(id);
    notices.drop("microphone");
  } catch (problem) {
    notices.show("microphone", words["microphone-problem"], help(problem.kind));
  }
  controls.listDevices(talk.deviceId);
}

function end() {
  ending = true;
  part("line").textContent = words.ending;
  socket.send({ type: "coach.end" }); // or as soon as there is somebody to tell
  if (!been) return void location.replace(facts.home);
  setTimeout(() => socket.open && leave(), END_MS);
}

// Who holds the key has the floor: the avatar falls silent, and is told where.
async function beforeHold() {
  if (!BUSY_FLOORS.includes(conversation.floor)) return;
  await sound.pause();
  socket.send({ type: "output_audio_buffer.clear" });
  sound.clear();
}

function showCaptions(shown) {
  root.dataset.captions = String(shown);
  part("captions").setAttribute("aria-pressed", String(shown));
}

function showMicrophone() {
  controls.show(talk);
  part("again").hidden = talk.on;
  if (!talk.on || (talk.muted && !talk.holding)) meter.show(0);
  root.dataset.microphone = talk.on ? (talk.muted && !talk.holding ? "muted" : "on") : "off";
  part("microphone-state").textContent = words[`microphone-${root.dataset.microphone}${talk.on && !talk.freely && !talk.holding ? "-hold" : ""}`] ?? "";
}

// -- the beginning ----------------------------------------------------------------------------------------------

// True once the microphone is on.
async function openMicrophone() {
  portrait.floor("asking");
  try {
    await talk.open();
  } catch (problem) {
    if (!problem.kind) throw problem;
    showHelp(problem.kind);
    return false;
  }
  part("help").hidden = true;
  notices.drop("microphone");
  controls.listDevices(talk.deviceId);
  return true;
}

function help(kind) {
  const text = part("help").querySelector(`[data-kind="${kind}"]`) ?? part("help").querySelector('[data-kind="other"]');
  return text.textContent.replace(/\s+/g, " ").trim();
}

function showHelp(kind) {
  const box = part("help");
  const known = box.querySelector(`[data-kind="${kind}"]`) ? kind : "other";
  for (const text of box.querySelectorAll("[data-kind]")) text.hidden = text.dataset.kind !== known;
  box.hidden = false;
  showMicrophone();
}

// With or without a microphone: whichever the person decides on first.
function microphoneOrNot() {
  return new Promise((resolve) => {
    const attempt = async () => (await openMicrophone()) && resolve();
    part("help-again").addEventListener("click", attempt);
    part("help-type").addEventListener("click", () => {
      part("help").hidden = true;
      controls.type(true);
      resolve();
    });
    attempt();
  });
}

async function running() {
  const started = whenRunning(context);
  const late = new Promise((resolve) => setTimeout(resolve, BY_ITSELF_MS, "late"));
  if ((await Promise.race([started, late])) === "late") {
    part("start").hidden = false;
    portrait.floor("ready");
    await started;
    portrait.floor(conversation.floor);
  }
  part("start").hidden = true;
}

async function begin() {
  showCaptions(facts.captions);
  const volume = rememberedVolume();
  part("volume").value = String(Math.round(volume * 100));
  context = openContext();
  talk = new Talk({
    context,
    start: facts.microphone,
    send: (event) => socket.send(event),
    sendSound: (frame, rate) => socket.sendSound(frame, rate),
    beforeHold,
    onLevel: (rms) => meter.show(rms),
    onChange: showMicrophone,
    onTooShort: () => notices.show("hold", words["too-short"]),
    onLost: () => notices.show("microphone", words["microphone-lost"], words["microphone-lost-hint"]),
  });
  showMicrophone();
  part("again").addEventListener("click", async () => (await openMicrophone()) && portrait.floor(conversation.floor));
  part("take-over").addEventListener("click", () => socket.reconnect());
  part("try-now").addEventListener("click", () => socket.reconnect());
  controls.watchDevices(() => controls.listDevices(talk.deviceId));
  await microphoneOrNot();
  portrait.floor("connecting");
  await running();
  context.addEventListener("statechange", () => context.state !== "closed" && running());
  sound = await Sound.open({
    context,
    volume,
    onHeard,
    onPlaying: (playing) => portrait.playing(playing),
    onLevel: (rms) => portrait.level(rms),
  });
  socket.connect();
}

begin();
