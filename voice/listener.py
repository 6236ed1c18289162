"""The trainee's side of the flow: sound in, speech events and utterances out.

Sound is dated by its own clock: ms from the start of the conversation, counted in samples from an anchor that
is set when sound begins to arrive and again after every gap. The last moments before speech are kept (the
pre-roll), so that no first sound is lost to the time it takes to notice speech.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from voice.audio import StreamResampler, duration_ms, pcm_from_bytes
from voice.engines.base import INPUT_RATE, Pcm, SttEngine, VadEngine
from voice.errors import RateLimited, SttUnavailable
from voice.hearing import Hearing
from voice.segmenter import Segmenter, SegmenterSettings, SpeechEvent

SAMPLES_PER_MS = INPUT_RATE / 1000
GAP_MS = 1_000.0
"""No sound for this long is a gap: the client muted, sleeps, or lost its connection for a moment."""
MUTED_MS = 2_000.0
"""A gap in the middle of speech ends it only after this long: mostly the network holds the rest back."""
CATCH_UP_MS = 500.0
"""So long after such a gap what was held back has arrived; sound that still trails the clock was missing."""
LATE_MS = 3_000.0
"""A shorter gap may turn out to be none: the sound was only late, and comes all at once."""
CATCHING_UP_MS = 100.0
"""So far ahead of the clock, sound after a gap is recognized as having been late."""
DRIFT_MS = 300.0
"""Sound may lead or trail the clock by this much (jitter of the network); more is put right in the next
silence, so that a client's crystal that runs fast does not date an hour's last words seconds off."""
LEAD_LIMIT_MS = 30_000.0
"""A client may send this much at once (a whole file); beyond, sound faster than real time is refused."""
PARTIAL_EVERY_S = 0.25

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Starts a task of the conversation; what it raises ends the conversation."""


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Durations in ms; the defaults are explained in docs/settings.md."""

    pre_roll_ms: float = 240.0
    """Sound from before the speech that the recognizer is given too."""
    speech_pad_ms: float = 64.0
    """Sound from after the speech that the recognizer is given at least before a turn is settled."""
    segmenter: SegmenterSettings = field(default_factory=SegmenterSettings)


class Listener:
    """``on_speech`` and ``on_partial`` are called on the event loop, from within ``feed`` or a little later."""

    def __init__(
        self,
        *,
        vad: VadEngine,
        stt: SttEngine,
        language: str,
        hints: tuple[str, ...],
        settings: ListenerSettings,
        clock: Callable[[], float],
        spawn: Spawn,
        new_item_id: Callable[[], str],
        on_speech: Callable[[SpeechEvent], None],
        on_partial: Callable[[Hearing, str], None],
        on_shift: Callable[[float], None],
    ) -> None:
        self.hearing: Hearing | None = None
        """The utterance that is open."""
        self.heard_until_ms = 0.0
        """How far the sound has come, in conversation ms."""
        self.manual = False
        """Push-to-talk: the client says when a turn ends."""
        self._stt, self._language, self._hints = stt, language, hints
        self._settings, self._clock = settings, clock
        self._spawn, self._new_item_id = spawn, new_item_id
        self._on_speech, self._on_partial, self._on_shift = on_speech, on_partial, on_shift
        self._segmenter = Segmenter(settings.segmenter)
        self._window_ms = vad.window_samples / SAMPLES_PER_MS
        self._vad = vad.open(self._on_window)
        self._window_start_ms = 0.0
        self._resampler = StreamResampler(INPUT_RATE, INPUT_RATE)
        self._recent: deque[tuple[float, Pcm]] = deque()
        self._keep_ms = settings.pre_roll_ms + settings.segmenter.min_speech_ms + 500.0
        self._last_arrival = -GAP_MS
        self._skipped_ms = 0.0
        self._anchored_ms = 0.0
        self._stalled_at: float | None = None
        """When sound came again after a gap in the middle of speech, until it is known whether it was late."""
        self._credit_ms, self._credit_at = LEAD_LIMIT_MS, clock()

    def set_rate(self, rate: int) -> None:
        """Samples per second of the sound to come. Raises BadAudio."""
        if rate != self._resampler.source_rate:
            self._resampler = StreamResampler(rate, INPUT_RATE)

    def set_manual(self, manual: bool) -> None:
        """Push-to-talk on or off. Speech under way counts as paused; sound not committed is forgotten."""
        if manual == self.manual:
            return
        if manual:
            self._pause()
        else:
            self.drop()
        self.manual = manual
        self._begin_windows()

    def time(self, now: float) -> float:
        """The clock, or the sound's own time where a client sends faster than it speaks."""
        return max(now, self.heard_until_ms + max(0.0, now - self._last_arrival))

    # -- sound ----------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """16-bit mono PCM at the rate that was set. Raises BadAudio, RateLimited."""
        pcm = pcm_from_bytes(data)
        now = self._clock()
        arrived_ms = duration_ms(len(data), self._resampler.source_rate)
        self._pay(arrived_ms, now)
        samples = self._resampler.feed(pcm)
        span_ms = len(samples) / SAMPLES_PER_MS
        if now - self._last_arrival >= GAP_MS and self.heard_until_ms < now:
            if self._segmenter.speaking:
                self._stalled_at = now
            else:
                # By what has arrived, not by what the resampler lets out: it holds the first samples back.
                self._anchor(now - arrived_ms)
        elif self._stalled_at is not None and now - self._stalled_at >= CATCH_UP_MS:
            if self.heard_until_ms + span_ms < now - DRIFT_MS:
                self._anchor(now - arrived_ms)
            self._stalled_at = None
        elif self._skipped_ms and self.heard_until_ms > now + CATCHING_UP_MS:
            self._shift(-self._skipped_ms)  # more sound than there was time for: it was late, not missing
        elif abs(self.heard_until_ms + span_ms - now) > DRIFT_MS and self._is_idle:
            self._shift(now - span_ms - self.heard_until_ms)
        self._last_arrival = now
        start_ms = self.heard_until_ms
        self.heard_until_ms += span_ms
        if len(samples):
            self._take(start_ms, samples)

    def _pay(self, span_ms: float, now: float) -> None:
        """Sound costs its length; the clock earns it. Whoever is too far ahead is refused."""
        credit = min(LEAD_LIMIT_MS, self._credit_ms + now - self._credit_at)
        if span_ms > credit:
            raise RateLimited
        self._credit_ms, self._credit_at = credit - span_ms, now

    def _take(self, start_ms: float, samples: Pcm) -> None:
        self._recent.append((start_ms, samples))
        while self._recent[0][0] < self.heard_until_ms - self._keep_ms and len(self._recent) > 1:
            self._recent.popleft()
        if self.hearing is not None:
            self._give(self.hearing, start_ms, samples)
        elif self.manual:
            self.open(start_ms)
        if not self.manual:
            self._vad.feed(samples)

    def check_gap(self, now: float) -> None:
        """Call from time to time: sound that has stopped arriving ends the speech that was in it."""
        if now - self._last_arrival >= MUTED_MS:
            self._pause()

    def _anchor(self, at_ms: float) -> None:
        """Sound begins, or begins again, at this moment."""
        self._stalled_at = None
        self._pause()
        self._recent.clear()
        skipped_ms = at_ms - self.heard_until_ms
        self._skipped_ms = skipped_ms if 0 < skipped_ms < LATE_MS else 0.0
        self.heard_until_ms = self._anchored_ms = max(self.heard_until_ms, at_ms)
        self._begin_windows()

    def _begin_windows(self) -> None:
        self._segmenter.break_off()
        self._vad.reset()
        self._window_start_ms = self.heard_until_ms

    @property
    def _is_idle(self) -> bool:
        """Nothing that is being heard is dated by the sound's clock."""
        return not self._segmenter.speaking and self.hearing is None

    def _shift(self, by_ms: float) -> None:
        """Put the sound's clock right, and with it what has been dated by it since it was last set."""
        self._segmenter.shift(by_ms)
        if self.hearing is not None and self.hearing.started_ms >= self._anchored_ms:
            self.hearing.shift(by_ms)
            self._on_shift(by_ms)
        self.heard_until_ms += by_ms
        self._window_start_ms += by_ms
        self._recent = deque((start_ms + by_ms, samples) for start_ms, samples in self._recent)
        self._skipped_ms = 0.0

    def _pause(self) -> None:
        paused = self._segmenter.break_off()
        if paused is not None:
            self._on_speech(paused)

    def _on_window(self, probability: float) -> None:
        start_ms = self._window_start_ms
        self._window_start_ms = end_ms = start_ms + self._window_ms
        event = self._segmenter.push(probability, start_ms, end_ms)
        if event is not None:
            self._on_speech(event)

    # -- utterances -----------------------------------------------------------------------------------------

    def open(self, from_ms: float) -> Hearing:
        """Transcribe from here on, and from the pre-roll before it. An earlier utterance is dropped."""
        self.drop()
        begin = from_ms - (0.0 if self.manual else self._settings.pre_roll_ms)
        hearing = Hearing(
            self._new_item_id(),
            from_ms,
            None,
            fed_from_ms=begin,
            fed_until_ms=from_ms,
            detected=not self.manual,
        )
        try:
            hearing.utterance = self._stt.open(language=self._language, hints=self._hints)
        except SttUnavailable as exc:
            hearing.error = exc
        first = True
        for start_ms, samples in self._recent:
            skip = max(0, round((begin - start_ms) * SAMPLES_PER_MS))
            if skip >= len(samples):
                continue
            if first:
                hearing.fed_from_ms = start_ms + skip / SAMPLES_PER_MS
                first = False
            self._give(hearing, start_ms + skip / SAMPLES_PER_MS, samples[skip:])
        if hearing.utterance is not None:
            hearing.partials = self._spawn(self._guess(hearing))
        self.hearing = hearing
        return hearing

    def detach(self) -> Hearing | None:
        """Hand over the utterance: it is given no more sound. The caller closes it."""
        hearing, self.hearing = self.hearing, None
        if hearing is not None:
            hearing.stop_guessing()
        return hearing

    def drop(self) -> None:
        hearing = self.detach()
        if hearing is not None:
            hearing.close()

    def close(self) -> None:
        self.drop()
        self._vad.close()

    def _give(self, hearing: Hearing, start_ms: float, samples: Pcm) -> None:
        hearing.fed_until_ms = start_ms + len(samples) / SAMPLES_PER_MS
        if hearing.utterance is not None:
            hearing.utterance.feed(samples)

    async def _guess(self, hearing: Hearing) -> None:
        """Tell what is being said while it is said. A recognizer that fails here says so at the settle."""
        assert hearing.utterance is not None
        last = ""
        while True:
            await asyncio.sleep(PARTIAL_EVERY_S)
            try:
                text = (await hearing.utterance.partial()).strip()
            except SttUnavailable:
                return
            if text != last:
                last = text
                self._on_partial(hearing, text)
