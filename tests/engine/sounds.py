"""Sounds at 16 kHz for the tests of engines that listen. Speech comes from the real speech worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tests.speech import say
from voice.engines.base import INPUT_RATE, Pcm

TELL_ME = "please tell me what happened"
BROKEN = "the phone is broken and I want a new one"
COUNT = "one two three four five"
"""Sentences that the recognizer with the least to go on understands to the word."""


@cache
def speech(text: str) -> Pcm:
    """The text, spoken slowly, with a quarter of a second of quiet before it and after it."""
    with ThreadPoolExecutor(1) as thread:  # its own, because ``say`` runs an event loop and so may the caller
        said = thread.submit(say, text.lower(), speed=0.9).result()
    return np.concatenate([silence(250), said, silence(250)])


def silence(ms: float) -> Pcm:
    return np.zeros(round(ms * INPUT_RATE / 1000), dtype=np.int16)


def noise(ms: float, level: float = 1000.0) -> Pcm:
    """White noise, the same each time; ``level`` is its root mean square in steps of int16."""
    return _pcm(np.random.default_rng(7).standard_normal(round(ms * INPUT_RATE / 1000)) * level)


def hum(ms: float, level: float = 4000.0) -> Pcm:
    """Mains hum: 50 Hz with overtones."""
    seconds = np.arange(round(ms * INPUT_RATE / 1000)) / INPUT_RATE
    tones = [np.sin(2 * np.pi * 50 * k * seconds) / k**2 for k in range(1, 6)]
    return _pcm(np.sum(tones, axis=0) * level)


def with_noise(sound: Pcm, snr_db: float) -> Pcm:
    """The sound in white noise that is so many dB weaker than its own mean power."""
    power = float(np.mean(sound.astype(np.float64) ** 2))
    level = (power / 10 ** (snr_db / 10)) ** 0.5
    return _pcm(sound + noise(len(sound) * 1000 / INPUT_RATE, level).astype(np.float64))


def pieces(sound: Pcm, samples: int) -> list[Pcm]:
    return [sound[at : at + samples] for at in range(0, len(sound), samples)]


def length_ms(sound: Pcm) -> float:
    return len(sound) * 1000 / INPUT_RATE


def _pcm(values: NDArray[np.float64]) -> Pcm:
    return np.clip(values, -32768, 32767).astype(np.int16)
