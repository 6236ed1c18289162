"""From sound to words with a PocketSphinx decoder: cepstral mean, stretches, and what not to believe.

Synchronous and deterministic: the decoder sees the same blocks of 100 ms however the sound was cut, so the
same sound gives the same words. It is called from one thread at a time.

A decoder is needed for *stretches* only: from the first sound that stands out to the next settle, a second of
quiet, or the first pause after half a minute. The words of earlier stretches are settled and need none, nor
does silence; what a stretch taught of the voice's cepstral mean goes over to the next, whatever its decoder.

What the recognizer makes of a voice depends on the cepstral mean it subtracts. Its own estimate moves only
after eight seconds, so two things are done here: it starts from a mean that suits ordinary speech better than
the model's own, and after 1.4 s of speech it starts over once with the mean of what it heard. Measured on 15
sentences: words wrong with three flite voices 7.6 % before, 5.7 % after; with espeak-ng, which sounds like
nothing that the model was trained on, 69 % and 41 %. Sound that is 20 dB quieter does no worse. Bringing the
level up before decoding was tried: judged by the first half-second it does harm (16 %), and the mean takes care
of it anyway.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from voice.engines.base import INPUT_RATE, Pcm, Word
from voice.engines.sphinx import FRAMES_PER_S, Decoder, Segment

BLOCK = INPUT_RATE // 10
LEAD_BLOCKS = 5
"""So much of what comes before the first sound that stands out is decoded with it; what was before that is not
(it would cost time, and teach the decoder the mean of a silence)."""
FIT_BLOCKS = 14
"""After so many blocks that stand out the cepstral mean is known well enough to start over with..."""
FIT_SHARE = 0.5
"""... if at least this share of all blocks stand out."""
START_MEAN = (46.0, 6.0, 3.0, 12.0, -1.0, *([0.0] * 8))
MEAN_WINDOW_FRAMES = 500.0
"""With this weight the library mixes the mean it was given into its own (``CMN_WIN`` in its source)."""
PRIOR_FRAMES = 100.0
"""With this weight we mix :data:`START_MEAN` into what was measured."""

QUIET_BLOCKS = 10
"""So many blocks in a row in which nothing stands out end a stretch."""
LATEST_END = 1.5
"""Without any pause a stretch ends, in the middle of a word perhaps, at this multiple of its length."""
CROWDED_QUIET_BLOCKS = 3
CROWDED_S = 5.0
"""While others wait for a decoder, a stretch ends at such a pause or after such a time."""

LEVEL_SAMPLES = INPUT_RATE // 20
FLOOR_LEVELS = 6_000
"""The quietest of the last five minutes is the floor."""
FLOOR_PERCENTILE = 5
OVER_FLOOR_DB = 6.0
"""Sound stands out if some 50 ms are louder by this than the quietest there was. A word that does not was made
up out of steady noise."""
QUIETEST_DB = 30.0
"""Level (dB re one step of int16) below which nothing stands out: -60 dB of full scale."""

_ALTERNATIVE = re.compile(r"\(\d+\)$")
_FIRST_PERSON = re.compile(r"^i(?='|$)")


class Recognition:
    """One utterance. Raises :class:`~voice.errors.SttUnavailable` if the decoder fails.

    Without a decoder it works silence off and stops, with :attr:`waits`, at sound that needs one.
    ``stretch_s``: a stretch this long ends at its next pause.
    """

    def __init__(self, stretch_s: float = 30.0) -> None:
        self.waits = False
        """Sound is left over that needs a decoder: :meth:`lend` one."""
        self.decoding = False
        """A stretch is in the decoder: it can't be lent to another."""
        self._stretch_samples = round(stretch_s * INPUT_RATE)
        self._decoder: Decoder | None = None
        self._words: list[Word] = []
        self._mean = START_MEAN
        self._fitted = False
        self._earlier_levels: deque[float] = deque(maxlen=FLOOR_LEVELS)
        self._rest: Pcm = np.zeros(0, dtype=np.int16)
        self._begin_stretch(0)

    def _begin_stretch(self, at_sample: int) -> None:
        self._start = at_sample
        """Where its first block begins; until there is sound, that is the oldest block of the lead."""
        self._samples = 0
        self._lead: deque[Pcm] = deque()
        self._blocks: list[Pcm] = []
        """What was decoded, as long as it may be decoded again."""
        self._loud_blocks = 0
        self._quiet_blocks = 0
        """In a row, at the end."""
        self._levels: list[float] = []

    def lend(self, decoder: Decoder) -> None:
        self._decoder, self.waits = decoder, False

    def give_back(self) -> None:
        """Between stretches only."""
        self._decoder = None

    def add(self, samples: Pcm) -> None:
        """Work off what makes whole blocks; the rest waits."""
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= BLOCK and self._take(self._rest[:BLOCK]):
            self._rest = self._rest[BLOCK:]

    def guess(self) -> tuple[Word, ...]:
        """The words so far."""
        return (*self._words, *self._read()) if self.decoding else tuple(self._words)

    def settled(self) -> tuple[Word, ...]:
        """The words that no more sound can change."""
        return tuple(self._words)

    def settle(self) -> tuple[Word, ...]:
        """The words of everything added (short of what :attr:`waits`). More may be added afterwards."""
        self.add(self._rest[:0])
        if not self.waits and len(self._rest) and self._take(self._rest):
            self._rest = self._rest[:0]
        if not self.waits:
            self._end_stretch()
        return tuple(self._words)

    def make_room(self) -> None:
        """Others wait: end the stretch if it has a pause or is long."""
        if self._quiet_blocks >= CROWDED_QUIET_BLOCKS or self._samples >= CROWDED_S * INPUT_RATE:
            self._end_stretch()

    def abandon(self) -> None:
        """Leave the decoder as a next utterance wants to find it."""
        if self.decoding:
            self.decoding = False
            self._lent().end()

    def _lent(self) -> Decoder:
        assert self._decoder is not None
        return self._decoder

    # -- decoding -------------------------------------------------------------------------------------------

    def _take(self, block: Pcm) -> bool:
        """False if that needs a decoder and there is none; nothing has changed then."""
        levels = [
            _level_db(piece)
            for at in range(0, len(block), LEVEL_SAMPLES)
            if len(piece := block[at : at + LEVEL_SAMPLES]) >= LEVEL_SAMPLES // 2
        ]
        loud = max(levels, default=0.0) >= self._standing_out_db(levels)
        if loud and self._decoder is None:
            self.waits = True
            return False
        self._samples += len(block)
        self._levels.extend(levels)
        if self.decoding:
            self._decode(block, loud)
            self._end_if_due()
        elif loud:
            self._lent().start(self._mean)
            self.decoding = True
            for earlier in self._lead:
                self._decode(earlier, False)
            self._lead.clear()
            self._decode(block, True)
        else:
            self._lead.append(block)
            if len(self._lead) > LEAD_BLOCKS:
                self._pass_over(self._lead.popleft())
        return True

    def _pass_over(self, silence: Pcm) -> None:
        """The stretch begins after this block at the earliest."""
        self._start += len(silence)
        self._samples -= len(silence)
        count = len(silence) // LEVEL_SAMPLES
        self._earlier_levels.extend(self._levels[:count])
        del self._levels[:count]

    def _decode(self, block: Pcm, loud: bool) -> None:
        self._quiet_blocks = 0 if loud else self._quiet_blocks + 1
        self._lent().process(block)
        if not self._fitted:
            self._blocks.append(block)
            self._loud_blocks += loud
            if self._loud_blocks >= FIT_BLOCKS:
                self._fit()

    def _end_if_due(self) -> None:
        pause = self._quiet_blocks > 0 and self._samples >= self._stretch_samples
        latest = self._samples >= LATEST_END * self._stretch_samples
        if self._quiet_blocks >= QUIET_BLOCKS or pause or latest:
            self._end_stretch()

    def _end_stretch(self) -> None:
        if self.decoding:
            self._lent().end()
            self._words.extend(self._read())
            self.decoding = False
            if self._fitted:
                self._mean = self._lent().cepstral_mean()
            elif self._can_fit():
                self._mean = self._measured_mean()
                self._fitted = True
        self._earlier_levels.extend(self._levels)
        self._begin_stretch(self._start + self._samples)

    def _can_fit(self) -> bool:
        return self._loud_blocks >= max(1.0, FIT_SHARE * len(self._blocks))

    def _fit(self) -> None:
        """Start over, once, with the cepstral mean of this voice, if the sound tells enough of it."""
        if self._can_fit():
            decoder = self._lent()
            decoder.end()
            self.decoding = False
            decoder.start(self._measured_mean())
            self.decoding = True
            for block in self._blocks:
                decoder.process(block)
        self._fitted = True
        self._blocks.clear()

    def _measured_mean(self) -> tuple[float, ...]:
        """Take what the library mixed in out of its running mean, and our own, weaker, in."""
        frames = max(1.0, self._samples / INPUT_RATE * FRAMES_PER_S)
        running, start = np.array(self._lent().cepstral_mean()), np.array(START_MEAN)
        total = running * (MEAN_WINDOW_FRAMES + frames) - start * MEAN_WINDOW_FRAMES
        mixed: NDArray[np.float64] = (total + start * PRIOR_FRAMES) / (frames + PRIOR_FRAMES)
        return tuple(mixed.tolist())

    # -- words ----------------------------------------------------------------------------------------------

    def _read(self) -> list[Word]:
        limit_db = self._standing_out_db()
        found = (self._word(segment) for segment in self._lent().segments() if segment.label[0] not in "<[+")
        return [word for word in found if word.end_ms > word.start_ms and self._loudest_db(word) >= limit_db]

    def _word(self, segment: Segment) -> Word:
        text = _FIRST_PERSON.sub("I", _ALTERNATIVE.sub("", segment.label))
        begin_ms, end_ms = _ms(self._start), _ms(self._start + self._samples)
        frame_ms = 1000.0 / FRAMES_PER_S
        first_ms = min(begin_ms + segment.first_frame * frame_ms, end_ms)
        last_ms = min(begin_ms + (segment.last_frame + 1) * frame_ms, end_ms)
        return Word(text, first_ms, last_ms)

    def _loudest_db(self, word: Word) -> float:
        first, last = (int((ms - _ms(self._start)) / _ms(LEVEL_SAMPLES)) for ms in (word.start_ms, word.end_ms))
        return max(self._levels[first : last + 1], default=0.0)

    def _standing_out_db(self, coming: Sequence[float] = ()) -> float:
        """How loud sound must be to stand out from all that was added so far, and from what is ``coming``."""
        levels = [*self._earlier_levels, *self._levels, *coming]
        floor_db = float(np.percentile(levels, FLOOR_PERCENTILE)) if levels else QUIETEST_DB
        return max(QUIETEST_DB, floor_db + OVER_FLOOR_DB)


def _ms(samples: int) -> float:
    return samples * 1000.0 / INPUT_RATE


def _level_db(samples: Pcm) -> float:
    power = float(np.mean(samples.astype(np.float64) ** 2))
    return 10.0 * float(np.log10(power + 1e-3))
