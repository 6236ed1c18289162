// A client of the browser's door, run in the page by the tests: no library, and nothing that the page's
// Content-Security-Policy would not let its own scripts do.
//
// `scenario` begins a conversation, `conversation` takes one up again; resolves with its id.
async ({ scenario, conversation }) => {
  if (!conversation) {
    const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
    const answer = await fetch("/conversations/start/", {
      method: "POST",
      headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
      body: JSON.stringify({ scenario }),
    });
    if (answer.status !== 201) throw new Error(`not begun: ${answer.status}`);
    conversation = (await answer.json()).conversation;
  }
  const door = { events: [], sound: {}, closed: null };
  const waiting = new Set();
  let item = "";
  let socket;
  const news = () => waiting.forEach((look) => look());

  const open = () => {
    socket = new WebSocket(`ws://${location.host}/ws/voice/${conversation}/`);
    socket.binaryType = "arraybuffer";
    Object.assign(door, { events: [], sound: {}, closed: null });
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") {
        const event = JSON.parse(data);
        door.events.push(event);
        if (event.type === "response.output_item.added") item = event.item.id;
      } else {
        (door.sound[item] ??= []).push(new Uint8Array(data));
      }
      news();
    };
    socket.onclose = ({ code }) => {
      door.closed = code;
      news();
    };
  };

  // Resolves with what `found` returns, once that is something.
  door.until = (found, what, withinMs = 60_000) => new Promise((resolve, reject) => {
    const look = () => {
      const result = found();
      if (result === undefined || result === null || result === false) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve(result);
    };
    const timer = setTimeout(() => {
      waiting.delete(look);
      const seen = door.events.map((event) => event.type).join(" ");
      reject(new Error(`no ${what}; closed ${door.closed}; seen ${seen}`));
    }, withinMs);
    waiting.add(look);
    look();
  });
  // The first event with these fields from position `after` on.
  door.event = (fields, after = 0) => door.until(
    () => door.events.slice(after).find(
      (event) => Object.entries(fields).every(([name, value]) => event[name] === value)),
    JSON.stringify(fields),
  );
  door.send = (event) => socket.send(JSON.stringify(event));
  // 16-bit samples in base64, spoken at their own speed.
  door.speak = async (base64, rate) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const step = (rate / 50) * 2;
    const began = performance.now();
    for (let at = 0; at < bytes.length; at += step) {
      const early = began + (at / step) * 20 - performance.now();
      if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
      socket.send(bytes.slice(at, at + step));
    }
  };
  // What came for this item so far, in base64.
  door.heard = (id) => btoa(
    (door.sound[id] ?? []).map((piece) => String.fromCharCode(...piece)).join(""),
  );
  window.door = door;
  do {
    open();
    await door.until(() => door.events[0] || door.closed, "answer");
    if (door.events[0]?.type === "session.created") return conversation;
    await door.until(() => door.closed, "close");
  } while (door.closed === 4409); // the server still lets go of the connection before this one
  throw new Error(`refused: ${door.closed}`);
}
