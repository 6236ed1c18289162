// The microphone: frames of 40 ms, 16-bit little-endian mono PCM at the AudioContext's rate.

const WORKLET = new URL("./capture-worklet.js", import.meta.url);

const KINDS = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
  TypeError: "unsupported",
  NotSupportedError: "unsupported",
};

// `kind` is one of: insecure (plain http off localhost: the browser hides its microphones), refused, missing,
// busy, unsupported, other.
export class MicrophoneProblem extends Error {
  constructor(kind, cause) {
    super(`No microphone: ${kind}.`, { cause });
    this.name = "MicrophoneProblem";
    this.kind = kind;
  }
}

export class Microphone {
  #muted = false;
  #closed = false;
  #stream;
  #source;
  #node;
  #handlers;

  // Asks for permission where there is none yet. `deviceId` is a wish: if that device is gone, it is the default
  // one that opens (`deviceId` says which). `onFrame(ArrayBuffer)` and `onLevel(rms 0..1)` come every 40 ms while
  // the context runs; `onEnded()` once, when the device is unplugged or the permission withdrawn. The buffer
  // belongs to the receiver. Throws MicrophoneProblem.
  static async open({ context, deviceId = "", onFrame, onLevel = () => {}, onEnded = () => {} }) {
    if (!navigator.mediaDevices?.getUserMedia || !context.audioWorklet) {
      throw new MicrophoneProblem(globalThis.isSecureContext ? "unsupported" : "insecure");
    }
    const stream = await ask(deviceId);
    const microphone = new Microphone(context, stream, { onFrame, onLevel, onEnded });
    try {
      await microphone.#connect();
    } catch (error) {
      microphone.close();
      throw new MicrophoneProblem("other", error);
    }
    return microphone;
  }

  // Only for open().
  constructor(context, stream, handlers) {
    this.context = context;
    this.#stream = stream;
    this.#handlers = handlers;
    const [track] = stream.getAudioTracks();
    this.rate = context.sampleRate;
    this.label = track.label;
    this.deviceId = track.getSettings().deviceId ?? "";
    track.addEventListener("ended", () => this.#end()); // not fired by our own stop()
  }

  get muted() {
    return this.#muted;
  }

  // Takes effect at once and both ways: no frame that comes after `muted = true` carries sound, and none that
  // comes after `muted = false` carries what was said before it.
  set muted(muted) {
    this.#muted = Boolean(muted);
    this.#node?.port.postMessage({ muted: this.#muted });
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    for (const track of this.#stream.getTracks()) track.stop();
    this.#source?.disconnect();
    if (!this.#node) return;
    this.#node.port.onmessage = null;
    this.#node.port.postMessage({ closed: true });
    this.#node.disconnect();
  }

  async #connect() {
    await this.context.audioWorklet.addModule(WORKLET);
    if (this.#closed) return; // unplugged meanwhile
    this.#source = this.context.createMediaStreamSource(this.#stream);
    this.#node = new AudioWorkletNode(this.context, "capture", {
      numberOfInputs: 1,
      numberOfOutputs: 1,
      channelCount: 1,
      channelCountMode: "explicit", // a stereo microphone is mixed down
    });
    this.#node.port.onmessage = ({ data }) => this.#deliver(data);
    this.muted = this.#muted;
    // Its output is silent; what is connected to nothing may not be run.
    this.#source.connect(this.#node).connect(this.context.destination);
  }

  #deliver({ frame, rms }) {
    this.#handlers.onFrame(this.#muted ? new ArrayBuffer(frame.byteLength) : frame);
    this.#handlers.onLevel(this.#muted ? 0 : rms);
  }

  #end() {
    if (this.#closed) return;
    this.close();
    this.#handlers.onEnded();
  }
}

async function ask(deviceId) {
  const audio = {
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    channelCount: 1,
    ...(deviceId && { deviceId: { ideal: deviceId } }),
  };
  try {
    return await navigator.mediaDevices.getUserMedia({ audio });
  } catch (error) {
    throw new MicrophoneProblem(KINDS[error.name] ?? "other", error);
  }
}
