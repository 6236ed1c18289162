"""What happens to an engine's sound on its way out: silence off the front, words timed, in order.

Pure. The sound of a word is held back until the word's end is known (the engine's next mark), so that word
timings always go out before or with their sound. At espeak-ng's speed a word is held for about 0.5 ms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tts_worker.aligner import Aligner, Mark, TimedWord
from tts_worker.segments import Segment

SAMPLE_BYTES = 2
AUDIBLE = 100
"""Samples beyond this (-50 dB of full scale) count as sound."""
LEAD_MS = 20.0
"""Silence that stays before the first sound: the soft beginning of an "f" or "h" must not be cut."""
MIN_TRIM_MS = 10.0
"""Less than this on top of LEAD_MS isn't worth trimming."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound (16-bit little-endian mono PCM) and the words completed with it, in ms of the utterance."""

    pcm: bytes = b""
    words: tuple[TimedWord, ...] = ()


class Shaper:
    """Shapes one segment. ``start_ms`` is where the segment begins in the utterance, ``pause_ms`` the silence
    to put before it. If nothing in it can be heard, no sound comes out at all, not even the pause."""

    def __init__(self, segment: Segment, rate: int, start_ms: float, pause_ms: float = 0.0) -> None:
        self._rate = rate
        self._pause = bytes(round(pause_ms * rate / 1000) * SAMPLE_BYTES)
        self._pause_ms = self._ms(len(self._pause))
        self._start_ms = start_ms
        self._aligner = Aligner(segment.text, start_ms)
        self._held = bytearray()
        self._trimmed_ms = 0.0
        self._sounding = False
        self._marks: list[Mark] = []
        self._out_bytes = 0
        self._sound_end = 0

    @property
    def duration_ms(self) -> float:
        """How much sound has come out, the pause included."""
        return self._ms(self._out_bytes)

    def feed(self, pcm: bytes, marks: Sequence[Mark] = ()) -> list[Piece]:
        """Take what the engine made: ``marks`` count from the segment's first sample as the engine made it.
        Returns what can go out."""
        self._held += pcm
        self._marks.extend(marks)
        if not self._sounding and not self._begin():
            return []
        words: list[TimedWord] = []
        known_ms = 0.0
        for mark in self._marks:
            known_ms = self._time(mark.at_ms)
            words += self._aligner.mark(replace(mark, at_ms=known_ms))
        self._marks.clear()
        return self._release(words, known_ms) if words else []

    def finish(self) -> list[Piece]:
        """The engine is done: the rest."""
        if not self._sounding:
            self._held.clear()
            return self._release(self._aligner.finish(self._start_ms), self._start_ms)
        audible = np.flatnonzero(_loud(self._held))
        if len(audible):
            self._sound_end = self._out_bytes + (int(audible[-1]) + 1) * SAMPLE_BYTES
        words = self._aligner.finish(self._start_ms + self._ms(self._sound_end))
        return self._release(words, self._start_ms + self._ms(self._out_bytes + len(self._held)))

    def _begin(self) -> bool:
        """Look for the first sound; cut the silence before it and put the pause there."""
        audible = np.flatnonzero(_loud(self._held))
        if not len(audible):
            return False
        silence_ms = int(audible[0]) * 1000 / self._rate
        if silence_ms > LEAD_MS + MIN_TRIM_MS:
            cut = int((silence_ms - LEAD_MS) * self._rate / 1000) * SAMPLE_BYTES
            del self._held[:cut]
            self._trimmed_ms = self._ms(cut)
        self._held[:0] = self._pause
        self._sounding = True
        return True

    def _time(self, engine_ms: float) -> float:
        """A time of the engine's as one of the utterance."""
        return self._start_ms + self._pause_ms + max(0.0, engine_ms - self._trimmed_ms)

    def _release(self, words: list[TimedWord], until_ms: float) -> list[Piece]:
        """Let the words out with the sound up to ``until_ms``."""
        size = round((until_ms - self._start_ms) * self._rate / 1000) * SAMPLE_BYTES - self._out_bytes
        pcm = bytes(self._held[: max(0, size)])
        del self._held[: len(pcm)]
        audible = np.flatnonzero(_loud(pcm))
        if len(audible):
            self._sound_end = self._out_bytes + (int(audible[-1]) + 1) * SAMPLE_BYTES
        self._out_bytes += len(pcm)
        return [Piece(pcm, tuple(words))] if pcm or words else []

    def _ms(self, size: int) -> float:
        return size / SAMPLE_BYTES * 1000 / self._rate


def _loud(pcm: bytes | bytearray) -> NDArray[np.bool_]:
    samples = np.frombuffer(bytes(pcm), dtype="<i2")
    return (samples > AUDIBLE) | (samples < -AUDIBLE)
