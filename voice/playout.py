"""What was sent, what was played -> what was HEARD. A decision: no I/O, no clock of its own.

One :class:`Playout` belongs to one reply. Positions are ms of the reply's own sound, from its first sample;
``now`` is ms from the start of the conversation. Between a client's acknowledgements the position is
estimated by the clock and never runs past what was sent.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from voice.engines.base import Word

LETTER_MS = 65.0
"""Spoken letters take about this long (15 a second): for words whose sound has not been made yet."""
DRIFT_MS = 60.0
"""Acknowledgements that differ less from the timeline only correct the position."""
MERGE_MS = 100.0
"""The timeline keeps two corrections in this much sound: its size is bounded by the sound that was sent, not by
how often a client writes."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The reply, divided where the listener stopped hearing it. Word times are conversation ms."""

    text: str
    unheard_text: str
    words: tuple[Word, ...]
    estimated: bool
    """Some times are not the engine's: in proportion to the letters, or of a phrase that was only written."""


@dataclass(slots=True)
class _Phrase:
    text: str
    start_ms: float
    audio_ms: float = 0.0
    words: tuple[Word, ...] = ()
    complete: bool = False
    silent: bool = False
    shown_at: float | None = None


class Playout:
    def __init__(self) -> None:
        self.sent_ms = 0.0
        self.started_at: float | None = None
        """When the first sound went out, in conversation ms."""
        self._made_ms = 0.0
        self._phrases: list[_Phrase] = []
        self._playing = True
        self._base_position = 0.0
        self._base_at = 0.0
        self._timeline: list[tuple[float, float]] = []
        """(position, conversation ms) at which playback began, and went on after a stop; positions ascend."""

    # -- what is made ---------------------------------------------------------------------------------------

    def begin_phrase(self, text: str) -> None:
        """The next phrase's sound starts where the last one's ended."""
        self._phrases.append(_Phrase(text=text, start_ms=self._made_ms))

    def add_words(self, words: tuple[Word, ...]) -> None:
        """Words of the current phrase as the engine timed them, in ms from the phrase's first sample."""
        self._phrases[-1].words += words

    def add_sound(self, audio_ms: float) -> None:
        """More sound of the current phrase was made."""
        self._phrases[-1].audio_ms += audio_ms
        self._made_ms += audio_ms

    def end_phrase(self, *, silent: bool = False) -> None:
        """No more sound comes for the current phrase; ``silent``: its voice failed, it is only written."""
        self._phrases[-1].complete = True
        self._phrases[-1].silent = silent

    @property
    def text(self) -> str:
        """All text that was prepared so far."""
        return " ".join(" ".join(phrase.text.split()) for phrase in self._phrases)

    @property
    def letters(self) -> int:
        """How much of the model's text has become phrases here."""
        return sum(len(phrase.text) for phrase in self._phrases)

    # -- what is sent and played ----------------------------------------------------------------------------

    def show_phrase(self, now: float) -> None:
        """The client is given the text of the next phrase that it has not been given yet."""
        phrase = next(one for one in self._phrases if one.shown_at is None)
        phrase.shown_at = now

    @property
    def shown(self) -> bool:
        """Whether the client was given anything at all."""
        return any(phrase.shown_at is not None for phrase in self._phrases)

    def send(self, audio_ms: float, now: float) -> None:
        """This much sound goes out now."""
        if self.started_at is None:
            self.started_at = now
            self._rebase(0.0, now)
        elif self._playing and self.position(now) >= self.sent_ms:
            self._rebase(self.sent_ms, now)  # the client had run dry and goes on from here
        self.sent_ms += audio_ms

    def position(self, now: float) -> float:
        """How much of the reply has been played, in ms."""
        if not self._playing:
            return self._base_position
        return min(self.sent_ms, self._base_position + max(0.0, now - self._base_at))

    def ahead_ms(self, now: float) -> float:
        """How much sound waits at the client."""
        return self.sent_ms - self.position(now)

    def acknowledge(self, played_ms: float, now: float) -> None:
        """The client says how far it is. More than was sent can't have been played."""
        played = min(max(played_ms, 0.0), self.sent_ms)
        late = abs(self.conversation_ms(played) - now) > DRIFT_MS
        if self._playing and late and played < self.sent_ms:
            self._rebase(played, now)
        else:
            self._base_position, self._base_at = played, now

    def pause(self, now: float) -> None:
        """Playback stops here."""
        self._base_position = self.position(now)
        self._base_at = now
        self._playing = False

    def resume(self, now: float) -> None:
        if not self._playing:
            self._playing = True
            self._rebase(self._base_position, now)

    def _rebase(self, position: float, now: float) -> None:
        self._base_position, self._base_at = position, now
        timeline = self._timeline
        del timeline[bisect_left(timeline, position, key=_position) :]
        if len(timeline) > 1 and timeline[-2][0] > position - MERGE_MS:
            timeline.pop()
        timeline.append((position, now))

    # -- what was heard -------------------------------------------------------------------------------------

    def conversation_ms(self, position: float, *, ending: bool = False) -> float:
        """When this position of the reply was played; where playback stopped just there, when it went on or
        (``ending``) when it stopped."""
        find = bisect_left if ending and position > 0 else bisect_right
        index = find(self._timeline, position, key=_position)
        at, when = self._timeline[index - 1] if index else (0.0, self.started_at or 0.0)
        return when + position - at

    def played_lately(self, since: float, now: float) -> str:
        """The words that were sounding at any time from ``since`` to ``now`` (conversation ms): what a
        microphone may have picked up of them."""
        position = self.position(now)
        lately: list[str] = []
        for phrase in reversed(self._phrases):
            if phrase.silent or phrase.start_ms >= position:
                continue
            for word in reversed(_timed(phrase)[0]):
                if phrase.start_ms + word.start_ms >= position:
                    continue
                if self.conversation_ms(phrase.start_ms + word.end_ms, ending=True) < since:
                    return " ".join(reversed(lately))
                lately.append(word.text)
        return " ".join(reversed(lately))

    def heard(self, position: float) -> Heard:
        """Divide the reply at this position. A word is heard once half of it was played; a phrase without a
        voice was read, so it counts as heard once it was shown and what precedes it was heard."""
        heard: list[Word] = []
        unheard: list[str] = []
        estimated = False
        for phrase in self._phrases:
            words, guessed = _timed(phrase)
            estimated |= guessed
            for word in words:
                start, end = phrase.start_ms + word.start_ms, phrase.start_ms + word.end_ms
                reached = position >= (start + end) / 2 and (not phrase.silent or phrase.shown_at is not None)
                if unheard or not reached:
                    unheard.append(word.text)
                elif phrase.silent:
                    heard.append(Word(word.text, *self._read_at(phrase)))
                else:
                    heard.append(Word(word.text, *self._played_at(start, min(end, position, self.sent_ms))))
        return Heard(" ".join(word.text for word in heard), " ".join(unheard), tuple(heard), estimated)

    def _played_at(self, start: float, end: float) -> tuple[float, float]:
        began = self.conversation_ms(start)
        return began, max(began, self.conversation_ms(end, ending=True))

    def _read_at(self, phrase: _Phrase) -> tuple[float, float]:
        shown_at = phrase.shown_at or 0.0
        at = shown_at if self.started_at is None else max(shown_at, self.conversation_ms(phrase.start_ms))
        return at, at


def _position(point: tuple[float, float]) -> float:
    return point[0]


def _timed(phrase: _Phrase) -> tuple[list[Word], bool]:
    """All words of the phrase with times, and whether any had to be estimated."""
    texts = phrase.text.split()
    if phrase.silent:
        return [Word(text, 0.0, 0.0) for text in texts], True
    timed = list(phrase.words[: len(texts)])
    rest = texts[len(timed) :]
    if not rest:
        return timed, False
    start = timed[-1].end_ms if timed else 0.0
    letters = sum(len(text) + 1 for text in rest)
    span = max(0.0, phrase.audio_ms - start) if phrase.complete else 0.0
    per_letter = span / letters if span else LETTER_MS
    for text in rest:
        end = start + per_letter * (len(text) + 1)
        timed.append(Word(text, start, end))
        start = end
    return timed, True
