"""Speech probabilities -> SpeechStarted / SpeechPaused. A decision: no I/O, no clock.

Two thresholds keep a voice that trembles around one of them from flickering: speech begins at ``threshold``
and ends only below ``release``. A start is announced at the end of the first window that is speech (after
``min_speech_ms``), so that an avatar that is being spoken over can fall silent at once; a pause is announced
after ``min_silence_ms`` and dated back to the end of the last window with speech in it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak; ``at_ms`` is the start of the first window with speech."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Nobody speaks any more; ``at_ms`` is the end of the last window with speech."""

    at_ms: float


SpeechEvent = SpeechStarted | SpeechPaused


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """Durations in ms. The defaults are explained in docs/settings.md."""

    threshold: float = 0.5
    release: float = 0.35
    min_speech_ms: float = 32.0
    min_silence_ms: float = 64.0

    def __post_init__(self) -> None:
        if not 0 < self.release <= self.threshold < 1:
            raise ValueError("need 0 < release <= threshold < 1")


class Segmenter:
    """Feed it each window's probability with the window's bounds; it answers with what changed."""

    def __init__(self, settings: SegmenterSettings | None = None) -> None:
        self._settings = settings or SegmenterSettings()
        self.speaking = False
        self._candidate_ms: float | None = None
        self._last_speech_ms = 0.0

    def push(self, probability: float, start_ms: float, end_ms: float) -> SpeechEvent | None:
        """One window. Times in ms on any clock that only goes forward."""
        if self.speaking:
            return self._while_speaking(probability, end_ms)
        return self._while_silent(probability, start_ms, end_ms)

    def break_off(self) -> SpeechPaused | None:
        """The input stopped: whoever was speaking is no longer heard."""
        self._candidate_ms = None
        if not self.speaking:
            return None
        self.speaking = False
        return SpeechPaused(self._last_speech_ms)

    def shift(self, by_ms: float) -> None:
        """The clock of the windows was put right."""
        self._last_speech_ms += by_ms
        if self._candidate_ms is not None:
            self._candidate_ms += by_ms

    def _while_silent(self, probability: float, start_ms: float, end_ms: float) -> SpeechStarted | None:
        if probability < self._settings.threshold:
            self._candidate_ms = None
            return None
        if self._candidate_ms is None:
            self._candidate_ms = start_ms
        if end_ms - self._candidate_ms < self._settings.min_speech_ms:
            return None
        started = SpeechStarted(self._candidate_ms)
        self.speaking = True
        self._candidate_ms = None
        self._last_speech_ms = end_ms
        return started

    def _while_speaking(self, probability: float, end_ms: float) -> SpeechPaused | None:
        if probability >= self._settings.release:
            self._last_speech_ms = end_ms
            return None
        if end_ms - self._last_speech_ms < self._settings.min_silence_ms:
            return None
        self.speaking = False
        return SpeechPaused(self._last_speech_ms)
