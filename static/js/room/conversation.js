// What is going on, from the server's events: who has the floor, and the turns as captions show them. No page,
// no sound, no clock of its own.

// A turn: { id, seq, speaker, kind, text, unheard, phrases, done }. `phrases` (of the avatar, while it speaks) are
// [{ text, startMs }] by the item's own sound: a phrase is shown once its sound is heard. `done`: as it is kept, by its number `seq`.
export class Conversation {
  floor = "connecting"; // or listening, hearing, deciding, thinking, speaking, yielding, ended
  reason = "";
  item = ""; // the avatar's item that sound and phrases belong to
  turns = new Map(); // by item, in the order in which they began
  #receivedMs = 0;
  #playedMs = new Map();

  // Returns the turn that changed, or { gone: turn } when it turned out to be none, or nothing.
  take(event) {
    switch (event.type) {
      case "coach.state":
        return this.#move(event);
      case "coach.partial":
        return this.#guess(event.item_id, event.text);
      case "coach.turn":
        return this.#keep(event.item_id, event.turn);
      case "response.output_item.added":
        this.item = event.item.id;
        this.#receivedMs = 0;
        return undefined;
      case "response.output_audio_transcript.delta":
        return this.#phrase(event.item_id, event.delta);
      case "conversation.item.input_audio_transcription.completed":
        return event.transcript ? undefined : this.#remove(event.item_id);
      default:
        return undefined;
    }
  }

  // So much more sound of the current item has come.
  received(ms) {
    this.#receivedMs += ms;
  }

  // So much of an item was heard. Returns its turn if that shows more of it.
  played(item, ms) {
    const turn = this.turns.get(item);
    const before = this.#playedMs.get(item) ?? 0;
    this.#playedMs.set(item, ms);
    const fresh = turn?.phrases.some(({ startMs }) => startMs > before && startMs <= ms);
    return fresh && !turn.done ? turn : undefined;
  }

  // The words of a turn that were heard, or are being heard.
  shown(turn) {
    if (turn.done || turn.speaker !== "avatar") return turn.text;
    const played = this.#playedMs.get(turn.id) ?? 0;
    return turn.phrases.filter(({ startMs }) => startMs <= played).map(({ text }) => text.trim()).join(" ");
  }

  // The connection is gone: what was under way is known to the server alone.
  interrupt() {
    this.floor = "connecting";
    this.item = "";
    this.turns.clear();
  }

  #move({ state, reason }) {
    this.floor = state;
    this.reason = reason ?? "";
    // A guess that came to nothing has no end of its own.
    if (state !== "listening" && state !== "speaking") return undefined;
    const guess = [...this.turns.values()].find((turn) => turn.speaker === "trainee" && !turn.done);
    return guess && this.#remove(guess.id);
  }

  #guess(id, text) {
    if (!text || this.turns.get(id)?.done) return undefined;
    const turn = this.#turn(id, "trainee");
    turn.text = text;
    return turn;
  }

  #phrase(id, text) {
    const turn = this.#turn(id, "avatar");
    if (turn.done) return undefined;
    turn.phrases.push({ text, startMs: this.#receivedMs });
    return turn;
  }

  #keep(id, { seq, speaker, kind, text, unheard_text }) {
    if (speaker === "coach") return undefined;
    const turn = this.#turn(id, speaker);
    Object.assign(turn, { seq, kind, text, unheard: unheard_text, done: true, phrases: [] });
    return turn;
  }

  #remove(id) {
    const turn = this.turns.get(id);
    this.turns.delete(id);
    return turn && { gone: turn };
  }

  #turn(id, speaker) {
    if (!this.turns.has(id)) {
      this.turns.set(id, { id, seq: 0, speaker, kind: "speech", text: "", unheard: "", phrases: [], done: false });
    }
    return this.turns.get(id);
  }
}
