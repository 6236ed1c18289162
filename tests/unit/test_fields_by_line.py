"""Lists as authors write them: what is written is read again, and what is wrong is said by line."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from avatars.fields import (
    CommasField,
    ListField,
    MoodsField,
    TargetsField,
    problem_of_target,
    read_target,
    written_target,
)
from avatars.metrics import metrics
from avatars.review import weaknesses
from avatars.sheets import MOODS, AvatarSheet, CriterionSheet, LineSheet, ScenarioSheet, Target
from avatars.strict import Unfit, read

pytestmark = pytest.mark.unit

ALL = (
    "There are: speech_rate, filled_pauses, talk_ratio, response_latency, longest_monologue, interruptions, "
    "questions."
)
MEANT = "longest_monologue"
items = st.lists(
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters='"'), min_size=1, max_size=30),
    unique=True,
    max_size=8,
)
numbers = st.none() | st.integers(0, 10**6).map(lambda n: n / 100)
targets = st.builds(Target, st.sampled_from(sorted(metrics())), numbers, numbers).filter(
    lambda one: one.low is None or one.high is None or one.low <= one.high
)


@given(items)
def test_a_list_survives_being_written_and_read(texts: list[str]) -> None:
    for field in (ListField(), CommasField()):
        assert field.clean(field.prepare_value(texts)) == texts
        assert not field.has_changed(texts, field.prepare_value(texts))


@given(st.lists(targets, unique_by=lambda one: one.metric))
def test_targets_survive_being_written_and_read(some: list[Target]) -> None:
    field = TargetsField()
    stored = [{"metric": one.metric, "low": one.low, "high": one.high} for one in some]
    assert field.clean(field.prepare_value(stored)) == stored
    assert not field.has_changed(stored, field.prepare_value(stored))


def test_a_stored_target_may_leave_an_end_out() -> None:
    assert TargetsField().prepare_value([{"metric": "talk_ratio", "high": 0.5}]) == "talk_ratio: up to 0.5"
    assert not TargetsField().has_changed([{"metric": "talk_ratio", "high": 0.5}], "talk_ratio: up to 0.5")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", []),
        (" refund ,money   back,, refund,\n tomorrow ", ["refund", "money back", "tomorrow"]),
        ('"no, thanks", never', ["no, thanks", "never"]),
    ],
)
def test_commas_and_lines_separate_cues(text: str, read: list[str]) -> None:
    assert CommasField().clean(text) == read


def test_lines_keep_their_commas() -> None:
    assert ListField().clean("Sorry, really\r\n\r\nI see\nI see") == ["Sorry, really", "I see"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (", ".join(map(str, range(101))), "100 at most; these are 101."),
        ("x" * 301, f"“{'x' * 40}…” is too long: 300 letters at most."),
    ],
)
def test_a_list_has_its_limits(text: str, problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CommasField().clean(text)
    assert caught.value.messages == [problem]


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("speech_rate: 120 to 175", Target("speech_rate", 120, 175)),
        ("Speech_Rate : 120-175", Target("speech_rate", 120, 175)),
        ("longest_monologue: up to 76", Target("longest_monologue", None, 76)),
        ("questions: at least 3", Target("questions", 3, None)),
        ("talk_ratio: any", Target("talk_ratio")),
    ],
)
def test_a_target_is_read(line: str, target: Target) -> None:
    assert read_target(line) == target
    assert read_target(written_target(target)) == target


def test_every_wrong_target_is_named_with_its_line() -> None:
    text = (
        "speech_rate: 120 to 175\nmonologue: up to 76\n\nquestions\nquestions: 5 to 3\nspeech_rate: any\nx: 1"
    )
    text += "\ntalk_ratio: lots"
    with pytest.raises(ValidationError) as caught:
        TargetsField().clean(text)
    assert caught.value.messages == [
        f"Line 2, “monologue: up to 76”: there is no metric “monologue”; do you mean {MEANT}? {ALL}",
        "Line 4, “questions”: write a colon and the range, such as “questions: 3 to 5”.",
        "Line 5, “questions: 5 to 3”: the first number is above the second.",
        "Line 6, “speech_rate: any”: there is a line for this metric already.",
        f"Line 7, “x: 1”: there is no metric “x”. {ALL}",
        "Line 8, “talk_ratio: lots”: the range is written “3 to 5”, “up to 5” or “at least 3”.",
    ]


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (Target("questions", 1, 2), ""),
        (Target("questions", 3, 2), "the first number is above the second."),
        (Target("questions", -1), "a bound is a number of 0 or more."),
        (Target("questions", None, float("inf")), "a bound is a number of 0 or more."),
    ],
)
def test_a_target_from_a_file_is_judged_too(target: Target, problem: str) -> None:
    assert problem_of_target(target) == problem


def test_moods_are_kept_in_their_order() -> None:
    assert MoodsField().clean(["angry", "calm"]) == ["calm", "angry"]
    assert MoodsField().clean([]) == []
    assert [value for value, _ in MoodsField().choices] == list(MOODS)
    with pytest.raises(ValidationError):
        MoodsField().clean(["bored"])


AVATAR = {"slug": "bo", "name": "Bo", "persona": "You are Bo."}
SCENE = {"slug": "s", "title": "S", "avatar": AVATAR, "brief": "B"}


def test_a_sheet_is_read_from_json() -> None:
    line = {"text": "Hi", "cues": ["a"], "moods": ["calm"], "kind": "question", "heat": -1}
    scene = {**SCENE, "lines": [line], "targets": [{"metric": "questions", "low": 1, "high": None}]}
    assert read(ScenarioSheet, scene, "scenario") == ScenarioSheet(
        slug="s",
        title="S",
        avatar=AvatarSheet("bo", "Bo", "You are Bo."),
        brief="B",
        lines=(LineSheet("Hi", ("a",), ("calm",), "question", -1),),
        targets=(Target("questions", 1.0, None),),
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"title": 3}, "scenario.title: text is needed"),
        ({"title": "\0"}, "scenario.title: there are characters in it that are no text"),
        ({"title": "\ud800"}, "scenario.title: there are characters in it that are no text"),
        ({"brief": "x" * 20_001}, "scenario.brief: 20000 letters at most"),
        ({"avatar": []}, "scenario.avatar: an object with named values is needed"),
        ({"avatar": {"slug": "bo", "name": "Bo"}}, "scenario.avatar: “persona” is missing"),
        ({"avatar": {**AVATAR, "speed": "fast"}}, "scenario.avatar.speed: a number is needed"),
        ({"avatar": {**AVATAR, "speed": True}}, "scenario.avatar.speed: a number is needed"),
        ({"avatar": {**AVATAR, "speed": float("inf")}}, "scenario.avatar.speed: the number is too large"),
        ({"extra": 1}, "scenario: “extra” is not known here"),
        ({"objectives": "one"}, "scenario.objectives: a list is needed"),
        ({"objectives": ["one", None]}, "scenario.objectives[2]: text is needed"),
        ({"hot_words": ["x"] * 501}, "scenario.hot_words: 500 entries at most"),
        ({"time_limit_s": 1.5}, "scenario.time_limit_s: a whole number is needed"),
        ({"time_limit_s": 2**40}, "scenario.time_limit_s: the number is too large"),
        ({"start_mood": "bored"}, "scenario.start_mood: one of calm, neutral, tense, angry is needed"),
        ({"start_mood": ["calm"]}, "scenario.start_mood: one of calm, neutral, tense, angry is needed"),
        ({"lines": [{"text": "Hi", "moods": ["x"]}]},
         "scenario.lines[1].moods[1]: one of calm, neutral, tense, angry is needed"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_with_its_place(change: dict[str, object], problem: str) -> None:
    with pytest.raises(Unfit) as caught:
        read(ScenarioSheet, {**SCENE, **change}, "scenario")
    assert str(caught.value) == problem


def scene(*lines: LineSheet, **more: object) -> ScenarioSheet:
    seen = CriterionSheet("c", "C", "Did they?", 1.0, ("yes",))
    values = {"criteria": (seen,), "opening_line": "Hello.", **more}
    return ScenarioSheet("s", "S", AvatarSheet("bo", "Bo", "You are Bo."), "Brief.", lines=lines, **values)  # type: ignore[arg-type]


UNSEEN = (CriterionSheet("c", "Calm", " "), CriterionSheet("d", "D", "?"))
ENDS = (LineSheet("Good.", kind="closing_good"), LineSheet("Bad.", kind="closing_bad"))


@pytest.mark.parametrize(
    ("sheet", "found"),
    [
        (scene(LineSheet("What else?"), *ENDS), []),
        (scene(opening_line=""),
         ["No opening line and no lines: without a language model the avatar can only say goodbye."]),
        (scene(*ENDS),
         ["No lines to answer with: without a language model the avatar only opens and says goodbye."]),
        (scene(LineSheet("A", ("a",)), *ENDS),
         ["Every line waits for a cue: add some without, for when the trainee says something unexpected."]),
        (scene(LineSheet("A")),
         ["A closing line is missing, good or bad: the scene would end with a plain goodbye."]),
        (scene(LineSheet("A"), *ENDS, criteria=()),
         ["No criteria: the report will have numbers, but nothing to check off."]),
        (scene(LineSheet("A"), *ENDS, criteria=UNSEEN),
         ["Criteria without a question can't be judged: Calm.",
          "2 criteria have no evidence: without a language model they are never met."]),
    ],
)  # fmt: skip
def test_what_would_make_a_poor_scene_is_said(sheet: ScenarioSheet, found: list[str]) -> None:
    assert weaknesses(sheet) == found
