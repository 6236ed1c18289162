"""What was sent and played says what was heard."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.engines.base import Word
from voice.playout import Playout


def of_words(*phrases: str, word_ms: float = 100.0, timed: bool = True) -> Playout:
    playout = Playout()
    for phrase in phrases:
        playout.begin_phrase(phrase)
        for at, text in enumerate(phrase.split()):
            if timed:
                playout.add_words((Word(text, at * word_ms, (at + 1) * word_ms),))
            playout.add_sound(word_ms)
        playout.end_phrase()
        playout.show_phrase(0.0)
    return playout


def heard(playout: Playout, position: float) -> tuple[str, str]:
    result = playout.heard(position)
    return result.text, result.unheard_text


def test_a_word_is_heard_once_half_of_it_was_played() -> None:
    playout = of_words("one two", "three")
    assert heard(playout, 0) == ("", "one two three")
    assert heard(playout, 149) == ("one", "two three")
    assert heard(playout, 150) == ("one two", "three")
    assert heard(playout, 1000) == ("one two three", "")


def test_the_position_goes_with_the_clock_but_not_past_what_was_sent() -> None:
    playout = of_words("one two three")
    playout.send(200, 1000)
    assert [playout.position(at) for at in (900, 1000, 1100, 1500)] == [0, 0, 100, 200]
    playout.send(100, 1500)  # it had run dry
    assert (playout.position(1550), playout.ahead_ms(1550)) == (250, 50)
    assert [word.start_ms for word in playout.heard(300).words] == [1000, 1100, 1500]
    assert playout.heard(300).words[1].end_ms == 1200


def test_a_pause_stands_still_and_dates_what_follows_later() -> None:
    playout = of_words("one two three")
    playout.send(300, 0)
    playout.pause(150)
    assert playout.position(900) == 150
    playout.resume(1000)
    playout.resume(1100)  # again: nothing more
    assert playout.position(1100) == 250
    assert [(word.start_ms, word.end_ms) for word in playout.heard(300).words] == [
        (0, 100),
        (100, 1050),
        (1050, 1150),
    ]


def test_an_acknowledgement_corrects_the_estimate_and_can_not_exceed_what_was_sent() -> None:
    playout = of_words("one two three")
    playout.send(300, 0)
    playout.acknowledge(40, 200)  # it began 160 ms late
    assert playout.position(200) == 40
    assert [round(word.start_ms) for word in playout.heard(300).words] == [0, 260, 360]
    playout.acknowledge(99_999, 300)
    assert playout.position(300) == 300
    playout.acknowledge(-5, 300)
    assert playout.position(300) == 0


def test_many_small_corrections_move_the_timeline_too() -> None:
    playout = of_words(*["word"] * 100)
    playout.send(10_000, 0)
    for at in range(250, 10_250, 250):
        playout.acknowledge(at * 0.98, at)  # a sound card that runs 2 % slow
    assert playout.heard(9_800).words[97].start_ms == pytest.approx(9_700 / 0.98, abs=70)


def test_acknowledging_the_end_again_does_not_stretch_the_last_word() -> None:
    playout = of_words("one two")
    playout.send(200, 0)
    for at in (250, 500, 750):
        playout.acknowledge(200, at)
    assert playout.heard(200).words[-1].end_ms == 200


def test_without_timings_words_are_in_proportion_to_their_letters() -> None:
    playout = of_words("a bcdef", timed=False)
    playout.send(200, 0)
    result = playout.heard(200)
    assert result.estimated
    assert [(word.start_ms, word.end_ms) for word in result.words] == [(0, 50), (50, 200)]


def test_a_written_phrase_is_heard_once_it_was_shown_and_what_precedes_it_was_heard() -> None:
    playout = of_words("one two")
    playout.begin_phrase("three four")
    playout.end_phrase(silent=True)
    playout.send(200, 1000)
    assert heard(playout, 200) == ("one two", "three four")
    playout.show_phrase(1050)
    assert heard(playout, 100) == ("one", "two three four")
    assert heard(playout, 200) == ("one two three four", "")
    assert playout.heard(200).words[-1] == Word("four", 1200, 1200)


@given(
    st.lists(st.tuples(st.sampled_from(["send", "pause", "resume", "ack"]), st.integers(0, 500)), max_size=40),
    st.integers(0, 2000),
)
def test_heard_and_unheard_are_always_the_whole_text_and_times_go_forward(
    steps: list[tuple[str, int]], position: int
) -> None:
    playout, now, last = of_words("one two three four", "five six seven eight"), 0.0, 0.0
    for step, amount in steps:
        now += amount
        match step:
            case "send" if playout.sent_ms < 800:
                playout.send(min(amount, 800 - playout.sent_ms), now)
            case "pause":
                playout.pause(now)
            case "resume":
                playout.resume(now)
            case "ack":
                playout.acknowledge(max(last, playout.position(now) - 5), now)
        last = playout.position(now)
        assert 0 <= last <= playout.sent_ms
    result = playout.heard(position)
    assert f"{result.text} {result.unheard_text}".split() == playout.text.split()
    times = [time for word in result.words for time in (word.start_ms, word.end_ms)]
    assert all(one <= other + 1e-6 for one, other in pairwise(times))


def test_what_was_played_lately_is_what_sounded_then_and_not_what_is_still_to_come() -> None:
    playout = of_words("one two three", "four five six")
    playout.send(600, 1000)
    assert playout.played_lately(1150, 1350) == "two three four"
    playout.pause(1350)
    playout.resume(5000)
    assert playout.played_lately(3000, 5000) == "four", "it stopped in the middle of it"
    assert playout.played_lately(4900, 5060) == "four five"
    assert Playout().played_lately(0, 1000) == ""


def test_however_often_a_client_corrects_its_position_the_timeline_stays_small() -> None:
    playout = of_words(*["word"] * 100)
    playout.send(10_000, 0)
    for at in range(5000):
        playout.acknowledge(at * 0.01, 1000.0 + at * 61)
    assert len(playout._timeline) <= 3
    for at in range(5000):
        playout.acknowledge(50 + at, 400_000.0 + at * 100)
    assert len(playout._timeline) <= 2 * 5050 / 100 + 3
    starts = [word.start_ms for word in playout.heard(5_000).words]
    assert starts == sorted(starts)
    assert starts[-1] == pytest.approx(400_000 + 4850 * 100, abs=11_000)
