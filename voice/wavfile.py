"""Reading and writing WAV files, whatever is in them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import soxr
from scipy.io import wavfile

from voice.engines.base import INPUT_RATE, Pcm


class BadRecording(ValueError):
    """The file can't be used. The text is one line that names the file and says why."""


def read_wav(path: Path, rate: int = INPUT_RATE) -> Pcm:
    """The sound of a WAV file of any rate and sample format as 16-bit mono at ``rate``. Several channels are
    averaged. Raises :class:`BadRecording`."""
    if not path.is_file():
        raise BadRecording(f"{path}: there is no such file")
    if path.stat().st_size == 0:
        raise BadRecording(f"{path}: the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that are not sound
            source_rate, samples = wavfile.read(path)
    except (ValueError, OSError, EOFError) as exc:
        raise BadRecording(f"{path}: not a WAV file (record 16-bit PCM, mono or stereo)") from exc
    if samples.size == 0:
        raise BadRecording(f"{path}: there is no sound in the file")
    mono = _as_float(samples)
    if mono.ndim == 2:
        mono = mono.mean(axis=1)
    if source_rate != rate:
        mono = soxr.resample(mono, source_rate, rate)
    return np.clip(np.round(mono * 32767), -32768, 32767).astype(np.int16)


def write_wav(path: Path, samples: Pcm, rate: int) -> None:
    """Shape [samples] or [samples, channels]."""
    wavfile.write(path, rate, samples)


def _as_float(samples: np.ndarray) -> np.ndarray:
    """Samples of any format in -1..1."""
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if np.issubdtype(samples.dtype, np.integer):
        return samples.astype(np.float32) / (np.iinfo(samples.dtype).max + 1.0)
    return np.nan_to_num(samples.astype(np.float32))
