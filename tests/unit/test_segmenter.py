"""Probabilities become speech and pauses, dated by the windows that hold the speech."""

from __future__ import annotations

import pytest

from voice.segmenter import Segmenter, SegmenterSettings, SpeechPaused, SpeechStarted

WINDOW = 32.0


def run(probabilities: list[float], **settings: float) -> list[tuple[int, object]]:
    segmenter = Segmenter(SegmenterSettings(**{"min_silence_ms": 96.0, **settings}))
    events = [(at, segmenter.push(one, at * WINDOW, (at + 1) * WINDOW)) for at, one in enumerate(probabilities)]
    return [(at, event) for at, event in events if event is not None]


def test_speech_is_announced_with_its_first_window_and_a_pause_after_the_minimum_silence() -> None:
    assert run([0, 0.9, 0.9, 0, 0, 0, 0]) == [(1, SpeechStarted(32)), (5, SpeechPaused(96))]


def test_a_shorter_silence_is_no_pause() -> None:
    assert run([0.9, 0, 0, 0.9, 0, 0, 0]) == [(0, SpeechStarted(0)), (6, SpeechPaused(128))]


def test_speech_begins_at_one_threshold_and_ends_below_another() -> None:
    assert run([0.4, 0.5, 0.4, 0.36, 0.34, 0.3, 0.0]) == [(1, SpeechStarted(32)), (6, SpeechPaused(128))]


def test_a_minimum_of_speech_is_waited_for_and_a_click_is_none() -> None:
    assert run([0.9, 0, 0.9, 0.9, 0.9], min_speech_ms=96) == [(4, SpeechStarted(64))]


def test_breaking_off_ends_speech_where_it_was_last_heard_and_only_once() -> None:
    segmenter = Segmenter()
    segmenter.push(0.9, 0, 32)
    segmenter.push(0.0, 32, 64)
    assert segmenter.break_off() == SpeechPaused(32)
    assert segmenter.break_off() is None
    assert not segmenter.speaking


@pytest.mark.parametrize(("threshold", "release"), [(0.5, 0.6), (1.0, 0.5), (0.5, 0.0)])
def test_thresholds_that_make_no_sense_are_refused(threshold: float, release: float) -> None:
    with pytest.raises(ValueError, match="release <= threshold"):
        SegmenterSettings(threshold=threshold, release=release)
