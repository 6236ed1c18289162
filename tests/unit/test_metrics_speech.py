"""Speech rate, filled pauses, talk ratio and the longest monologue, against sums done by hand."""

from __future__ import annotations

import pytest

from memory.records import TurnRecord
from tests.unit.metrics_cast import avatar, measure, moments, outcome, said, spoken, steady, typed, untimed

pytestmark = pytest.mark.unit


# -- speech rate ---------------------------------------------------------------------------------------------


def test_it_divides_words_by_turn_time_with_own_pauses_in() -> None:
    # 10 words; the last ends at 5 s; the pause from 2 to 3 s stays in: 10 / 5 s = 120 wpm
    first = [(f"w{k}", 400.0 * k, 400.0 * k + 400.0) for k in range(5)]
    second = [(f"w{k}", 3000.0 + 400.0 * k, 3400.0 + 400.0 * k) for k in range(5)]
    metric = measure("speech_rate", spoken(1, *first, *second))
    assert outcome(metric) == ("measured", 120, {"words": 10, "time_s": 5, "turns": 1})
    assert (metric.unit, metric.target_low, metric.target_high, metric.verdict) == (
        "words/min",
        120,
        175,
        "in",
    )
    assert moments(metric) == [(1, 0, 5000, "turn", 120)]


def test_it_weighs_turns_by_their_length() -> None:
    # 8 words in 2 s (240 wpm) and 12 words in 6 s (120 wpm): 20 words / 8 s x 60 = 150, not the mean of 180
    metric = measure("speech_rate", steady(1, 8, 0, 2000), steady(3, 12, 10_000, 16_000))
    assert outcome(metric) == ("measured", 150, {"words": 20, "time_s": 8, "turns": 2})
    assert moments(metric) == [(1, 0, 2000, "turn", 240), (3, 10_000, 16_000, "turn", 120)]


def test_it_leaves_out_turns_under_eight_words() -> None:
    # 7 words do not count however fast; 8 words in 3 s = 160 wpm
    metric = measure("speech_rate", steady(1, 7, 0, 700), steady(3, 8, 5000, 8000))
    assert outcome(metric) == ("measured", 160, {"words": 8, "time_s": 3, "turns": 1})


def test_it_has_no_speech_rate_without_a_turn_of_eight_words() -> None:
    metric = measure("speech_rate", steady(1, 7, 0, 3000), steady(2, 7, 4000, 7000))
    assert (metric.status, metric.value, metric.reason) == ("not_enough_speech", None, "too_little")
    assert metric.note == "not enough speech: no turn of 8 words or more"
    assert metric.verdict is None


def test_it_takes_word_times_not_the_bounds_of_the_turn() -> None:
    # the bounds are padded by half a second on either side; the words take 4 s: 8 / 4 s = 120 wpm
    turn = steady(1, 8, 1000, 5000, started_ms=500.0, ended_ms=5500.0)
    assert measure("speech_rate", turn).value == 120


def test_it_takes_the_avatars_time_out_of_a_turn() -> None:
    # 10 words from 0 to 8 s; in the pause from 2 s to 5 s the avatar was heard for 2 s: 10 / 6 s = 100 wpm
    before = [(f"w{k}", 400.0 * k, 400.0 * (k + 1)) for k in range(5)]
    after = [(f"w{k}", 5000.0 + 600.0 * k, 5600.0 + 600.0 * k) for k in range(5)]
    metric = measure("speech_rate", spoken(1, *before, *after), avatar(2, 2500, 4500))
    assert (metric.value, metric.detail["time_s"], metric.verdict) == (100, 6, "below")


def test_it_keeps_what_was_said_while_the_avatar_still_sounded() -> None:
    # 8 words in 2 s are 240 wpm, though the avatar spoke under all of them
    assert measure("speech_rate", avatar(1, 0, 9000), steady(2, 8, 4000, 6000)).value == 240


def test_it_estimates_a_turn_without_word_times_from_its_bounds_and_says_so() -> None:
    # 8 words in 4 s of bounds = 120 wpm
    metric = measure("speech_rate", untimed(1, "one two three four five six seven eight", 0, 4000))
    assert (metric.status, metric.value, metric.estimated) == ("measured", 120, True)
    assert not measure("speech_rate", steady(1, 8, 0, 4000)).estimated
    assert measure("speech_rate", steady(1, 8, 0, 4000, words_estimated=True)).estimated


