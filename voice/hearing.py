"""One utterance on its way through the recognizer, and what was understood of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from voice.engines.base import Utterance, Word
from voice.errors import SttUnavailable

SETTLE_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class Said:
    """What was understood, with word times in conversation ms."""

    text: str = ""
    words: tuple[Word, ...] = ()
    settled_in_ms: float = 0.0
    error: SttUnavailable | None = None
    """There is no transcript, nor a guess to take for it."""
    estimated: bool = False
    """It is the last guess: the word times are in proportion to the letters."""


@dataclass(slots=True)
class Hearing:
    """Opened by the listener; whoever takes it over closes it."""

    item_id: str
    started_ms: float
    """When the speech began (without the pre-roll)."""
    utterance: Utterance | None
    """None: the recognizer could not be opened; ``error`` says why."""
    fed_from_ms: float
    fed_until_ms: float
    detected: bool = True
    """The beginning is that of speech; otherwise (push-to-talk) that of the sound that was sent."""
    error: SttUnavailable | None = None
    announced: bool = False
    """The client was told of it."""
    stable: list[str] = field(default_factory=list)
    """Words that were told as a delta and can't be taken back."""
    guess: list[str] = field(default_factory=list)
    said: Said | None = None
    """The settled transcript, while it still covers everything that was said."""
    timings: dict[str, float] = field(default_factory=dict)
    """``vad_lag_ms`` and ``stt_ms``, in ms."""
    partials: asyncio.Task[None] | None = None

    async def settle(self, clock: Callable[[], float]) -> Said:
        """The transcript so far. Of a recognizer that fails or takes over 5 s the last guess is taken; without
        one the failure is the answer."""
        began = clock()
        if self.utterance is None:
            return Said(error=self.error)
        try:
            async with asyncio.timeout(SETTLE_DEADLINE_S):
                transcript = await self.utterance.settle()
        except SttUnavailable as exc:
            return self._unsettled(exc, clock() - began)
        except TimeoutError:
            return self._unsettled(SttUnavailable("Transcription took too long."), clock() - began)
        words = tuple(
            Word(word.text, self.fed_from_ms + word.start_ms, self.fed_from_ms + word.end_ms)
            for word in transcript.words
        )
        return Said(transcript.text.strip(), words, clock() - began)

    def guessed(self) -> Said:
        """The settled text, or the last guess where there is no time to settle: its words are spread over the
        utterance."""
        if self.said is not None:
            return self.said
        letters = sum(len(text) + 1 for text in self.guess)
        each_ms = max(0.0, self.fed_until_ms - self.started_ms) / max(1, letters)
        words: list[Word] = []
        at = self.started_ms
        for text in self.guess:
            words.append(Word(text, at, at + each_ms * (len(text) + 1)))
            at = words[-1].end_ms
        return Said(" ".join(self.guess), tuple(words), estimated=True)

    def _unsettled(self, error: SttUnavailable, took_ms: float) -> Said:
        guess = self.guessed()
        if guess.text:
            return replace(guess, settled_in_ms=took_ms)
        return Said(error=error, settled_in_ms=took_ms)

    @property
    def fed_s(self) -> float:
        """How much sound the recognizer was given."""
        return max(0.0, self.fed_until_ms - self.fed_from_ms) / 1000

    def shift(self, by_ms: float) -> None:
        """The clock of the sound was put right."""
        self.started_ms += by_ms
        self.fed_from_ms += by_ms
        self.fed_until_ms += by_ms

    def stop_guessing(self) -> None:
        if self.partials is not None:
            self.partials.cancel()

    def close(self) -> None:
        self.stop_guessing()
        if self.utterance is not None:
            self.utterance.close()
