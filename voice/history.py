"""What was said so far: numbers the turns, hands them to the recorder, and shows the model what it may know.

The model's history holds only what was heard. A turn that changes (more of a reply was played, a client
corrects how much) is handed over again under the same number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from avatars.sheets import Mood
from memory.records import TimedWord, TurnKind, TurnRecord
from voice.engines.base import Message
from voice.hearing import Hearing, Said
from voice.reply import Reply
from voice.table import Occasion

Record = Callable[[TurnRecord], None]
"""Takes a turn for keeping; returns at once. The same ``seq`` again replaces."""

_KINDS: dict[Occasion, TurnKind] = {
    "answer": "reply",
    "opening": "opening",
    "closing": "closing",
    "silence": "silence",
}


@dataclass(slots=True)
class History:
    record: Record
    messages: dict[int, Message]
    """By ``seq``, in order."""
    next_seq: int = 1
    feel: Callable[[Iterable[Message]], Mood | None] = lambda _history: None
    """How the avatar feels after these turns; asked once per change, for it reads all of them."""
    _mood: Mood | None = None
    _mood_is_old: bool = field(default=True)

    def shown(self, pending: str = "") -> tuple[Message, ...]:
        """What the model is shown; ``pending`` is a trainee's turn that is not decided yet."""
        messages = tuple(self.messages.values())
        return (*messages, Message("trainee", pending)) if pending else messages

    @property
    def unanswered(self) -> bool:
        """Whether the trainee had the last word."""
        return bool(self.messages) and self.messages[max(self.messages)].role == "trainee"

    @property
    def mood(self) -> Mood | None:
        if self._mood_is_old:
            self._mood, self._mood_is_old = self.feel(self.messages.values()), False
        return self._mood

    def take_number(self) -> int:
        seq, self.next_seq = self.next_seq, self.next_seq + 1
        return seq

    def trainee_spoke(self, hearing: Hearing, said: Said, *, ended_ms: float, kind: TurnKind) -> TurnRecord:
        words = tuple(TimedWord(word.text, word.start_ms, word.end_ms) for word in said.words)
        record = TurnRecord(
            seq=self.take_number(),
            speaker="trainee",
            kind=kind,
            text=said.text,
            # By the detector where it watched: a recognizer may miss the first word.
            started_ms=words[0].start_ms if words and not hearing.detected else hearing.started_ms,
            ended_ms=max(words[-1].end_ms, ended_ms) if words else ended_ms,
            words=words,
            words_estimated=said.estimated,
        )
        if kind == "speech":
            self._remember(record.seq, Message("trainee", said.text))
        self.record(record)
        return record

    def trainee_typed(self, text: str, *, at_ms: float) -> TurnRecord:
        record = TurnRecord(self.take_number(), "trainee", "typed", text, at_ms, at_ms)
        self._remember(record.seq, Message("trainee", text))
        self.record(record)
        return record

    def avatar_spoke(self, reply: Reply, *, cut_off: bool, position: float | None = None) -> TurnRecord:
        """The reply as far as it was heard by now, or at ``position`` ms of its sound. It was interrupted if it
        was ``cut_off`` and something of it remained unheard."""
        if reply.seq is None:
            reply.seq = self.take_number()
        playout, now = reply.playout, reply.clock()
        at = min(playout.position(now) if position is None else position, playout.sent_ms)
        heard = reply.heard(position)
        began = now if playout.started_at is None else playout.started_at
        words = tuple(TimedWord(word.text, word.start_ms, word.end_ms) for word in heard.words)
        if playout.started_at is None and words:
            began = words[0].start_ms  # it was only written
        record = TurnRecord(
            seq=reply.seq,
            speaker="avatar",
            kind=_KINDS[reply.occasion],
            text=heard.text,
            started_ms=began,
            ended_ms=began if playout.started_at is None else playout.conversation_ms(at, ending=True),
            unheard_text=heard.unheard_text if cut_off else "",
            interrupted=cut_off and bool(heard.unheard_text),
            words=words,
            words_estimated=heard.estimated,
            timings=reply.timings,
        )
        self._remember(reply.seq, Message("avatar", heard.text))
        self.record(record)
        return record

    def _remember(self, seq: int, message: Message) -> None:
        """What nobody heard the model has not said."""
        known = self.messages.pop(seq, None)
        if message.text:
            self.messages[seq] = message
            self.messages = dict(sorted(self.messages.items()))
        self._mood_is_old |= known != self.messages.get(seq)
