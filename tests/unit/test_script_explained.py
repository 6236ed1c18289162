"""Explaining an answer: the same answer, with its reasons."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.demo import SHEETS
from avatars.explained import Explained, explain
from avatars.prompts import OCCASIONS, Occasion
from avatars.script import Spoken, script_of
from avatars.sheets import AvatarSheet, CriterionSheet, LineSheet, ScenarioSheet
from tests.rehearsals import KIND, RUDE, STRAYING

pytestmark = pytest.mark.unit

SMALL = ScenarioSheet(
    slug="small",
    title="A small scene",
    avatar=AvatarSheet("bo", "Bo", "A neighbor."),
    brief="Talk to Bo.",
    opening_line="Hey there, neighbor.",
    lines=(
        LineSheet("The fence is mine.", cues=("fence", "garden fence", "hedge"), kind="objection", heat=1),
        LineSheet("What else?"),
        LineSheet("Let's have a coffee.", kind="closing_good"),
        LineSheet("I'll call my lawyer.", kind="closing_bad"),
    ),
    criteria=(
        CriterionSheet("asks", "Asked", "Did the trainee ask?", 1.0, ("what would help",)),
        CriterionSheet("sorry", "Apologized", "Did the trainee apologize?", 1.0, ("i'm sorry",)),
    ),
)
BASE = Explained(
    text="Hey there, neighbor.",
    why="opening",
    number=None,
    kind=None,
    fit=0.0,
    cues=(),
    mood_before="neutral",
    mood="neutral",
    mood_after="neutral",
    met=(),
    ends=False,
)
OPENED: list[Spoken] = [("avatar", "Hey there, neighbor.")]

turns = st.one_of(
    st.sampled_from([text for cast in (KIND, RUDE, STRAYING) for texts in cast.values() for text in texts]),
    st.text(max_size=40),
)
lines = st.sampled_from([line.text for sheet in SHEETS for line in sheet.lines])
histories = st.lists(
    st.one_of(st.tuples(st.just("trainee"), turns), st.tuples(st.just("avatar"), lines)), max_size=12
)


@settings(max_examples=150, deadline=None)
@given(sheet=st.sampled_from(SHEETS), history=histories, occasion=st.sampled_from(OCCASIONS))
def test_what_is_explained_is_what_is_said(
    sheet: ScenarioSheet, history: list[Spoken], occasion: Occasion
) -> None:
    explained = explain(sheet, history, occasion)
    assert explained.text == script_of(sheet).say(history, occasion)
    assert explained.ends == script_of(sheet).is_closing(explained.text)
    assert explained.mood == script_of(sheet).scene(history).mood


def test_the_opening_line_is_no_line_of_the_script() -> None:
    assert explain(SMALL, (), "opening") == BASE


def test_a_line_that_cues_called_for_names_them_and_what_it_does_to_the_mood() -> None:
    explained = explain(SMALL, [*OPENED, ("trainee", "The fence behind the hedge")])
    assert explained.fit > 0.3
    assert explained == dataclasses.replace(
        BASE,
        text="The fence is mine.",
        why="cues",
        number=1,
        kind="objection",
        fit=explained.fit,
        cues=("fence", "hedge"),
        mood_after="tense",
    )


def test_where_nothing_fits_it_says_so() -> None:
    explained = explain(SMALL, [*OPENED, ("trainee", "Purple elephants")])
    assert explained == dataclasses.replace(BASE, text="What else?", why="no_cues", number=2, kind="reply")


def test_evidence_and_mood_follow_what_was_said() -> None:
    explained = explain(SMALL, [*OPENED, ("trainee", "You idiot. I'm sorry. You idiot, shut up")])
    assert (explained.met, explained.mood_before, explained.mood) == (("sorry",), "neutral", "tense")


def test_a_goodbye_ends_the_scene() -> None:
    explained = explain(SMALL, [*OPENED, ("trainee", "Goodbye")])
    assert explained == dataclasses.replace(
        BASE, text="Let's have a coffee.", why="goodbye", number=3, kind="closing_good", ends=True
    )


def test_after_its_end_a_scene_stays_closed() -> None:
    history: list[Spoken] = [
        *OPENED, ("trainee", "Goodbye"), ("avatar", "Let's have a coffee."), ("trainee", "The fence"),
    ]  # fmt: skip
    explained = explain(SMALL, history)
    assert (explained.why, explained.number, explained.ends) == ("over", None, True)
