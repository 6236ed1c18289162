"""From sound to words with a PocketSphinx decoder: cepstral mean, stretches, and what not to believe.

Synchronous and deterministic: the decoder sees the same blocks of 100 ms however the sound was cut, so the
same sound gives the same words. It is called from one thread at a time.

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

LEVEL_SAMPLES = INPUT_RATE // 20
FLOOR_PERCENTILE = 5
OVER_FLOOR_DB = 6.0
"""Sound stands out if some 50 ms are louder by this than the quietest there was. A word that does not was made
up out of steady noise."""
QUIETEST_DB = 30.0
"""Level (dB re one step of int16) below which nothing stands out: -60 dB of full scale."""

_ALTERNATIVE = re.compile(r"\(\d+\)$")
_FIRST_PERSON = re.compile(r"^i(?='|$)")


class Recognition:
    """One utterance in a decoder. Raises :class:`~voice.errors.SttUnavailable` if the decoder fails."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._words: list[Word] = []
        self._mean: tuple[float, ...] | None = START_MEAN
        self._fitted = False
        self._earlier_levels: list[float] = []
        self._begin_stretch(0)

    def _begin_stretch(self, at_sample: int) -> None:
        self._start = at_sample
        self._samples = 0
        self._rest: Pcm = np.zeros(0, dtype=np.int16)
        self._lead: deque[Pcm] = deque(maxlen=LEAD_BLOCKS)
        self._skipped = 0
        """Samples before the first that was decoded."""
        self._blocks: list[Pcm] = []
        """What was decoded, as long as it may be decoded again."""
        self._loud_blocks = 0
        self._decoding = False
        self._levels: list[float] = []

    def add(self, samples: Pcm) -> None:
        """Decode what makes whole blocks; the rest waits."""
        sound = np.concatenate([self._rest, samples])
        whole = len(sound) // BLOCK * BLOCK
        for at in range(0, whole, BLOCK):
            self._take(sound[at : at + BLOCK])
        self._rest = sound[whole:].copy()

    def guess(self) -> tuple[Word, ...]:
        """The words so far."""
        return (*self._words, *self._read()) if self._decoding else tuple(self._words)

    def settle(self) -> tuple[Word, ...]:
        """The words of everything added. More may be added afterwards."""
        if len(self._rest):
            self._take(self._rest)
        if self._decoding:
            self._decoder.end()
            self._words.extend(self._read())
            if not self._fitted and self._can_fit():
                self._mean = self._measured_mean()
                self._fitted = True
            elif self._fitted:
                self._mean = None
        self._earlier_levels.extend(self._levels)
        self._begin_stretch(self._start + self._samples)
        return tuple(self._words)

    def abandon(self) -> None:
        """Leave the decoder as a next utterance wants to find it."""
        if self._decoding:
            self._decoding = False
            self._decoder.end()

    # -- decoding -------------------------------------------------------------------------------------------

    def _take(self, block: Pcm) -> None:
        self._samples += len(block)
        levels = [
            _level_db(piece)
            for at in range(0, len(block), LEVEL_SAMPLES)
            if len(piece := block[at : at + LEVEL_SAMPLES]) >= LEVEL_SAMPLES // 2
        ]
        self._levels.extend(levels)
        loud = max(levels, default=0.0) >= self._standing_out_db()
        if self._decoding:
            self._decode(block, loud)
        elif loud:
            self._decoder.start(self._mean)
            self._decoding = True
            self._skipped = self._samples - len(block) - sum(map(len, self._lead))
            for earlier in self._lead:
                self._decode(earlier, False)
            self._lead.clear()
            self._decode(block, True)
        else:
            self._lead.append(block)

    def _decode(self, block: Pcm, loud: bool) -> None:
        self._decoder.process(block)
        if not self._fitted:
            self._blocks.append(block)
            self._loud_blocks += loud
            if self._loud_blocks >= FIT_BLOCKS:
                self._fit()

    def _can_fit(self) -> bool:
        return self._loud_blocks >= max(1.0, FIT_SHARE * len(self._blocks))

    def _fit(self) -> None:
        """Start over, once, with the cepstral mean of this voice, if the sound tells enough of it."""
        if self._can_fit():
            self._decoder.end()
            self._decoding = False
            self._decoder.start(self._measured_mean())
            self._decoding = True
            for block in self._blocks:
                self._decoder.process(block)
        self._fitted = True
        self._blocks.clear()

    def _measured_mean(self) -> tuple[float, ...]:
        """Take what the library mixed in out of its running mean, and our own, weaker, in."""
        decoded = self._samples - self._skipped
        frames = max(1.0, decoded / INPUT_RATE * FRAMES_PER_S)
        running, start = np.array(self._decoder.cepstral_mean()), np.array(START_MEAN)
        total = running * (MEAN_WINDOW_FRAMES + frames) - start * MEAN_WINDOW_FRAMES
        mixed: NDArray[np.float64] = (total + start * PRIOR_FRAMES) / (frames + PRIOR_FRAMES)
        return tuple(mixed.tolist())

    # -- words ----------------------------------------------------------------------------------------------

    def _read(self) -> list[Word]:
        limit_db = self._standing_out_db()
        found = (self._word(segment) for segment in self._decoder.segments() if segment.label[0] not in "<[+")
        return [word for word in found if word.end_ms > word.start_ms and self._loudest_db(word) >= limit_db]

    def _word(self, segment: Segment) -> Word:
        text = _FIRST_PERSON.sub("I", _ALTERNATIVE.sub("", segment.label))
        begin_ms, end_ms = (_ms(self._start + samples) for samples in (self._skipped, self._samples))
        frame_ms = 1000.0 / FRAMES_PER_S
        first_ms = min(begin_ms + segment.first_frame * frame_ms, end_ms)
        last_ms = min(begin_ms + (segment.last_frame + 1) * frame_ms, end_ms)
        return Word(text, first_ms, last_ms)

    def _loudest_db(self, word: Word) -> float:
        first, last = (int((ms - _ms(self._start)) / _ms(LEVEL_SAMPLES)) for ms in (word.start_ms, word.end_ms))
        return max(self._levels[first : last + 1], default=0.0)

    def _standing_out_db(self) -> float:
        """How loud sound must be to stand out from all that was added so far."""
        levels = [*self._earlier_levels, *self._levels]
        floor_db = float(np.percentile(levels, FLOOR_PERCENTILE)) if levels else QUIETEST_DB
        return max(QUIETEST_DB, floor_db + OVER_FLOOR_DB)


def _ms(samples: int) -> float:
    return samples * 1000.0 / INPUT_RATE


def _level_db(samples: Pcm) -> float:
    power = float(np.mean(samples.astype(np.float64) ** 2))
    return 10.0 * float(np.log10(power + 1e-3))
