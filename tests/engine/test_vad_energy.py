"""The detector that needs no model: what is its own beside the contract."""

from __future__ import annotations

import numpy as np
import pytest

from tests.engine.sounds import BROKEN, COUNT, TELL_ME, hum, noise, silence, speech, with_noise
from voice.engines.base import Pcm
from voice.engines.vad_energy import EnergyVad

pytestmark = pytest.mark.engine


def heard(sound: Pcm) -> np.ndarray:
    found: list[float] = []
    EnergyVad().open(found.append).feed(sound)
    return np.array(found)


@pytest.mark.parametrize("text", [TELL_ME, BROKEN, COUNT])
def test_it_finds_speech_in_noise_that_is_20_db_weaker(text: str) -> None:
    sound = with_noise(np.concatenate([silence(1024), speech(text), silence(1024)]), 20)
    found = heard(sound)
    around = 1024 // 32 + 8  # the quiet that `speech` has around it included
    assert (found[3 : around - 2] < 0.5).all()
    assert (found[-around + 8 :] < 0.5).all()
    assert (found[around : -around - 1] > 0.5).mean() > 0.7


@pytest.mark.parametrize("steady", [noise(3000), hum(3000)], ids=["noise", "hum"])
def test_a_noise_that_sets_in_is_taken_for_speech_for_half_a_second_at_most(steady: Pcm) -> None:
    found = heard(np.concatenate([silence(2048), steady]))
    assert (found[2048 // 32 + 16 :] < 0.5).all()


def test_it_hears_speech_right_after_a_noise_has_stopped() -> None:
    found = heard(np.concatenate([noise(3008), speech(TELL_ME)]))
    assert (found[3008 // 32 + 12 : -12] > 0.5).mean() > 0.7


def test_quiet_speech_counts_like_loud_speech() -> None:
    sound = np.concatenate([noise(1024, 2), speech(COUNT)]).astype(np.int16)
    quiet = (sound // 8).astype(np.int16)
    assert (heard(quiet) > 0.5).sum() == pytest.approx((heard(sound) > 0.5).sum(), rel=0.15)


def test_it_works_in_the_call_and_says_the_same_each_time() -> None:
    first, second = heard(speech(BROKEN)), heard(speech(BROKEN))
    assert len(first) == len(speech(BROKEN)) // 512
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("margin", [0.0, 31.0])
def test_it_refuses_a_margin_that_makes_no_sense(margin: float) -> None:
    with pytest.raises(ValueError, match="between 3 and 30"):
        EnergyVad(margin_db=margin)
