// Which microphones there are, and what this browser remembers: its own microphone and volume, and whether the
// room's keys are wanted.

const MICROPHONE = "microphone";
const VOLUME = "volume";
const KEYS = "keys";

// [{id, label}]. Empty until the microphone was allowed once: before, browsers tell neither ids nor names.
export async function microphones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === "audioinput" && deviceId && deviceId !== "communications")
    .map(({ deviceId, label }) => ({ id: deviceId, label }));
}

// Whether there is one: even before it may be used, and so has no name yet.
export async function anyMicrophone() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return devices.some(({ kind }) => kind === "audioinput");
}

// Calls back when something was plugged in or out; returns what stops that.
export function onDevicesChanged(callback) {
  const { mediaDevices } = navigator;
  mediaDevices?.addEventListener("devicechange", callback);
  return () => mediaDevices?.removeEventListener("devicechange", callback);
}

export function rememberMicrophone(id) {
  remember(MICROPHONE, id);
}

// "" is the default one.
export function rememberedMicrophone() {
  return remembered(MICROPHONE) ?? "";
}

export function rememberVolume(volume) {
  remember(VOLUME, String(volume));
}

// 0..1; 1 where nothing was chosen.
export function rememberedVolume() {
  const volume = Number.parseFloat(remembered(VOLUME) ?? "1");
  return volume >= 0 && volume <= 1 ? volume : 1;
}

export function rememberKeys(wanted) {
  remember(KEYS, wanted ? "on" : "off");
}

export function rememberedKeys() {
  return remembered(KEYS) !== "off";
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is switched off: it lasts for this page then
  }
}

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
