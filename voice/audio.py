"""Sound as numbers: reading and writing PCM, and changing its rate while it streams."""

from __future__ import annotations

import numpy as np
import soxr

from voice.engines.base import Pcm
from voice.errors import BadAudio

SAMPLE_BYTES = 2
MIN_RATE = 8_000
MAX_RATE = 96_000


def pcm_from_bytes(data: bytes) -> Pcm:
    """Little-endian 16-bit mono PCM as samples (no copy). Raises :class:`BadAudio` on an odd byte count."""
    if len(data) % SAMPLE_BYTES:
        raise BadAudio("The audio frame has an odd number of bytes.")
    return np.frombuffer(data, dtype="<i2")


def duration_ms(byte_count: int, rate: int) -> float:
    """How long this many bytes of 16-bit mono PCM sound."""
    return byte_count / SAMPLE_BYTES / rate * 1000.0


def byte_offset(ms: float, rate: int) -> int:
    """The byte at which this time lies, on a sample's boundary."""
    return int(ms * rate / 1000.0) * SAMPLE_BYTES


class StreamResampler:
    """Changes the rate of a stream chunk by chunk, without a seam between chunks.

    Raises :class:`BadAudio` for a rate outside ``MIN_RATE``..``MAX_RATE``.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        for rate in (source_rate, target_rate):
            if not MIN_RATE <= rate <= MAX_RATE:
                raise BadAudio(
                    f"A sample rate of {rate} Hz is not supported.",
                    hint=f"Use a rate from {MIN_RATE} to {MAX_RATE} Hz.",
                )
        self.source_rate = source_rate
        self.target_rate = target_rate
        self._stream = (
            None
            if source_rate == target_rate
            else soxr.ResampleStream(source_rate, target_rate, 1, dtype="int16", quality="LQ")
        )

    def feed(self, samples: Pcm, *, last: bool = False) -> Pcm:
        """The samples that are ready; with ``last`` also what the filter still held back."""
        if self._stream is None:
            return samples
        return np.asarray(self._stream.resample_chunk(samples, last=last), dtype=np.int16)
