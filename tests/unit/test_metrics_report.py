"""The report as a whole: its targets, its bytes, and that nothing people say can break it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatars.sheets import Target
from memory.records import Speaker, TimedWord, TurnKind, TurnRecord
from reports.metrics import canonical_json, compute_report
from reports.metrics.docs import render
from tests.unit.metrics_cast import avatar, said, scenario, steady, typed

pytestmark = pytest.mark.unit

CONVERSATION = (
    avatar(1, 0, 3000, "My phone broke.", kind="opening"),
    said(2, "I am sorry to hear that. What happened to it?", 3500, 7500),
    avatar(3, 8100, 12_000, "It fell.", unheard_text="Into the sea.", interrupted=True),
    said(4, "Um, did you try to dry it at all, sir?", 11_900, 15_900),
    avatar(5, 16_500, 20_500, "Of course I did."),
    said(6, "mm-hm", 18_000, 18_400, kind="backchannel"),
    said(7, "Then I will send you a new one today.", 21_200, 24_200),
    typed(8, "Is this your address?", 30_000),
)


def report(*targets: Target, writes_fillers: bool = True, turns: tuple[TurnRecord, ...] = CONVERSATION) -> dict:
    return compute_report(turns, scenario(*targets), recognizer_writes_fillers=writes_fillers).to_json()


def test_it_gives_every_metric_in_one_report() -> None:
    whole = report(writes_fillers=False)
    assert {key: value for key, value in whole.items() if key != "metrics"} == {
        "version": 1,
        "notice": "Ranges are aids for practice, not verdicts, and not for employment decisions.",
        "scenario": "angry-customer",
        "scenario_version": 3,
        "language": "en",
        "recognizer_writes_fillers": False,
        "unknown_targets": [],
    }
    assert {name: (one["status"], one["value"], one["verdict"]) for name, one in whole["metrics"].items()} == {
        # 10, 10 and 9 words in 4, 4 and 3 s: 29 / 11 s x 60 = 158.18
        "speech_rate": ("measured", 158.2, "in"),
        "filled_pauses": ("not_measurable", None, None),
        # trainee 4 + 4 + 3 = 11 s; avatar 3 + 3.9 + 4 = 10.9 s: 11 / 21.9
        "talk_ratio": ("measured", 0.502, None),
        # two answers, after 0.5 and 0.7 s; the turn between them interrupted
        "response_latency": ("not_enough_speech", None, None),
        "longest_monologue": ("measured", 4, "in"),
        "interruptions": ("measured", 1, None),
        "questions": ("measured", 2, None),
    }


def test_it_writes_one_metric_like_this() -> None:
    assert report()["metrics"]["longest_monologue"] == {
        "title": "Longest monologue",
        "unit": "s",
        "value": 4,
        "status": "measured",
        "reason": None,
        "note": "",
        "detail": {"start_s": 3.5, "end_s": 7.5, "turns": 1},
        "target": {"low": None, "high": 76.0},
        "verdict": "in",
        "estimated": False,
        # of two equally long ones the first
        "evidence": [{"seq": 2, "start_ms": 3500, "end_ms": 7500, "label": "monologue", "value": None}],
    }


def test_a_scenarios_target_takes_the_place_of_the_default() -> None:
    metrics = report(Target("talk_ratio", 0.3, 0.4), Target("speech_rate", low=160.0))["metrics"]
    assert (metrics["talk_ratio"]["target"], metrics["talk_ratio"]["verdict"]) == (
        {"low": 0.3, "high": 0.4},
        "above",
    )
    assert (metrics["speech_rate"]["target"], metrics["speech_rate"]["verdict"]) == (
        {"low": 160.0, "high": None},
        "below",
    )


def test_a_target_can_switch_judging_off() -> None:
    assert report(Target("speech_rate"))["metrics"]["speech_rate"]["verdict"] is None


def test_it_names_targets_that_fit_no_metric() -> None:
    assert report(Target("speach_rate", 1.0, 2.0), Target("charm", 1.0))["unknown_targets"] == [
        "charm",
        "speach_rate",
    ]


def test_it_has_a_line_for_every_metric_even_without_a_turn() -> None:
    statuses = {name: one["status"] for name, one in report(turns=())["metrics"].items()}
    assert statuses == dict.fromkeys(report()["metrics"], "not_enough_speech")


def test_a_conversation_that_was_only_typed_has_no_speech_to_measure() -> None:
    turns = (
        avatar(1, 0, 3000),
        typed(2, "Hello, how are you?", 4000),
        avatar(3, 5000, 9000),
        typed(4, "Bye", 9500),
    )
    metrics = report(turns=turns)["metrics"]
    assert {one["status"] for one in metrics.values()} == {"not_enough_speech"}
    assert metrics["questions"]["detail"] == {"typed": 1}


def test_what_the_coach_did_changes_no_number() -> None:
    coach = (
        TurnRecord(seq=9, speaker="coach", kind="direction", text="Be angry?", started_ms=5000, ended_ms=5000),
        TurnRecord(seq=10, speaker="coach", kind="tip", text="Um, ask more?", started_ms=9000, ended_ms=9000),
    )
    assert report(turns=(*CONVERSATION, *coach)) == report()


def test_it_is_the_same_byte_for_byte_every_time() -> None:
    first = canonical_json(report()).encode()
    assert canonical_json(report(turns=CONVERSATION[::-1])).encode() == first
    assert canonical_json(json.loads(first)).encode() == first


def test_canonical_json_refuses_what_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"value": math.nan})


def test_the_metrics_page_is_current() -> None:
    page = Path(__file__).parents[2] / "docs" / "metrics.md"
    assert page.read_text(encoding="utf-8") == render(), "run: python -m reports.metrics.docs > docs/metrics.md"


# -- whatever people say ------------------------------------------------------------------------------------

TIMES = st.floats(allow_nan=True, allow_infinity=True) | st.integers(-500, 100_000).map(float)
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["um", "mm-hm", "Why?", "what can i do", "is it", "do you", "?", "[NOISE]", "…", "so um how are you " * 3]
)
WORDS = st.lists(st.builds(TimedWord, TEXTS, TIMES, TIMES), max_size=12).map(tuple)
TURNS = st.lists(
    st.builds(
        TurnRecord,
        seq=st.integers(0, 50),
        speaker=st.sampled_from(get_args(Speaker)),
        kind=st.sampled_from(get_args(TurnKind)),
        text=TEXTS,
        started_ms=TIMES,
        ended_ms=TIMES,
        unheard_text=st.sampled_from(["", "and more"]),
        interrupted=st.booleans(),
        words=WORDS,
        words_estimated=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda one: one.seq,
)


@given(turns=TURNS, fillers=st.booleans(), language=st.sampled_from(["en", "en-GB", "de", "fi", ""]))
def test_it_never_fails_and_never_gives_an_impossible_number(
    turns: list[TurnRecord], fillers: bool, language: str
) -> None:
    result = compute_report(turns, scenario(language=language), recognizer_writes_fillers=fillers).to_json()
    canonical_json(result)
    for name, metric in result["metrics"].items():
        assert (metric["value"] is not None) == (metric["status"] == "measured"), name
        assert bool(metric["note"]) == (metric["status"] != "measured"), name
        assert {one["seq"] for one in metric["evidence"]} <= {one.seq for one in turns}, name
        if name != "response_latency":
            assert metric["value"] is None or metric["value"] >= 0, name
    ratio, fillers_rate = (result["metrics"][name]["value"] for name in ("talk_ratio", "filled_pauses"))
    assert ratio is None or 0 <= ratio <= 1
    assert fillers_rate is None or 0 <= fillers_rate <= 100


@given(data=st.data(), turns=TURNS)
def test_it_does_not_depend_on_the_order_in_which_turns_arrive(
    data: st.DataObject, turns: list[TurnRecord]
) -> None:
    shuffled = data.draw(st.permutations(turns))
    results = [compute_report(one, scenario(), recognizer_writes_fillers=True) for one in (turns, shuffled)]
    assert canonical_json(results[0].to_json()) == canonical_json(results[1].to_json())


@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    each_ms=st.integers(100, 900),
    factor=st.integers(2, 5),
)
def test_speaking_slower_lowers_the_rate_in_proportion(counts: list[int], each_ms: int, factor: int) -> None:
    def rate(ms: int) -> float | None:
        turns = [steady(k, count, 1e6 * k, 1e6 * k + count * ms) for k, count in enumerate(counts)]
        return compute_report(turns, scenario(), recognizer_writes_fillers=True)["speech_rate"].value

    fast, slow = rate(each_ms), rate(each_ms * factor)
    if max(counts) < 8:
        assert (fast, slow) == (None, None)
    else:
        assert fast == pytest.approx(60_000 / each_ms, abs=0.06)
        assert slow == pytest.approx(60_000 / each_ms / factor, abs=0.06)
