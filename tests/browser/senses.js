// Put into a page before its own scripts: an ear at its loudspeaker and, once `sessionStorage.mouth` is set, a
// mouth at its microphone, so that somebody can speak at exactly the right moment.
(() => {
  const analysers = new Map();
  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode) {
      if (!analysers.has(to.context)) analysers.set(to.context, to.context.createAnalyser());
      connect.call(this, analysers.get(to.context));
    }
    return connect.call(this, to, ...rest);
  };
  // How loud the page is now, 0..1 (RMS of the last 43 ms at 48 kHz).
  const level = () => {
    let loudest = 0;
    for (const analyser of analysers.values()) {
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
    }
    return loudest;
  };
  // Resolves with the level once it is between the two, looked at once a picture.
  const hears = (least, most = 1) => new Promise((resolve) => {
    const look = () => {
      const now = level();
      if (now >= least && now <= most) resolve(now);
      else requestAnimationFrame(look);
    };
    look();
  });
  window.ear = { level, hears };

  const native = navigator.mediaDevices?.getUserMedia?.bind(navigator.mediaDevices);
  if (!native) return;
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    if (!sessionStorage.getItem("mouth")) return native(wanted);
    const context = new AudioContext();
    const microphone = context.createMediaStreamDestination();
    window.mouth = {
      // 16-bit samples in base64; resolves when they have been said.
      say: async (base64, rate) => {
        await context.resume();
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const samples = new Int16Array(bytes.buffer);
        const speech = context.createBuffer(1, samples.length, rate);
        speech.copyToChannel(Float32Array.from(samples, (one) => one / 32768), 0);
        const source = new AudioBufferSourceNode(context, { buffer: speech });
        source.connect(microphone);
        source.start();
        await new Promise((resolve) => { source.onended = resolve; });
      },
    };
    return microphone.stream;
  };
})();
