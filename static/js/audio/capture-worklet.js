// On the audio thread: collects the microphone's samples into frames of 40 ms. Muted, the frames are silence and
// keep coming: the server's clock of the conversation is the sound that arrives.

const FRAME_S = 0.04;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.size = Math.round(sampleRate * FRAME_S);
    this.muted = false;
    this.closed = false;
    this.renew();
    this.port.onmessage = ({ data }) => Object.assign(this, data); // {muted} or {closed}
  }

  renew() {
    this.frame = new DataView(new ArrayBuffer(this.size * 2));
    this.filled = 0;
    this.energy = 0;
  }

  process([[samples]], [[output]]) {
    // Without a source there is no channel at all: silence, as long as the quantum.
    const count = output.length;
    for (let at = 0; at < count; at += 1) {
      const sample = this.muted || !samples ? 0 : Math.max(-1, Math.min(1, samples[at]));
      this.frame.setInt16(this.filled * 2, Math.round(sample * 32767), true);
      this.energy += sample * sample;
      this.filled += 1;
      if (this.filled === this.size) this.send();
    }
    return !this.closed;
  }

  send() {
    const frame = this.frame.buffer;
    this.port.postMessage({ frame, rms: Math.sqrt(this.energy / this.size) }, [frame]);
    this.renew();
  }
}

registerProcessor("capture", Capture);
