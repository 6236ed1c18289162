"""Engines that go wrong, a voice that can be read back, and a client that plays what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from voice import events as wire
from voice.engines.base import (
    LlmEngine,
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
from voice.engines.base import Pcm as Samples
from voice.errors import LlmUnavailable, SttUnavailable, TtsUnavailable

RATE = 24_000
WORD_MS = 200


# -- a voice that can be read back ---------------------------------------------------------------------------


class FallibleTts(TtsEngine):
    """Word k of all that it ever said is 200 ms of a tone of its own, so the sound itself tells the words.
    ``fails_at``: the phrase (counted from 0) from which on it fails; ``hangs_at``: at which it hangs."""

    name = "fallible"

    def __init__(
        self, *, fails_at: int | None = None, hangs_at: int | None = None, timings: bool = True
    ) -> None:
        self.words: list[str] = []
        self.fails_at, self.hangs_at, self.timings = fails_at, hangs_at, timings
        self.phrases = 0
        self.open_voices = 0

    def open(self, voice: Voice) -> SpokenReply:
        self.open_voices += 1
        return _Tones(self)

    def words_in(self, pcm: bytes) -> list[str]:
        """What somebody hears who hears this: each word of which at least half sounds."""
        samples = np.frombuffer(pcm, "<i2").astype(float)
        size = RATE * WORD_MS // 1000
        heard = []
        for at in range(0, len(samples), size):
            tone = samples[at : at + size]
            if len(tone) * 2 < size:
                break
            spectrum = np.abs(np.fft.rfft(tone, RATE))
            heard.append(self.words[round((int(spectrum.argmax()) - 300) / 20)])
        return heard


class _Tones(SpokenReply):
    def __init__(self, engine: FallibleTts) -> None:
        self._engine = engine
        self._closed = False

    @property
    def sample_rate(self) -> int:
        return RATE

    async def speak(self, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        number, self._engine.phrases = self._engine.phrases, self._engine.phrases + 1
        await asyncio.sleep(0.05)
        if self._engine.fails_at is not None and number >= self._engine.fails_at:
            raise TtsUnavailable
        if number == self._engine.hangs_at:
            await asyncio.sleep(3600)
        for at, text in enumerate(phrase.split()):
            frequency = 300 + 20 * len(self._engine.words)
            self._engine.words.append(text)
            time_s = np.arange(RATE * WORD_MS // 1000) / RATE
            tone = (8000 * np.sin(2 * np.pi * frequency * time_s)).astype("<i2").tobytes()
            word = Word(text, at * WORD_MS, (at + 1) * WORD_MS)
            yield SpeechPiece(tone, (word,) if self._engine.timings else ())

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._engine.open_voices -= 1


# -- engines that go wrong -----------------------------------------------------------------------------------


@dataclass
class Script(SttEngine):
    """Understands one utterance after the other: a text, an exception, or ``"hang"``. ``partials``: what its
    guesses say instead (None: the text)."""

    says: Sequence[str | Exception]
    delay_ms: float = 100.0
    partials: str | None = None
    name = "script"
    opened: int = 0
    closed: int = 0

    def open(self, *, language: str, hints: tuple[str, ...] = ()) -> Utterance:
        said = self.says[min(self.opened, len(self.says) - 1)]
        if isinstance(said, SttUnavailable) and said.message == "not open":
            raise said
        self.opened += 1
        return _Scripted(self, said)


class _Scripted(Utterance):
    def __init__(self, engine: Script, said: str | Exception) -> None:
        self._engine, self._said, self._closed = engine, said, False
        self.fed = 0

    def feed(self, samples: Samples) -> None:
        self.fed += len(samples)

    async def partial(self) -> str:
        if self._engine.partials is not None:
            return self._engine.partials
        return self._said if isinstance(self._said, str) and self._said != "hang" else ""

    async def settle(self) -> Transcript:
        await asyncio.sleep(self._engine.delay_ms / 1000)
        if isinstance(self._said, Exception):
            raise self._said
        if self._said == "hang":
            await asyncio.sleep(3600)
        return Transcript(self._said)

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._engine.closed += 1


@dataclass
class Model(LlmEngine):
    """Says the words of the reply it was given, one at a time; an exception is raised, ``"hang"`` hangs.
    ``replies`` are used up one after the other; the last one stays."""

    replies: Sequence[Sequence[str | Exception]]
    first_ms: float = 200.0
    token_ms: float = 10.0
    name = "model"
    requests: list[ReplyRequest] = field(default_factory=list)
    cancelled: int = 0

    async def reply(self, request: ReplyRequest) -> AsyncGenerator[str, None]:
        tokens = self.replies[min(len(self.requests), len(self.replies) - 1)]
        self.requests.append(request)
        try:
            await asyncio.sleep(self.first_ms / 1000)
            for token in tokens:
                if isinstance(token, Exception):
                    raise token
                if token == "hang":
                    await asyncio.sleep(3600)
                yield token
                await asyncio.sleep(self.token_ms / 1000)
        except (asyncio.CancelledError, GeneratorExit):
            self.cancelled += 1
            raise

    def shown(self) -> list[list[tuple[str, str]]]:
        """The history that each request came with."""
        return [[(one.role, one.text) for one in request.history] for request in self.requests]


def words(text: str) -> list[str]:
    """A reply as a model streams it."""
    return [f"{' ' if at else ''}{word}" for at, word in enumerate(text.split())]


UNAVAILABLE = LlmUnavailable()


# -- a client ------------------------------------------------------------------------------------------------


@dataclass
class Client:
    """Plays what it is sent, in real time, and drops its queue when it is told to. ``played`` is the sound that
    came out of its loudspeaker, by item."""

    clock: Callable[[], float]
    pausable: bool = True
    played: dict[str, bytes] = field(default_factory=dict)
    most_ahead_ms: float = 0.0
    item: str = ""
    _queue: bytes = b""
    _playing: bool = True
    _at: float = 0.0

    def take(self, event: wire.ServerEvent) -> None:
        self.advance()
        match event:
            case wire.OutputAudioDelta():
                if event.item_id != self.item:
                    self.item, self._queue, self._playing = event.item_id, b"", True
                    self.played[self.item] = b""
                self._queue += event.pcm
                self.most_ahead_ms = max(self.most_ahead_ms, len(self._queue) / RATE * 500)
            case wire.CoachOutputPause() if self.pausable:
                self._playing = False
            case wire.CoachOutputResume():
                self._playing = True
            case wire.OutputAudioBufferCleared():
                self._queue = b""
            case wire.SpeechStartedEvent() if not self.pausable:
                self._queue = b""

    def advance(self) -> None:
        now = self.clock()
        if self._playing and self.item:
            count = int((now - self._at) * RATE / 1000) * 2
            self.played[self.item] += self._queue[:count]
            self._queue = self._queue[count:]
        self._at = now

    @property
    def played_ms(self) -> float:
        self.advance()
        return len(self.played.get(self.item, b"")) / RATE * 500
