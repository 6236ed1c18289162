"""Claims about the words of a report: its sentence, its tiles, the marks in its transcript, its times."""

from __future__ import annotations

from typing import Any

import pytest

from memory.records import TurnRecord
from reports.metrics import compute_report
from reports.metrics.registry import DEFINITIONS
from reports.metrics.result import REASONS
from reports.numbers import clock, percent, seconds
from reports.sentence import sentence_of
from reports.templatetags.reporting import minutes
from reports.tiles import Moment, Scale, tiles_of
from reports.transcript import Line, Piece, lines_of
from reports.wording import WORDINGS, why_not_measured
from tests.unit.metrics_cast import avatar, said, scenario, typed

NAMES = {"trainee": "You", "avatar": "Sam", "coach": "Coach"}


def metric(value: float | None, low: float | None = None, high: float | None = None, **fields: Any) -> Any:
    """As a report stores it."""
    above = value is not None and high is not None and value > high
    below = value is not None and low is not None and value < low
    judged = value is not None and (low is not None or high is not None)
    verdict = ("above" if above else "below" if below else "in") if judged else None
    return {
        "title": "A title",
        "unit": "parts",
        "value": value,
        "status": "measured" if value is not None else "not_enough_speech",
        "reason": None if value is not None else "too_little",
        "note": "",
        "detail": {},
        "target": {"low": low, "high": high},
        "verdict": verdict,
        "estimated": False,
        "evidence": [],
        **fields,
    }


# -- every metric has its words --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [one.name for one in DEFINITIONS])
def test_every_metric_has_a_title_and_a_meaning(name: str) -> None:
    assert str(WORDINGS[name].title)
    assert str(WORDINGS[name].meaning).endswith(".")


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_every_metric_says_what_to_practice_where_its_own_target_is_missed(definition: Any) -> None:
    missed = {"above": definition.high, "below": definition.low}
    for verdict in (verdict for verdict, bound in missed.items() if bound is not None):
        assert "Next time" in str(WORDINGS[definition.name].advice[verdict])


@pytest.mark.parametrize("reason", [*REASONS, "too_little"])
def test_every_missing_number_has_its_reason(reason: str) -> None:
    assert why_not_measured({"reason": reason}).endswith(".")


def test_an_unknown_metric_shows_what_it_says_itself() -> None:
    (tile,) = tiles_of({"pitch": metric(2.5, low=1)}, NAMES)
    assert (tile.title, tile.number, tile.unit, tile.meaning) == ("A title", "2.5", "parts", "")


# -- the sentence ----------------------------------------------------------------------------------------


def test_it_sums_up_and_names_the_one_most_worth_practicing() -> None:
    metrics = {
        "speech_rate": metric(140, 120, 175),
        "response_latency": metric(1.7, 0, 1.5),
        "talk_ratio": metric(0.78, 0.3, 0.5),
        "longest_monologue": metric(40, high=76),
        "questions": metric(3),
    }
    own = "Two of four measures were on target. Next time, leave more room: you did 78% of the talking."
    assert sentence_of(metrics, own=True) == own
    theirs = (
        "Two of four measures were on target. "
        "Most worth practicing next: Talk ratio, 78% of the talking (target: 30% to 50%)."
    )
    assert sentence_of(metrics, own=False) == theirs


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        ([metric(40, high=76), metric(41, high=76)], "Both measures with a target were on it."),
        ([metric(40, high=76)] * 3, "All three measures with a target were on it."),
        ([metric(40, high=76)], "The one measure with a target was on it."),
        (
            [metric(None), metric(5)],
            "There was too little speech to hold against a target. The transcript is below.",
        ),
    ],
)
def test_it_says_no_more_than_the_numbers_do(metrics: list[Any], sentence: str) -> None:
    assert sentence_of({f"metric{at}": one for at, one in enumerate(metrics)}, own=True) == sentence


@pytest.mark.parametrize(
    ("off", "start"),
    [
        (1, "The one measure with a target was off it. Next time"),
        (3, "None of the three measures with a target was on it yet. Next time"),
    ],
)
def test_it_does_not_scold(off: int, start: str) -> None:
    names = ["longest_monologue", "speech_rate", "talk_ratio"][:off]
    assert sentence_of({name: metric(200, 0, 100) for name in names}, own=True).startswith(start)


def test_every_metric_missed_either_way_has_a_sentence() -> None:
    for name in (*WORDINGS, "unknown"):
        for value in (-1.0, 9.0):
            assert "%(" not in sentence_of({name: metric(value, 0, 4)}, own=True)


# -- tiles -----------------------------------------------------------------------------------------------


def test_a_number_that_misses_its_target_by_little_does_not_read_as_the_target() -> None:
    tiles = tiles_of(
        {
            "speech_rate": metric(175.3, 120, 175),
            "talk_ratio": metric(0.503, 0.3, 0.5),
            "longest_monologue": metric(76.4, high=76),
        },
        NAMES,
    )
    assert [(one.number, one.verdict) for one in tiles] == [
        ("175.3", "above"),
        ("50.3%", "above"),
        ("76.4 s", "above"),
    ]


def test_what_was_not_measured_shows_a_reason_and_no_number() -> None:
    (tile,) = tiles_of({"filled_pauses": metric(None, high=3, reason="recognizer")}, NAMES)
    assert (tile.number, tile.prefix, tile.scale, tile.verdict) == ("", "", None, "unmeasured")
    assert tile.why == "The speech recognition in use leaves such sounds out, so they can't be counted."


def test_fillers_are_at_least_so_many() -> None:
    (tile,) = tiles_of({"filled_pauses": metric(4.2, high=3)}, NAMES)
    assert (tile.prefix, tile.number, tile.unit, tile.target) == (
        "at least",
        "4.2",
        "per 100 words",
        "at most 3",
    )


