"""Sounds at 16 kHz for the tests of engines that listen.

The three sentences are recordings of the speech worker (``python -m tests.engine.sounds`` makes
them again): espeak-ng speaks a little differently each time, and a recognizer at its limit hears that. Other
speech comes from the worker as it is needed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.speech import say
from voice.engines.base import INPUT_RATE, Pcm
from voice.wavfile import read_wav, write_wav

TELL_ME = "please tell me what happened"
BROKEN = "the phone is broken and I want a new one"
COUNT = "one two three four five"
"""Sentences that the recognizer with the least to go on understands to the word."""


RECORDINGS = Path(__file__).parent / "recordings"


@cache
def speech(text: str) -> Pcm:
    """The text, spoken slowly, with a quarter of a second of quiet before it and after it."""
    recording = RECORDINGS / f"{text.lower().replace(' ', '_')}.wav"
    if recording.exists():
        return read_wav(recording)
    return _spoken(text)


def _spoken(text: str) -> Pcm:
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


if __name__ == "__main__":
    RECORDINGS.mkdir(exist_ok=True)
    for sentence in (TELL_ME, BROKEN, COUNT):
        name = sentence.lower().replace(" ", "_")
        write_wav(RECORDINGS / f"{name}.wav", _spoken(sentence), INPUT_RATE)
