// The connection to the conversation: JSON events and binary sound both ways, and back again when it is lost.

const PAUSES_S = [0.5, 1, 2, 4, 8];
const OPENING_MS = 15_000; // a server that takes longer than that to let somebody in is tried again
const BACKED_UP_S = 2; // so much sound waiting to leave: the line is dead, whatever the browser says

const ENDED = 1000;
const SIGN_IN = 4401;
const GONE = 4404;
const ELSEWHERE = 4409;
const BUSY = 4503;

// `onEvent(event)`, `onSound(ArrayBuffer)`; `onStatus(status)`: connecting | open | lost | busy | held
// (another place does not let go) | moved (it was opened somewhere else) | signin | gone | ended. In lost, busy
// and held it tries again by itself; from moved only reconnect() leads back.
export class Socket {
  #address;
  #greeting;
  #handlers;
  #socket = null;
  #letIn = false;
  #tries = 0;
  #timer = 0;
  #over = false;
  #onOffline = () => this.#lose();
  #onOnline = () => this.#timer && this.reconnect();

  // `greeting()` gives the session to ask for on every new connection.
  constructor(path, { greeting, onEvent, onSound, onStatus }) {
    const address = new URL(path, location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    this.#address = address;
    this.#greeting = greeting;
    this.#handlers = { onEvent, onSound, onStatus };
    addEventListener("offline", this.#onOffline);
    addEventListener("online", this.#onOnline);
  }

  get open() {
    return this.#letIn && this.#socket.readyState === WebSocket.OPEN; // it may be closing already
  }

  connect() {
    this.#stopWaiting();
    this.#handlers.onStatus("connecting");
    const socket = new WebSocket(this.#address);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lose(), OPENING_MS);
    socket.onopen = () => socket === this.#socket && this.#greet(socket);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#take(data);
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  // Now, and with short pauses again.
  reconnect() {
    this.#tries = 0;
    this.#drop();
    this.connect();
  }

  // False when there is nobody to send it to: nothing is kept for later.
  send(event) {
    if (!this.open) return false;
    this.#socket.send(JSON.stringify(event));
    return true;
  }

  sendSound(frame, rate) {
    if (!this.open) return;
    if (this.#socket.bufferedAmount > rate * 2 * BACKED_UP_S) this.#lose();
    else this.#socket.send(frame);
  }

  close() {
    this.#over = true;
    this.#stopWaiting();
    this.#drop();
    removeEventListener("offline", this.#onOffline);
    removeEventListener("online", this.#onOnline);
  }

  // Before the server has said anything: it waits a moment for this, so that its first words have our rate.
  #greet(socket) {
    socket.send(JSON.stringify({ type: "session.update", session: this.#greeting() }));
  }

  #take(data) {
    if (typeof data !== "string") return this.#handlers.onSound(data);
    const event = JSON.parse(data);
    if (event.type === "session.created") {
      this.#stopWaiting();
      this.#letIn = true;
      this.#tries = 0;
      this.#handlers.onStatus("open");
    }
    return this.#handlers.onEvent(event);
  }

  #closed(code) {
    const wasIn = this.#letIn;
    this.#stopWaiting();
    this.#drop();
    if (this.#over) return;
    if (code === ENDED) this.#handlers.onStatus("ended");
    else if (code === SIGN_IN) this.#handlers.onStatus("signin");
    else if (code === GONE) this.#handlers.onStatus("gone");
    else if (code === ELSEWHERE && wasIn) this.#handlers.onStatus("moved");
    else this.#retry(code === BUSY ? "busy" : code === ELSEWHERE ? "held" : "lost");
  }

  // The browser may still believe in this connection; we don't.
  #lose() {
    if (this.#over || !this.#socket) return;
    this.#stopWaiting();
    this.#drop();
    this.#retry("lost");
  }

  #retry(status) {
    const pause = PAUSES_S[Math.min(this.#tries, PAUSES_S.length - 1)];
    this.#tries += 1;
    // Not all at once after a restart of the server.
    this.#timer = setTimeout(() => this.connect(), pause * (0.75 + Math.random() / 2) * 1000);
    this.#handlers.onStatus(status);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.#letIn = false;
    socket?.close();
  }

  #stopWaiting() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