def test_the_scale_puts_number_and_target_to_one_measure() -> None:
    (tile,) = tiles_of({"talk_ratio": metric(0.8, 0.2, 0.4)}, NAMES)
    assert tile.scale == Scale(band_start=40.0, band_width=40.0, mark=160.0)  # of 0..1 in 200


def test_the_first_moments_are_shown_and_the_others_unfold() -> None:
    evidence = [
        {"seq": at, "start_ms": 1000 * at, "end_ms": 1500, "label": "um", "value": None} for at in range(1, 6)
    ]
    (tile,) = tiles_of({"filled_pauses": metric(4.2, high=3, evidence=evidence)}, NAMES)
    assert tile.moments == tuple(Moment(at, f"0:0{at}", "“um”") for at in (1, 2, 3))
    assert [one.seq for one in tile.further] == [4, 5]


def test_every_tile_of_a_real_report_can_be_read() -> None:
    turns = [
        avatar(1, 0, 4000),
        said(2, "um so what happened when you uh bought it and do you have a receipt", 4500, 9000),
        avatar(3, 9500, 12_000, interrupted=True),
        said(4, "wait I want to write this down for you so that nothing is lost", 12_100, 16_000),
        avatar(5, 16_500, 19_000),
        said(6, "okay that is fine and I will call you back tomorrow morning at nine", 20_000, 25_000),
    ]
    metrics = compute_report(turns, scenario(), recognizer_writes_fillers=True).to_json()["metrics"]
    tiles = {one.name: (one.number, one.verdict, one.more) for one in tiles_of(metrics, NAMES)}
    assert tiles == {
        "speech_rate": ("192", "above", ()),  # 43 words in 13.4 s
        "filled_pauses": ("4.7", "above", ("9 a minute",)),
        "talk_ratio": ("60%", "free", ("0:13 against the avatar's 0:09",)),
        "response_latency": ("", "unmeasured", ()),
        "longest_monologue": ("5 s", "in", ()),
        "interruptions": ("1", "free", ()),
        "questions": ("2", "free", ("1 open, 1 closed",)),
    }


# -- the transcript --------------------------------------------------------------------------------------


def test_it_marks_fillers_where_they_were_counted_and_nowhere_else() -> None:
    turns = [said(1, "Um, I was, ummm, late.", 0, 3000), said(2, "Um is a word.", 4000, 6000)]
    evidence = [{"seq": 1, "start_ms": 0, "end_ms": 9, "label": "um", "value": None}]
    first, second = lines_of(turns, {"filled_pauses": metric(3, evidence=evidence)}, NAMES)
    assert first.pieces == (
        Piece("Um,", "filler"),
        Piece("I was,"),
        Piece("ummm,", "filler"),
        Piece("late."),
    )
    assert second.pieces == (Piece("Um is a word."),)


def test_it_says_what_words_alone_do_not_show() -> None:
    turns = [
        avatar(1, 0, 1000, "It fell off the", unheard_text=" table.", interrupted=True),
        said(2, "wait what", 1100, 2000),
        typed(3, "A new one.", 3000),
        TurnRecord(seq=4, speaker="trainee", kind="backchannel", text="mm-hm", started_ms=4000, ended_ms=4100),
        TurnRecord(seq=5, speaker="coach", kind="tip", text="Ask why.", started_ms=62_000, ended_ms=62_000),
    ]
    evidence = [{"seq": 2, "start_ms": 0, "end_ms": 9, "label": "interruption", "value": None}]
    lines = lines_of(turns, {"interruptions": metric(1, evidence=evidence)}, NAMES)
    assert [(one.name, one.time, one.unheard, one.notes, one.quiet) for one in lines] == [
        ("Sam", "0:00", "table.", ("was interrupted",), False),
        ("You", "0:01", "", ("took the floor",), False),
        ("You", "0:03", "", ("typed",), False),
        ("You", "0:04", "", ("sign of listening",), True),
        ("Coach", "1:02", "", ("tip",), True),
    ]


def test_what_nobody_heard_and_was_then_said_again_is_read_once() -> None:
    turns = [
        avatar(1, 0, 0, "", unheard_text="Where is it?"),
        avatar(2, 500, 1500, "Where is it?"),
        avatar(3, 2000, 2000, "", unheard_text="Well?"),
    ]
    assert [(one.seq, one.unheard) for one in lines_of(turns, {}, NAMES)] == [(2, ""), (3, "Well?")]
    assert [one.seq for one in lines_of([avatar(1, 0, 0, ""), avatar(2, 0, 0, "")], {}, NAMES)] == [1, 2]


def test_a_turn_whose_key_is_gone_is_known_to_be_unreadable() -> None:
    (line,) = lines_of([typed(1, "", 0)], {}, NAMES)
    assert (line.readable, isinstance(line, Line)) == (False, True)


# -- numbers and times -----------------------------------------------------------------------------------


def test_times_read_as_on_a_clock() -> None:
    assert [clock(ms) for ms in (-5, 0, 42_999, 724_000, 3_723_000)] == [
        "0:00",
        "0:00",
        "0:42",
        "12:04",
        "1:02:03",
    ]


def test_numbers_have_no_more_decimals_than_help() -> None:
    assert [seconds(one) for one in (0.84, 2.0, 41.6)] == ["0.8 s", "2 s", "42 s"]
    assert percent(0.777) == "78%"


@pytest.mark.parametrize(
    ("ms", "words"), [(0, "under a minute"), (29_999, "under a minute"), (30_000, "1 min"), (230_000, "4 min")]
)
def test_lengths_are_whole_minutes(ms: float, words: str) -> None:
    assert minutes(ms) == words