def test_it_counts_no_marks_of_the_recognizer_as_words() -> None:
    turn = said(1, "[NOISE] one two three four five six seven <sil>", 0, 9000)
    assert measure("speech_rate", turn).status == "not_enough_speech"


def test_it_judges_the_rounded_number() -> None:
    # 35 words in 12.001 s = 174.985 wpm, shown as 175 and so within 120-175
    metric = measure("speech_rate", steady(1, 35, 0, 11_997))
    assert (metric.value, metric.verdict) == (175, "in")  # 175.04 -> 175.0
    assert measure("speech_rate", steady(1, 35, 0, 11_990)).verdict == "above"  # 175.1


# -- filled pauses -------------------------------------------------------------------------------------------

FORTY = " ".join(["word"] * 37)


def test_it_counts_filled_pauses_per_hundred_words_and_per_minute() -> None:
    # 3 of 40 words: 7.5 per 100 words; 40 words of 500 ms = 20 s: 3 x 3 = 9 a minute
    metric = measure("filled_pauses", said(1, f"Um, {FORTY} hmm uh...", 0, 20_000))
    assert outcome(metric) == (
        "measured",
        7.5,
        {"count": 3, "words": 40, "per_minute": 9, "at_least": True, "method": "text", "band": "red"},
    )
    assert (metric.unit, metric.target_high, metric.verdict) == ("per 100 words", 3, "above")
    assert moments(metric) == [
        (1, 0, 500, "um", None),
        (1, 19_000, 19_500, "hm", None),
        (1, 19_500, 20_000, "uh", None),
    ]


@pytest.mark.parametrize(
    ("fillers", "value", "band", "verdict"), [(3, 3, "green", "in"), (4, 4, "amber", "above")]
)
def test_it_is_amber_above_three(fillers: int, value: float, band: str, verdict: str) -> None:
    # of 100 words
    text = " ".join(["um"] * fillers + ["word"] * (100 - fillers))
    metric = measure("filled_pauses", said(1, text, 0, 40_000))
    assert (metric.value, metric.detail["band"], metric.verdict) == (value, band, verdict)


@pytest.mark.parametrize(("fillers", "band"), [(5, "amber"), (6, "red")])
def test_it_is_red_above_five(fillers: int, band: str) -> None:
    text = " ".join(["er"] * fillers + ["word"] * (100 - fillers))
    assert measure("filled_pauses", said(1, text, 0, 40_000)).detail["band"] == band


def test_it_says_not_measurable_where_the_recognizer_writes_no_fillers() -> None:
    metric = measure("filled_pauses", said(1, f"um {FORTY} um uh", 0, 20_000), writes_fillers=False)
    assert outcome(metric) == ("not_measurable", None, {})
    assert (metric.reason, metric.note) == ("recognizer", "not measurable with this recognizer")
    assert (metric.verdict, metric.evidence) == (None, ())


def test_it_is_not_measurable_before_it_is_not_enough() -> None:
    assert measure("filled_pauses", writes_fillers=False).status == "not_measurable"
    assert measure("filled_pauses", writes_fillers=True).status == "not_enough_speech"


def test_it_says_so_where_it_has_no_lexicon() -> None:
    metric = measure("filled_pauses", steady(1, 50, 0, 20_000), language="fi")
    assert (metric.status, metric.note) == ("not_measurable", "not measurable in this language")


def test_it_uses_the_lexicon_of_the_language() -> None:
    # German: äh and ähm are fillers, "um" and "er" are words. 2 of 40 = 5 per 100 words
    metric = measure("filled_pauses", said(1, f"{FORTY} äh um Ähm,", 0, 20_000), language="de-AT")
    assert (metric.value, metric.detail["count"]) == (5, 2)


def test_one_um_alone_cannot_leave_the_target() -> None:
    # 33 words: too few, whatever was said; 34: 1 of 34 = 2.94, shown as 2.9, in target
    metric = measure("filled_pauses", said(1, " ".join(["um"] + ["word"] * 32), 0, 10_000))
    assert (metric.status, metric.note) == ("not_enough_speech", "not enough speech: 33 of 34 words")
    metric = measure("filled_pauses", said(1, " ".join(["um"] + ["word"] * 33), 0, 10_000))
    assert (metric.value, metric.verdict) == (2.9, "in")


