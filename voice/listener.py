"""The trainee's side of the flow: sound in, speech events and transcripts out.

Sound is dated by its own clock: ms from the start of the conversation, counted in samples from an anchor that
is set when sound begins to arrive and again after every gap. The last moments before speech are kept (the
pre-roll), so that no first sound is lost to the time it takes to notice speech.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from voice.audio import StreamResampler, pcm_from_bytes
from voice.engines.base import INPUT_RATE, Pcm, SttEngine, Utterance, VadEngine, Word
from voice.errors import RateLimited, SttUnavailable
from voice.segmenter import Segmenter, SegmenterSettings, SpeechEvent

SAMPLES_PER_MS = INPUT_RATE / 1000
GAP_MS = 1_000.0
"""No sound for this long is a gap: the client muted, sleeps, or lost its connection for a moment."""
LATE_MS = 3_000.0
"""A shorter gap may turn out to be none: the sound was only late, and comes all at once."""
CATCHING_UP_MS = 100.0
"""So far ahead of the clock, sound after a gap is recognized as having been late."""
LEAD_LIMIT_MS = 30_000.0
"""Sound may run this far ahead of the clock (a client that sends a file at once); beyond, it is refused."""
PARTIAL_EVERY_S = 0.25
SETTLE_DEADLINE_S = 5.0


@dataclass(frozen=True, slots=True)
class ListenerSettings:
    """Durations in ms; the defaults are explained in docs/settings.md."""

    pre_roll_ms: float = 240.0
    speech_pad_ms: float = 64.0
    segmenter: SegmenterSettings = field(default_factory=SegmenterSettings)


@dataclass(frozen=True, slots=True)
class Said:
    """What was understood, with word times in conversation ms."""

    text: str = ""
    words: tuple[Word, ...] = ()
    settled_in_ms: float = 0.0
    error: SttUnavailable | None = None


@dataclass(slots=True)
class Hearing:
    """One utterance on its way through the recognizer."""

    item_id: str
    started_ms: float
    """When the speech began (without the pre-roll)."""
    utterance: Utterance | None
    fed_from_ms: float
    fed_until_ms: float = 0.0
    error: SttUnavailable | None = None
    announced: bool = False
    stable: list[str] = field(default_factory=list)
    """Words that were told as a delta and can't be taken back."""
    guess: list[str] = field(default_factory=list)
    partials: asyncio.Task[None] | None = None

    async def settle(self, clock: Callable[[], float]) -> Said:
        """The transcript so far. Never raises: a failed recognizer is part of the answer."""
        began = clock()
        if self.utterance is None:
            return Said(error=self.error)
        try:
            async with asyncio.timeout(SETTLE_DEADLINE_S):
                transcript = await self.utterance.settle()
        except SttUnavailable as exc:
            return Said(error=exc, settled_in_ms=clock() - began)
        except TimeoutError:
            return Said(error=SttUnavailable("Transcription took too long."), settled_in_ms=clock() - began)
        words = tuple(
            Word(word.text, self.fed_from_ms + word.start_ms, self.fed_from_ms + word.end_ms)
            for word in transcript.words
        )
        return Said(transcript.text.strip(), words, clock() - began)

    def close(self) -> None:
        if self.partials is not None:
            self.partials.cancel()
        if self.utterance is not None:
            self.utterance.close()


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
        on_speech: Callable[[SpeechEvent], None],
        on_partial: Callable[[Hearing, str], None],
    ) -> None:
        self.hearing: Hearing | None = None
        self.heard_until_ms = 0.0
        """How far the sound has come, in conversation ms."""
        self.manual = False
        """Push-to-talk: the client says when a turn ends."""
        self._stt, self._language, self._hints = stt, language, hints
        self._settings, self._clock = settings, clock
        self._on_speech, self._on_partial = on_speech, on_partial
        self._segmenter = Segmenter(settings.segmenter)
        self._window_ms = vad.window_samples / SAMPLES_PER_MS
        self._vad = vad.open(self._on_window)
        self._window_start_ms = 0.0
        self._resampler = StreamResampler(INPUT_RATE, INPUT_RATE)
        self._recent: deque[tuple[float, Pcm]] = deque()
        self._keep_ms = settings.pre_roll_ms + settings.segmenter.min_speech_ms + 500.0
        self._last_arrival = -GAP_MS
        self._skipped_ms = 0.0

    def set_rate(self, rate: int) -> None:
        """Samples per second of the sound to come. Raises BadAudio."""
        if rate != self._resampler.source_rate:
            self._resampler = StreamResampler(rate, INPUT_RATE)

    def set_manual(self, manual: bool) -> None:
        """Push-to-talk on or off. What the server was hearing of its own accord is let go."""
        if manual != self.manual:
            self.manual = manual
            self._pause()

    # -- sound ----------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """16-bit mono PCM at the rate that was set. Raises BadAudio, RateLimited."""
        samples = self._resampler.feed(pcm_from_bytes(data))
        now = self._clock()
        span_ms = len(samples) / SAMPLES_PER_MS
        if now - self._last_arrival >= GAP_MS and self.heard_until_ms < now:
            self._anchor(now - span_ms)
        self._last_arrival = now
        if self.heard_until_ms + span_ms > now + LEAD_LIMIT_MS:
            raise RateLimited
        if self._skipped_ms and self.heard_until_ms > now + CATCHING_UP_MS:
            self._undo_gap()
        start_ms = self.heard_until_ms
        self.heard_until_ms += span_ms
        if len(samples):
            self._take(start_ms, samples)

    def _take(self, start_ms: float, samples: Pcm) -> None:
        self._recent.append((start_ms, samples))
        while self._recent and self._recent[0][0] < self.heard_until_ms - self._keep_ms:
            self._recent.popleft()
        if self.hearing is not None:
            self._give(self.hearing, start_ms, samples)
        elif self.manual:
            self.open(start_ms)
        if not self.manual:
            self._vad.feed(samples)

    def check_gap(self, now: float) -> None:
        """Call from time to time: sound that has stopped arriving ends the speech that was in it."""
        if now - self._last_arrival >= GAP_MS:
            self._pause()

    def _anchor(self, at_ms: float) -> None:
        """Sound begins, or begins again, at this moment."""
        self._pause()
        self._recent.clear()
        skipped_ms = at_ms - self.heard_until_ms
        self._skipped_ms = skipped_ms if 0 < skipped_ms < LATE_MS else 0.0
        self.heard_until_ms = max(self.heard_until_ms, at_ms)
        self._vad.reset()
        self._window_start_ms = self.heard_until_ms

    def _undo_gap(self) -> None:
        """More sound than there was time for: it was late, not missing. Date it by its own clock again."""
        self.heard_until_ms -= self._skipped_ms
        self._window_start_ms -= self._skipped_ms
        self._recent.clear()
        self._skipped_ms = 0.0

    def _pause(self) -> None:
        paused = self._segmenter.break_off()
        if paused is not None:
            self._on_speech(paused)

    def _on_window(self, probability: float) -> None:
        start_ms = self._window_start_ms
        self._window_start_ms = end_ms = start_ms + self._window_ms
        event = self._segmenter.push(probability, start_ms, end_ms)
        if event is not None and not self.manual:
            self._on_speech(event)

    # -- utterances -----------------------------------------------------------------------------------------

    def open(self, from_ms: float, item_id: str = "") -> Hearing:
        """Transcribe from here on, and from the pre-roll before it. An earlier utterance is dropped."""
        self.drop()
        begin = from_ms - (0.0 if self.manual else self._settings.pre_roll_ms)
        hearing = Hearing(item_id=item_id, started_ms=from_ms, utterance=None, fed_from_ms=begin)
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
            self._give(hearing, start_ms, samples[skip:])
        if hearing.utterance is not None:
            hearing.partials = asyncio.get_running_loop().create_task(self._guess(hearing))
        self.hearing = hearing
        return hearing

    def detach(self) -> Hearing | None:
        """Hand over the utterance; the caller closes it."""
        hearing, self.hearing = self.hearing, None
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
