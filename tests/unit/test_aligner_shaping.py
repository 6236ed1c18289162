"""What becomes of an engine's sound: silence off the front, pauses in, words before their sound."""

from __future__ import annotations

import numpy as np
import pytest

from tts_worker.aligner import Mark
from tts_worker.segments import Segment
from tts_worker.shaping import Piece, Shaper

pytestmark = pytest.mark.unit

RATE = 1000  # one sample is one ms


def loud(ms: int) -> bytes:
    return np.full(ms, 5000, "<i2").tobytes()


def silent(ms: int) -> bytes:
    return bytes(2 * ms)


def test_it_holds_a_word_back_until_its_end_is_known() -> None:
    shaper = Shaper(Segment("one two"), RATE, 0.0)
    assert shaper.feed(loud(100), [Mark(0, 0.0)]) == []
    assert shaper.feed(loud(100)) == []
    assert shaper.feed(loud(100), [Mark(4, 250.0)]) == [Piece(loud(250), (("one", 0.0, 250.0),))]
    assert shaper.finish() == [Piece(loud(50), (("two", 250.0, 300.0),))]
    assert shaper.duration_ms == 300.0


def test_it_ends_the_last_word_with_its_sound_and_keeps_the_silence_after_it() -> None:
    shaper = Shaper(Segment("one"), RATE, 0.0)
    assert shaper.feed(loud(100) + silent(80), [Mark(0, 0.0)]) == []
    assert shaper.finish() == [Piece(loud(100) + silent(80), (("one", 0.0, 100.0),))]


def test_it_cuts_long_silence_off_the_front_and_moves_the_words_along() -> None:
    shaper = Shaper(Segment("one two"), RATE, 0.0)
    assert shaper.feed(silent(120)) == []
    first = shaper.feed(loud(200), [Mark(0, 110.0), Mark(4, 220.0)])
    assert first == [Piece(silent(20) + loud(100), (("one", 10.0, 120.0),))]
    assert shaper.finish() == [Piece(loud(100), (("two", 120.0, 220.0),))]


def test_it_leaves_a_short_silence_at_the_front() -> None:
    shaper = Shaper(Segment("one"), RATE, 0.0)
    shaper.feed(silent(25) + loud(50), [Mark(0, 0.0)])
    assert shaper.finish() == [Piece(silent(25) + loud(50), (("one", 0.0, 75.0),))]


def test_it_puts_the_pause_due_before_the_sound_and_counts_on_from_where_it_stands() -> None:
    shaper = Shaper(Segment("one"), RATE, 2000.0, pause_ms=300.0)
    shaper.feed(loud(50), [Mark(0, 0.0)])
    assert shaper.finish() == [Piece(silent(300) + loud(50), (("one", 2300.0, 2350.0),))]


def test_it_makes_no_sound_of_a_text_that_has_none() -> None:
    shaper = Shaper(Segment("... !"), RATE, 500.0, pause_ms=300.0)
    assert shaper.feed(silent(300)) == []
    assert shaper.finish() == [Piece(b"", (("...", 500.0, 500.0), ("!", 500.0, 500.0)))]
    assert shaper.duration_ms == 0.0