def test_it_does_not_take_backchannels_and_typed_text_for_fillers() -> None:
    turns = (
        steady(1, 40, 0, 20_000),
        said(2, "um uh", 21_000, 22_000, kind="backchannel"),
        typed(3, "um uh er", 23_000),
    )
    assert measure("filled_pauses", *turns).detail["count"] == 0


def test_zero_is_a_number_where_it_was_counted() -> None:
    metric = measure("filled_pauses", steady(1, 40, 0, 20_000))
    assert (metric.status, metric.value, metric.verdict) == ("measured", 0, "in")


# -- talk ratio ----------------------------------------------------------------------------------------------


def test_it_divides_own_speech_by_all_that_sounded() -> None:
    # trainee 3 s, avatar 4 + 5 = 9 s: 3 / 12 = 0.25
    turns = (avatar(1, 0, 4000), steady(2, 6, 5000, 8000), avatar(3, 9000, 14_000))
    metric = measure("talk_ratio", *turns)
    assert outcome(metric) == ("measured", 0.25, {"trainee_s": 3, "avatar_s": 9})
    assert (metric.unit, metric.verdict) == ("ratio", None)
    assert moments(metric) == [
        (1, 0, 4000, "avatar", None),
        (2, 5000, 8000, "trainee", None),
        (3, 9000, 14_000, "avatar", None),
    ]


def test_it_counts_what_was_played_and_not_what_was_prepared() -> None:
    # the avatar was cut off after 2 s; the trainee spoke 6 s: 6 / 8 = 0.75
    cut = avatar(1, 0, 2000, "I want", unheard_text="my money back and an apology", interrupted=True)
    assert measure("talk_ratio", cut, steady(2, 10, 1900, 7900)).value == 0.75


def test_it_leaves_out_pauses_of_a_second_and_keeps_shorter_ones() -> None:
    # words 0-1 s, 1.9-3 s (0.9 s of pause stays), 4-6 s (1 s of pause goes): 3 + 2 = 5 s; avatar 5 s: 0.5
    turn = spoken(1, ("a", 0, 1000), ("b", 1900, 3000), ("c", 4000, 6000))
    assert outcome(measure("talk_ratio", turn, avatar(2, 7000, 12_000)))[1:] == (
        0.5,
        {"trainee_s": 5, "avatar_s": 5},
    )


def test_overlapping_sound_counts_on_both_sides_but_once_on_each() -> None:
    # trainee 2-6 s and 4-8 s = 6 s; avatar 0-4 s and 3-6 s = 6 s
    turns = (avatar(1, 0, 4000), steady(2, 4, 2000, 6000), avatar(3, 3000, 6000), steady(4, 4, 4000, 8000))
    assert outcome(measure("talk_ratio", *turns)) == ("measured", 0.5, {"trainee_s": 6, "avatar_s": 6})


def test_backchannels_and_typed_turns_are_no_talk() -> None:
    turns = (
        avatar(1, 0, 3000),
        said(2, "mm-hm", 1000, 1500, kind="backchannel"),
        typed(3, "hello", 3500),
        steady(4, 4, 4000, 7000),
    )
    assert outcome(measure("talk_ratio", *turns))[1:] == (0.5, {"trainee_s": 3, "avatar_s": 3})


@pytest.mark.parametrize(
    ("turns", "note"),
    [
        ((), "the trainee was not heard"),
        ((typed(1, "hello", 0), avatar(2, 500, 9000)), "the trainee was not heard"),
        ((said(1, "mm-hm", 0, 400, kind="backchannel"), avatar(2, 0, 9000)), "the trainee was not heard"),
        ((steady(1, 20, 0, 9000), avatar(2, 9500, 9500, "")), "the avatar was not heard"),
        ((steady(1, 4, 0, 2400), avatar(2, 2500, 5000)), "under 5 s of talk"),  # 2.4 + 2.5 = 4.9 s
    ],
)
def test_it_has_no_talk_ratio_without_two_voices(turns: tuple[TurnRecord, ...], note: str) -> None:
    metric = measure("talk_ratio", *turns)
    assert (metric.status, metric.value, metric.note) == (
        "not_enough_speech",
        None,
        f"not enough speech: {note}",
    )


