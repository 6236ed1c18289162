"""What the trainee says in a benchmark: a WAV file of any kind, or a sentence that is made here.

Sound is 16-bit mono PCM at the rate that the benchmark sends. Where a clip ends is measured on its energy,
because that is what a listener would say: response gaps are counted from there.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from voice.engines.base import Pcm
from voice.wavfile import BadRecording, read_wav

SENTENCE = "My new phone broke after two days and I want my money back."
"""Complete, and without a pause that is longer than the shortest window worth measuring."""
LOUD_WINDOW_MS = 10.0
LOUD_BELOW_PEAK_DB = 35.0
"""Sound counts as loud down to this much below the loudest 10 ms of the clip."""
SILENT = 1e-7
"""A clip is silent if its loudest 10 ms are below this mean square (-70 dB)."""
LONGEST_S = 60.0
FULL_SCALE = 32768.0
WORKER_PYTHON = Path("tts_worker/.venv/bin/python")
_SPEAK = """
import sys
from tts_worker.base import VoiceWish
from tts_worker.engines import load
engine = load("espeak")
pieces = []
engine.synthesize(sys.argv[1], VoiceWish(language="en"), lambda pcm, marks: pieces.append(pcm) or True)
sys.stdout.buffer.write(engine.sample_rate.to_bytes(4, "little") + b"".join(pieces))
"""

Signal = NDArray[np.float64]


class BadClip(ValueError):
    """The file is no clip; the text is one line for the person who named it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """``loud_until_ms`` is the end of its last loud sample."""

    samples: Pcm
    rate: int
    loud_until_ms: float
    origin: str = ""

    @property
    def ms(self) -> float:
        return len(self.samples) / self.rate * 1000.0

    def frames(self, frame_ms: int) -> list[bytes]:
        """Cut as a client sends it; the last frame is filled up with silence."""
        size = self.rate * frame_ms // 1000
        padded = np.pad(self.samples, (0, -len(self.samples) % size)).astype("<i2")
        return [padded[at : at + size].tobytes() for at in range(0, len(padded), size)]


def read_clip(path: Path, rate: int) -> Clip:
    """A WAV file as ``manage.py talk`` takes it. Raises :class:`BadClip`."""
    try:
        samples = read_wav(path, rate)
    except BadRecording as exc:
        raise BadClip(str(exc)) from None
    if len(samples) > LONGEST_S * rate:
        raise BadClip(f"{path}: longer than {LONGEST_S:.0f} s, which is no turn of a conversation")
    return Clip(samples, rate, loud_until_ms(samples, rate, origin=str(path)), path.name)


def clip_of(signal: Signal, source_rate: int, rate: int, *, origin: str) -> Clip:
    """Raises :class:`BadClip` if it is silent."""
    sound = soxr.resample(signal, source_rate, rate) if source_rate != rate else signal
    samples = (np.clip(sound, -1.0, 1.0) * (FULL_SCALE - 1)).astype(np.int16)
    return Clip(samples, rate, loud_until_ms(samples, rate, origin=origin), origin)


def resampled(clip: Clip, rate: int) -> Clip:
    return clip_of(clip.samples / FULL_SCALE, clip.rate, rate, origin=clip.origin)


def loud_until_ms(samples: Pcm, rate: int, *, origin: str = "clip") -> float:
    """Where the clip's last loud sample ends: the last one from which on the mean square over 10 ms is still
    within 35 dB of the clip's loudest 10 ms. Raises :class:`BadClip` if nothing is loud at all."""
    window = max(1, round(rate * LOUD_WINDOW_MS / 1000))
    energy = np.concatenate([[0.0], np.cumsum((samples / FULL_SCALE) ** 2), np.zeros(window)])
    energy[len(samples) + 1 :] = energy[len(samples)]
    power = (energy[window:] - energy[:-window])[: len(samples)] / window
    peak = float(power.max(initial=0.0))
    if peak < SILENT:
        raise BadClip(f"{origin}: there is only silence in it")
    last = int(np.flatnonzero(power >= peak * 10 ** (-LOUD_BELOW_PEAK_DB / 10))[-1])
    return (last + 1) / rate * 1000.0


def make_clip(rate: int) -> Clip:
    """:data:`SENTENCE` from the speech worker's espeak-ng; without its environment a signal like a voice."""
    spoken = _speak(SENTENCE)
    if spoken is not None:
        return clip_of(*spoken, rate, origin="espeak-ng")
    return clip_of(like_a_voice(2.8, 16_000), 16_000, rate, origin="synthetic vowels")


def _speak(text: str) -> tuple[Signal, int] | None:
    """In the worker's own environment, as its libraries are not those of this one."""
    if not WORKER_PYTHON.is_file() or sys.platform == "win32":
        return None
    command = [str(WORKER_PYTHON), "-c", _SPEAK, text]
    try:
        done = subprocess.run(command, capture_output=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    pcm = np.frombuffer(done.stdout[4 : len(done.stdout) // 2 * 2], "<i2")
    if not len(pcm):
        return None
    return pcm / FULL_SCALE, int.from_bytes(done.stdout[:4], "little")


# First three formants in Hz: a, i, o, e, u (G. E. Peterson and H. L. Barney, "Control methods used in a study
# of the vowels", J. Acoust. Soc. Am. 24, 1952: the table of averages, men).
_VOWELS = ((730, 1090, 2440), (270, 2290, 3010), (570, 840, 2410), (530, 1840, 2480), (300, 870, 2240))
_BANDWIDTHS = (80.0, 100.0, 140.0)
_SYLLABLE_S = 0.2


def like_a_voice(seconds: float, rate: int) -> Signal:
    """Vowels in syllables on a pitch that moves as in speech: no words, but speech detectors take it for
    speech. The same sound every time."""
    from scipy.signal import lfilter

    count = int(seconds * rate)
    times = np.arange(count) / rate
    pitch = 120.0 + 18.0 * np.sin(2 * np.pi * 0.7 * times) + 4.0 * np.sin(2 * np.pi * 5.5 * times) - 6.0 * times
    phase = np.cumsum(pitch / rate)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    breath = np.random.default_rng(1952).normal(0.0, 0.01, count)
    source: Signal = lfilter([1.0], [1.0, -0.95], pulses + breath)
    voice: Signal = np.zeros(count)
    size = int(_SYLLABLE_S * rate)
    for index, start in enumerate(range(0, count, size)):
        piece = source[max(0, start - size // 4) : start + size]
        shaped = _vowel(piece, _VOWELS[index * 2 % 5], rate)[-len(source[start : start + size]) :]
        voice[start : start + size] = shaped * np.hanning(len(shaped) + 2)[1:-1] ** 0.4
    return voice * (0.5 / float(np.abs(voice).max()))


def _vowel(source: Signal, formants: tuple[int, ...], rate: int) -> Signal:
    """A cascade of two-pole resonators."""
    from scipy.signal import lfilter  # takes a second to import, and is rarely needed

    for frequency, bandwidth in zip(formants, _BANDWIDTHS, strict=True):
        radius = np.exp(-np.pi * bandwidth / rate)
        poles = [1.0, -2 * radius * np.cos(2 * np.pi * frequency / rate), radius**2]
        source = np.asarray(lfilter([sum(poles)], poles, source), dtype=np.float64)
    return source
