"""Reading and writing WAV files, whatever is in them."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soxr
from scipy.io import wavfile

from voice.engines.base import INPUT_RATE, Pcm

RATES = range(1_000, 768_001)
"""Samples per second that a recording can sensibly have."""
LONGEST_S = 600.0
"""A turn longer than this is a mistaken file."""


class BadRecording(ValueError):
    """The file can't be used. The text is one line that names the file and says why."""


def read_wav(path: Path, rate: int = INPUT_RATE) -> Pcm:
    """The sound of a WAV file of any rate and sample format as 16-bit mono at ``rate``. Several channels are
    averaged. Raises :class:`BadRecording`, also where there is nothing but digital silence."""
    source_rate, samples = _read(path)
    if samples.size == 0:
        raise BadRecording(f"{path}: there is no sound in the file")
    if source_rate not in RATES:
        raise BadRecording(f"{path}: {source_rate} samples a second is no rate for speech (8000 to 48000 is)")
    if len(samples) > LONGEST_S * source_rate:
        raise BadRecording(f"{path}: longer than {LONGEST_S / 60:.0f} minutes, which is no turn")
    mono = _as_float(samples)
    if mono.ndim == 2:
        mono = mono.mean(axis=1)
    if source_rate != rate:
        mono = soxr.resample(mono, source_rate, rate)
    pcm = np.clip(np.round(mono * 32768), -32768, 32767).astype(np.int16)
    if not pcm.any():
        raise BadRecording(f"{path}: there is only silence in the file")
    return pcm


def write_wav(path: Path | BinaryIO, samples: Pcm, rate: int) -> None:
    """Shape [samples] or [samples, channels]. Raises OSError."""
    wavfile.write(path, rate, samples)


def _read(path: Path) -> tuple[int, np.ndarray]:
    """Samples per second and the samples as they are in the file, shape [n] or [n, channels]."""
    try:
        if path.stat().st_size == 0 and path.is_file():
            raise BadRecording(f"{path}: the file is empty")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that are not sound
            rate, samples = wavfile.read(path)
        return int(rate), np.asarray(samples)
    except FileNotFoundError:
        raise BadRecording(f"{path}: there is no such file") from None
    except BadRecording:
        raise
    except OSError as exc:
        raise BadRecording(f"{path}: can't be read ({exc.strerror or type(exc).__name__})") from None
    except (ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error, UnboundLocalError):
        # What scipy makes of bytes that are not what they claim; UnboundLocalError is a file without sound.
        raise BadRecording(f"{path}: not a WAV file (record 16-bit PCM, mono or stereo)") from None


def _as_float(samples: np.ndarray) -> np.ndarray:
    """Samples of any format in -1..1; 24-bit ones come as the upper bytes of 32."""
    if samples.dtype == np.uint8:
        return (samples.astype(np.float32) - 128) / 128
    if np.issubdtype(samples.dtype, np.integer):
        return np.asarray(samples / (np.iinfo(samples.dtype).max + 1.0), np.float32)
    return np.nan_to_num(np.clip(np.asarray(samples, np.float32), -1.0, 1.0))
