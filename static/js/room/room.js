// The live room: puts its parts together.

import { openContext } from "../audio/context.js";
import { rememberedVolume, rememberVolume } from "../audio/devices.js";
import { Awake } from "./awake.js";
import { Captions } from "./captions.js";
import { Clock } from "./clock.js";
import { Connection } from "./connection.js";
import { Controls } from "./controls.js";
import { Conversation } from "./conversation.js";
import { Entrance } from "./entrance.js";
import { keptCaptions } from "./kept.js";
import { Notices } from "./notices.js";
import { facts, part, root, words } from "./page.js";
import { Panel } from "./panel.js";
import { Portrait } from "./portrait.js";
import { Socket } from "./socket.js";
import { Sound } from "./sound.js";
import { Talk } from "./talk.js";

const READ_MS = 1600; // so long it says that the conversation has ended
const END_MS = 5000; // so long the server may take to end it
const AGAIN_MS = 5000; // after so long captions that could not be had are asked for again
const TRAINEES_FLOORS = ["hearing", "deciding", "yielding"];
const AVATARS_FLOORS = ["thinking", "speaking"];
const LEFT_OPEN = ["elsewhere", "shutdown", "signed_out"]; // it goes on, here or elsewhere
const AT_THE_DOOR = ["not_authorised", "conversation_elsewhere", "server_busy"]; // the connection tells of these

const conversation = new Conversation();
const captions = new Captions({
  frame: part("captions-frame"),
  list: part("turns"),
  model: document.getElementById("room-turns"),
  told: part("told"),
});
const portrait = new Portrait({ frame: part("portrait").firstElementChild, line: part("line"), told: part("your-turn"), words });
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
const awake = new Awake();
const connection = new Connection({ root, part, words, again: () => socket.reconnect() });

let context = null;
let sound = null;
let talk = null;
let entrance = null;
let ending = false;
let been = false; // connected before
let broken = false; // the connection was lost since one last spoke
let asked = 0; // how often the kept captions were
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
    if (state === "ended" && !LEFT_OPEN.includes(conversation.reason)) clock.stop();
  },
  "coach.engines": ({ engines }) => panel.showEngines(engines),
  "coach.timings": ({ timings }) => panel.addTimings(timings),
  error: ({ error }) => {
    // A mistake of this page is no business of the person's, if it changed nothing.
    if (error.code === "bad_event" || AT_THE_DOOR.includes(error.code)) return;
    const known = `error-${error.code}` in words ? `error-${error.code}` : "error"; // the wire's words are for programs
    notices.show(error.code, words[known], words[`${known}-hint`]);
    if (error.code === "tts_unavailable") showCaptions(true); // there is nothing else to follow it by
  },
  "coach.turn": ({ turn }) => turn.speaker === "trainee" && notices.drop("again"),
};

function onSound(pcm) {
  conversation.received((pcm.byteLength / 2 / context.sampleRate) * 1000);
  sound.write(pcm);
}

function onHeard(item, ms) {
  const turn = conversation.played(item, ms);
  if (turn) captions.show(turn, conversation.shown(turn));
  socket.send({ type: "coach.playback", item_id: item, played_ms: ms });
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
  connection.show(status);
  awake.keep(status === "open");
  broken ||= been && status === "lost";
  if (status === "open") arrive();
  else if (status !== "connecting") interrupt(status);
}

async function arrive() {
  if (ending) socket.send({ type: "coach.end" });
  notices.drop("unsent");
  if (broken) notices.show("again", words["connected-again"], words["connected-again-hint"]);
  broken = false;
  if (been) await refresh();
  been = true;
}

function interrupt(status) {
  sound.clear();
  clock.stop();
  conversation.interrupt();
  captions.interrupt();
  portrait.playing(false);
  portrait.floor(status === "moved" ? "elsewhere" : been ? "lost" : "connecting");
  talk.reset();
}

// What is shown stays until the server's captions are there.
async function refresh() {
  const mine = (asked += 1);
  const { ended, signin, lines } = await keptCaptions(facts.report);
  if (left || mine !== asked) return;
  if (ended) leave();
  else if (!socket.open) return; // asked again on the next connection
  else if (signin) signedOut();
  else if (lines) captions.replace(lines);
  else setTimeout(() => mine === asked && socket.open && refresh(), AGAIN_MS);
}

function signedOut() {
  socket.close();
  onStatus("signin");
}

function leave() {
  left = true;
  socket.close();
  sound?.close();
  talk?.close();
  awake.keep(false);
  portrait.floor("ended");
  connection.show("ended");
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
    reworded: () => talk && controls.show(talk),
  },
});

async function choose(id) {
  part("device").disabled = true;
  try {
    await talk.choose(id);
    notices.drop("microphone");
  } catch (problem) {
    notices.show("microphone", words["microphone-problem"], entrance.inWords(problem.kind));
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

// Who holds the key has the floor: the avatar falls silent, and is told where. What was being said in the open
// microphone ends there as a turn, to be answered with what is said now.
function beforeHold() {
  const said = talk.freely && TRAINEES_FLOORS.includes(conversation.floor);
  if (said) {
    socket.send({ type: "input_audio_buffer.commit" });
    silence();
  } else if (AVATARS_FLOORS.includes(conversation.floor)) {
    sound.pause().then(silence);
  }
  return said;
}

function silence() {
  socket.send({ type: "output_audio_buffer.clear" });
  sound.clear();
}

function showCaptions(shown) {
  root.dataset.captions = String(shown);
  part("captions").setAttribute("aria-pressed", String(shown));
}

// -- the beginning ----------------------------------------------------------------------------------------------

function makeTalk() {
  return new Talk({
    context,
    start: facts.microphone,
    send: (event) => socket.send(event),
    sendSound: (frame, rate) => socket.sendSound(frame, rate),
    beforeHold,
    onLevel: (rms) => controls.level(rms),
    onChange: () => controls.show(talk),
    onTooShort: () => notices.show("hold", controls.say("too-short")),
    onLost: () => notices.show("microphone", words["microphone-lost"], words["microphone-lost-hint"]),
  });
}

function makeEntrance() {
  return new Entrance({
    context,
    talk,
    part,
    does: {
      asking: (asking) => {
        portrait.meanwhile(asking ? "asking" : "");
        controls.show(talk);
      },
      opened: () => {
        notices.drop("microphone");
        controls.listDevices(talk.deviceId);
      },
      failed: (title, hint) => notices.show("microphone", title, hint),
      typing: () => controls.type(true),
      ready: (ready) => portrait.meanwhile(ready ? "ready" : ""),
    },
  });
}

async function makeSound(volume) {
  sound = await Sound.open({
    context,
    volume,
    onHeard,
    onPlaying: (playing) => portrait.playing(playing),
    onLevel: (rms) => portrait.level(rms),
  });
  if (sound.works) return;
  showCaptions(true); // there is nothing else to follow it by
  notices.show("silent", words.silent, words["silent-hint"]);
}

async function begin() {
  showCaptions(facts.captions);
  const volume = rememberedVolume();
  part("volume").value = String(Math.round(volume * 100));
  context = openContext();
  talk = makeTalk();
  entrance = makeEntrance();
  controls.show(talk);
  controls.watchDevices(() => controls.listDevices(talk.deviceId));
  if (facts.typing) entrance.type();
  else entrance.openMicrophone();
  await entrance.decided;
  portrait.floor("connecting");
  if (context.audioWorklet) { // else nobody has to touch anything for a sound that never comes
    await entrance.running();
    context.addEventListener("statechange", () => context.state !== "closed" && entrance.running());
  }
  await makeSound(volume);
  socket.connect();
}

begin();
