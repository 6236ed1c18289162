"""One utterance on its way through the recognizer, and what was understood of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

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
        """The transcript so far. A recognizer that fails or takes over 5 s is part of the answer."""
        began = clock()
        if self.utterance is None:
            return Said(error=self.error)
        try:
            async with asyncio.timeout(SETTLE_DEADLINE_S):
                transcript = await self.utterance.settle()
        except SttUnavailable as exc:
            return Said(error=exc, settled_in_ms=clock() - began)
        except TimeoutError:
            return Said(error=SttUnavailable("Transcription took too long."), settled_in_ms=clock() - began)
        words = tuple(
            Word(word.text, self.fed_from_ms + word.start_ms, self.fed_from_ms + word.end_ms)
            for word in transcript.words
        )
        return Said(transcript.text.strip(), words, clock() - began)

    def guessed(self) -> Said:
        """The settled text, or the last guess where there is no time to settle."""
        return self.said or Said(" ".join(self.guess))

    def stop_guessing(self) -> None:
        if self.partials is not None:
            self.partials.cancel()

    def close(self) -> None:
        self.stop_guessing()
        if self.utterance is not None:
            self.utterance.close()
