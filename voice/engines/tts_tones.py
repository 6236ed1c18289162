"""A voice whose sound says by itself which words are in it: word k of a reply is a tone of frequency k.

For tests and for finding faults by ear or spectrogram: what a client received, played or recorded can be
decoded back into word numbers, whatever happened to it on the way (cut, paused, resampled, mixed quietly
with something), without trusting anybody's timings. It needs nothing, so it is a real engine like the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import numpy as np
from numpy.typing import NDArray

from voice.engines.base import Pcm, SpeechPiece, SpokenReply, TtsEngine, Voice, Word

BASE_HZ = 300.0
STEP_HZ = 50.0
MAX_WORDS = 100
"""Word 99 is a tone of 5,250 Hz, which a low-quality resampler to 16 kHz still lets through; the words after
it begin again at 0."""
LEVEL = 8_000
FADE_MS = 3.0
"""Without a fade every edge would click, and a click has all frequencies."""
PIECE_MS = 20.0

HOP_MS = 5.0
WINDOW_MS = 40.0
AUDIBLE = 400.0
"""Root mean square of a hop beyond which it counts as sound."""
MIN_RUN_MS = 15.0
"""Shorter bits are edges, not words."""


class TonesTts(TtsEngine):
    """Every word sounds ``word_ms`` and is followed by ``gap_ms`` of silence, which belongs to no word. The
    first sound of each phrase comes after ``delay_ms``. Words are numbered through a reply, phrase after
    phrase. Without ``timings`` it stands for an engine that knows none."""

    name = "tones"
    embedded = True

    def __init__(
        self,
        *,
        word_ms: float = 200.0,
        gap_ms: float = 40.0,
        delay_ms: float = 0.0,
        rate: int = 24_000,
        timings: bool = True,
    ) -> None:
        self.word_ms, self.gap_ms, self.delay_ms = word_ms, gap_ms, delay_ms
        self.rate, self.timings = rate, timings

    def open(self, voice: Voice) -> SpokenReply:
        return _TonesReply(self)


class _TonesReply(SpokenReply):
    def __init__(self, engine: TonesTts) -> None:
        self._engine = engine
        self._count = 0
        self._closed = False

    @property
    def sample_rate(self) -> int:
        return self._engine.rate

    async def speak(self, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        engine = self._engine
        await asyncio.sleep(engine.delay_ms / 1000)
        size = _samples(PIECE_MS, engine.rate) * 2
        for at, text in enumerate(phrase.split()):
            sound = tone(self._count, engine.rate, engine.word_ms)
            gap = np.zeros(_samples(engine.gap_ms, engine.rate), np.int16)
            self._count += 1
            if engine.timings:
                start_ms = at * (len(sound) + len(gap)) * 1000 / engine.rate
                end_ms = start_ms + len(sound) * 1000 / engine.rate
                yield SpeechPiece(words=(Word(text, start_ms, end_ms),))
            pcm = np.concatenate([sound, gap]).astype("<i2").tobytes()
            for begin in range(0, len(pcm), size):
                if self._closed:
                    return
                yield SpeechPiece(pcm=pcm[begin : begin + size])

    async def aclose(self) -> None:
        self._closed = True


def frequency(number: int) -> float:
    """The tone of word ``number`` (from 0), in Hz."""
    return BASE_HZ + STEP_HZ * (number % MAX_WORDS)


def tone(number: int, rate: int, ms: float) -> Pcm:
    """The sound of word ``number``."""
    count = _samples(ms, rate)
    fade = max(1, _samples(min(FADE_MS, ms / 2), rate))
    edge = np.minimum(1.0, (np.arange(count) + 0.5) / fade)
    wave = LEVEL * np.sin(2 * np.pi * frequency(number) * np.arange(count) / rate)
    return (wave * edge * edge[::-1]).astype(np.int16)


def decode_words(pcm: bytes | Pcm, rate: int) -> list[tuple[int, float, float]]:
    """Which words are in the sound: (number, start_ms, end_ms) in the order in which they sound, to 10 ms.
    ``pcm`` is 16-bit mono at ``rate`` (16 kHz or more). A word that was paused in the middle and resumed
    comes twice, and so does one that was played twice."""
    samples = np.frombuffer(pcm, dtype="<i2") if isinstance(pcm, bytes) else pcm
    heard = _hops(samples.astype(np.float64), rate)
    words: list[tuple[int, float, float]] = []
    begin = 0
    for at in range(1, len(heard) + 1):
        if at == len(heard) or heard[at] != heard[begin]:
            if heard[begin] >= 0 and (at - begin) * HOP_MS >= MIN_RUN_MS:
                words.append((int(heard[begin]), begin * HOP_MS, at * HOP_MS))
            begin = at
    return words


def _hops(samples: NDArray[np.float64], rate: int) -> NDArray[np.int64]:
    """The word number of each hop of HOP_MS, -1 for silence."""
    hop, window = rate * HOP_MS / 1000, _samples(WINDOW_MS, rate)
    count = int(len(samples) / hop)
    numbers = np.full(count, -1, np.int64)
    padded = np.pad(samples, window)
    taper = np.hanning(window)
    scale = rate / (4 * window)  # Hz per bin, at four times the window's length
    for at in range(count):
        begin, end = round(at * hop), round((at + 1) * hop)
        if np.sqrt(np.mean(samples[begin:end] ** 2)) < AUDIBLE:
            continue
        middle = window + (begin + end) // 2
        spectrum = np.abs(
            np.fft.rfft(padded[middle - window // 2 : middle + window - window // 2] * taper, 4 * window)
        )
        found = round((int(np.argmax(spectrum)) * scale - BASE_HZ) / STEP_HZ)
        numbers[at] = found if 0 <= found < MAX_WORDS else -1
    return numbers


def _samples(ms: float, rate: int) -> int:
    return round(ms * rate / 1000)