def test_a_turn_in_which_no_word_was_understood_counts_by_its_bounds() -> None:
    # 4 s by the bounds against 4 s of avatar
    metric = measure("talk_ratio", untimed(1, "", 0, 4000), avatar(2, 5000, 9000))
    assert (metric.value, metric.estimated) == (0.5, True)


# -- longest monologue ---------------------------------------------------------------------------------------


def test_it_takes_the_longest_stretch_merged_across_short_gaps() -> None:
    # 0-2 s; then 4-6 s and 6.9-9 s with 0.9 s between: 4-9 = 5 s
    turns = (steady(1, 4, 0, 2000), steady(2, 4, 4000, 6000), steady(3, 4, 6900, 9000))
    metric = measure("longest_monologue", *turns)
    assert outcome(metric) == ("measured", 5, {"start_s": 4, "end_s": 9, "turns": 2})
    assert (metric.unit, metric.target_high, metric.verdict) == ("s", 76, "in")
    assert moments(metric) == [(2, 4000, 9000, "monologue", None)]


def test_a_gap_of_a_second_ends_a_monologue() -> None:
    # 0-2 s and 3-4 s
    assert measure("longest_monologue", steady(1, 4, 0, 2000), steady(2, 4, 3000, 4000)).value == 2


def test_a_backchannel_of_the_avatars_bridges_a_longer_pause() -> None:
    # 0-10 s, "Mm-hm." 10.5-11 s, 11.5-20 s: one monologue of 20 s
    own = (steady(1, 20, 0, 10_000), steady(3, 20, 11_500, 20_000))
    assert measure("longest_monologue", *own, avatar(2, 10_500, 11_000, "Mm-hm.")).value == 20
    # anything else takes the floor: 10 s; and so does a backchannel of which something was cut off
    assert measure("longest_monologue", *own, avatar(2, 10_500, 11_000, "No way.")).value == 10
    cut = avatar(2, 10_500, 11_000, "Okay", unheard_text="but that is not all", interrupted=True)
    assert measure("longest_monologue", *own, cut).value == 10


def test_a_backchannel_bridges_nothing_with_a_second_of_silence_beside_it() -> None:
    # silence of 0.5 s before "I see" and of 1 s after it
    own = (steady(1, 20, 0, 10_000), steady(3, 20, 12_000, 20_000))
    assert measure("longest_monologue", *own, avatar(2, 10_500, 11_000, "I see.")).value == 10


def test_own_backchannels_bridge_silence_but_not_the_avatars_turn() -> None:
    # 0-4 s, own "mm-hm" 4.8-5.2 s, 6-8 s: 8 s; but not while the avatar speaks from 4.5 to 5.9 s
    turns = (
        steady(1, 8, 0, 4000),
        said(2, "mm-hm", 4800, 5200, kind="backchannel"),
        steady(3, 4, 6000, 8000),
    )
    assert measure("longest_monologue", *turns).value == 8
    assert measure("longest_monologue", *turns, avatar(4, 4500, 5900)).value == 4


def test_a_backchannel_neither_begins_nor_ends_a_monologue() -> None:
    # mm-hm 0-0.4 s, speech 1-3 s, "okay" of the avatar's 3.2-3.6 s: 2 s
    turns = (
        said(1, "mm-hm", 0, 400, kind="backchannel"),
        steady(2, 4, 1000, 3000),
        avatar(3, 3200, 3600, "Okay."),
    )
    assert moments(measure("longest_monologue", *turns)) == [(2, 1000, 3000, "monologue", None)]


def test_it_tells_a_monologue_that_is_too_long() -> None:
    metric = measure("longest_monologue", steady(1, 200, 0, 76_100))
    assert (metric.value, metric.verdict) == (76.1, "above")


def test_typed_turns_and_backchannels_are_no_monologue() -> None:
    turns = (typed(1, "one two three", 0), said(2, "mm-hm", 1000, 1500, kind="backchannel"))
    assert measure("longest_monologue", *turns).status == "not_enough_speech"
    assert measure("longest_monologue").note == "not enough speech: the trainee was not heard"
