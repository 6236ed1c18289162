"""Speech for tests, from the real speech worker: ``say("Hello there.", "hello.wav")``."""

from __future__ import annotations

import asyncio
import atexit
import wave
from contextlib import ExitStack, aclosing
from functools import cache
from pathlib import Path

import numpy as np
import soxr

from tests.engine.speech_worker import speech_worker
from voice.engines.base import INPUT_RATE, Pcm, Voice, Word
from voice.engines.tts_wyoming import WyomingTts


def say(
    text: str,
    path: str | Path | None = None,
    *,
    rate: int = INPUT_RATE,
    voice: str = "en-us",
    language: str = "en",
    speed: float = 1.0,
) -> Pcm:
    """The text as speech: int16 samples, mono. Also written as a WAV file if a path is given."""
    return say_timed(text, path, rate=rate, voice=voice, language=language, speed=speed)[0]


def say_timed(
    text: str,
    path: str | Path | None = None,
    *,
    rate: int = INPUT_RATE,
    voice: str = "en-us",
    language: str = "en",
    speed: float = 1.0,
) -> tuple[Pcm, tuple[Word, ...]]:
    """As :func:`say`, with the words and when they are said (ms)."""
    pcm, source_rate, words = asyncio.run(_speak(text, Voice(voice, language, speed)))
    samples = np.asarray(soxr.resample(pcm, source_rate, rate), np.int16) if rate != source_rate else pcm
    if path is not None:
        write_wav(path, samples, rate)
    return samples, words


def write_wav(path: str | Path, samples: Pcm, rate: int) -> None:
    """Mono, or stereo from an array of shape (n, 2)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples, "<i2").tobytes())


async def _speak(text: str, voice: Voice) -> tuple[Pcm, int, tuple[Word, ...]]:
    reply = WyomingTts(_worker()).open(voice)
    pcm = bytearray()
    words: list[Word] = []
    try:
        async with aclosing(reply.speak(text)) as pieces:
            async for piece in pieces:
                pcm += piece.pcm
                words += piece.words
        return np.frombuffer(bytes(pcm), "<i2"), reply.sample_rate, tuple(words)
    finally:
        await reply.aclose()


@cache
def _worker() -> str:
    """One worker for the whole test run, ended with it."""
    stack = ExitStack()
    address = stack.enter_context(speech_worker())
    atexit.register(stack.close)  # after that: what is registered last runs first, and tempfile registers too
    return address
