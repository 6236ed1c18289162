"""Engines with fixed delays: what the loop itself costs shows best when the engines cost what they are told.

The benchmark and the tests in virtual time run on them. They are real engines behind the same border, only
that they know beforehand what they will understand and say.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

import numpy as np

from voice.engines.base import (
    INPUT_RATE,
    LlmEngine,
    Pcm,
    ReplyRequest,
    SpeechPiece,
    SpokenReply,
    SttEngine,
    Transcript,
    TtsEngine,
    Utterance,
    Voice,
    Word,
)


class _TimedUtterance(Utterance):
    def __init__(self, text: str, delay_s: float) -> None:
        self._text, self._delay_s = text, delay_s
        self._samples = 0

    def feed(self, samples: Pcm) -> None:
        self._samples += len(samples)

    async def partial(self) -> str:
        return self._text if self._samples else ""

    async def settle(self) -> Transcript:
        await asyncio.sleep(self._delay_s)
        texts = self._text.split()
        each_ms = self._samples / INPUT_RATE * 1000 / max(1, len(texts))
        words = tuple(Word(text, at * each_ms, (at + 1) * each_ms) for at, text in enumerate(texts))
        return Transcript(self._text, words)

    def close(self) -> None:
        pass


class TimedStt(SttEngine):
    """Understands the given texts, one utterance after the other (the last one from then on)."""

    name = "timed"
    embedded = True

    def __init__(self, texts: Sequence[str], *, delay_ms: float = 100.0) -> None:
        self._texts = list(texts)
        self._delay_s = delay_ms / 1000

    def open(self, *, language: str, hints: tuple[str, ...] = ()) -> Utterance:
        text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
        return _TimedUtterance(text, self._delay_s)


class TimedLlm(LlmEngine):
    """Says the given tokens: the first after ``first_ms``, then one every ``token_ms``. ``tokens`` may be a
    function of the request."""

    name = "timed"
    embedded = True

    def __init__(
        self,
        tokens: Sequence[str] | Callable[[ReplyRequest], Sequence[str]],
        *,
        first_ms: float = 200.0,
        token_ms: float = 10.0,
    ) -> None:
        self._tokens = tokens
        self._first_s, self._token_s = first_ms / 1000, token_ms / 1000
        self.requests: list[ReplyRequest] = []
        self.cancelled = 0

    async def reply(self, request: ReplyRequest) -> AsyncGenerator[str, None]:
        self.requests.append(request)
        tokens = self._tokens(request) if callable(self._tokens) else self._tokens
        try:
            loop = asyncio.get_running_loop()
            due = loop.time() + self._first_s
            for token in tokens:
                await asyncio.sleep(max(0.0, due - loop.time()))
                yield token
                due += self._token_s
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise


class _TimedSpeech(SpokenReply):
    def __init__(self, rate: int, delay_s: float, word_ms: float, timings: bool) -> None:
        self._rate, self._delay_s, self._word_ms, self._timings = rate, delay_s, word_ms, timings

    @property
    def sample_rate(self) -> int:
        return self._rate

    async def speak(self, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        await asyncio.sleep(self._delay_s)
        samples = int(self._rate * self._word_ms / 1000)
        tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(samples) / self._rate)).astype("<i2").tobytes()
        for at, text in enumerate(phrase.split()):
            word = Word(text, at * self._word_ms, (at + 1) * self._word_ms)
            yield SpeechPiece(tone, (word,) if self._timings else ())

    async def aclose(self) -> None:
        pass


class TimedTts(TtsEngine):
    """Every word is ``word_ms`` of a 440 Hz tone; the first one of a phrase comes after ``delay_ms``."""

    name = "timed"
    embedded = True

    def __init__(
        self, *, delay_ms: float = 100.0, word_ms: float = 200.0, rate: int = 24_000, timings: bool = True
    ) -> None:
        self._rate, self._delay_s, self._word_ms, self._timings = rate, delay_ms / 1000, word_ms, timings

    def open(self, voice: Voice) -> SpokenReply:
        return _TimedSpeech(self._rate, self._delay_s, self._word_ms, self._timings)
