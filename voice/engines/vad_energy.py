"""A speech detector without a model, for machines on which ONNX can't run.

The level of a window (in dB, of the band in which voices are strong) is compared with the noise floor. The
floor is the quietest window of the last seconds, as in minimum statistics (R. Martin, IEEE Transactions on
Speech and Audio Processing 9, 2001), and jumps up to a level that has not moved for a third of a second: noise
is that steady, speech is not. It works in the call of ``feed`` and gives the same probabilities for the same
sound whatever the chunks.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable

import numpy as np

from voice.engines.base import INPUT_RATE, Pcm, VadEngine, VadStream
from voice.errors import BadAudio, EngineError

WINDOW = 512
BAND_HZ = (350.0, 3_800.0)
"""Voices are strong here, and the first overtones of mains hum lie below."""
QUIETEST_DB = -72.0
"""Below this (dB of full scale in that band) nothing counts as speech: a muted microphone."""
FLOOR_WINDOWS = round(3.0 * INPUT_RATE / WINDOW)
STEADY_WINDOWS = round(0.32 * INPUT_RATE / WINDOW)
STEADY_SPREAD_DB = 4.0
SLOPE_DB = 1.5
"""How many dB the probability takes from 0.5 to 0.73."""
RELEASE = 0.6
"""Share of the last probability that stays in the next window: bridges the closures inside words."""


class EnergyVad(VadEngine):
    name = "energy"
    embedded = True
    window_samples = WINDOW

    def __init__(self, *, margin_db: float = 8.0) -> None:
        """``margin_db``: how far over the noise floor a sound is as likely speech as not."""
        if not 3.0 <= margin_db <= 30.0:
            raise ValueError("margin_db must lie between 3 and 30")
        self._margin_db = margin_db
        self._closed = False

    async def aclose(self) -> None:
        self._closed = True

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        if self._closed:
            raise EngineError("The speech detector has been shut down.")
        return _EnergyStream(on_window, self._margin_db)


class _EnergyStream(VadStream):
    def __init__(self, on_window: Callable[[float], None], margin_db: float) -> None:
        self._on_window = on_window
        self._margin_db = margin_db
        self._closed = False
        self._epoch = 0
        self._forget()

    def _forget(self) -> None:
        self._rest: Pcm = np.zeros(0, dtype=np.int16)
        self._levels: deque[float] = deque(maxlen=FLOOR_WINDOWS)
        self._probability = 0.0

    def feed(self, samples: Pcm) -> None:
        """Raises :class:`BadAudio` for anything but a row of int16."""
        if self._closed:
            return
        if samples.ndim != 1 or samples.dtype != np.int16:
            raise BadAudio
        sound = np.concatenate([self._rest, samples])
        count = len(sound) // WINDOW
        self._rest = sound[count * WINDOW :].copy()
        epoch = self._epoch
        for index in range(count):
            window = sound[index * WINDOW : (index + 1) * WINDOW]
            self._tell(self._push(window))
            if self._epoch != epoch:  # the callback reset or closed this stream
                return

    def _tell(self, probability: float) -> None:
        """A callback that fails is reported as event loops report it, and the sound goes on."""
        try:
            self._on_window(probability)
        except Exception as exc:
            context = {"message": "A conversation failed to take a window.", "exception": exc}
            asyncio.get_running_loop().call_exception_handler(context)

    def reset(self) -> None:
        self._epoch += 1
        self._forget()

    def close(self) -> None:
        self._epoch += 1
        self._closed = True

    def _push(self, window: Pcm) -> float:
        level_db = _level_db(window)
        self._levels.append(level_db)
        over_db = level_db - self._floor_db() - self._margin_db
        now = 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, over_db / SLOPE_DB))))
        self._probability = max(now, RELEASE * self._probability)
        return self._probability

    def _floor_db(self) -> float:
        recent = list(self._levels)[-STEADY_WINDOWS:]
        if len(recent) == STEADY_WINDOWS and max(recent) - min(recent) < STEADY_SPREAD_DB:
            # What came before no longer says anything about the noise that is there now.
            self._levels = deque(recent, maxlen=FLOOR_WINDOWS)
        return max(QUIETEST_DB, min(self._levels))


_TAPER = np.hanning(WINDOW)
_FIRST_BIN, _LAST_BIN = (round(hz * WINDOW / INPUT_RATE) for hz in BAND_HZ)


def _level_db(window: Pcm) -> float:
    spectrum = np.fft.rfft(window.astype(np.float64) / 32768.0 * _TAPER)[_FIRST_BIN : _LAST_BIN + 1]
    # Parseval: twice the one-sided power, over the length and over what the taper lets through.
    power = 2.0 * float(np.sum(np.abs(spectrum) ** 2)) / WINDOW / float(np.sum(_TAPER**2))
    return 10.0 * math.log10(power + 1e-12)
