"""Why the scripted avatar says what it says: what an author sees when rehearsing by typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avatars.mood import clamp, mood_at
from avatars.prompts import Occasion
from avatars.script import Spoken, Why, script_of, spoken_form
from avatars.sheets import LineKind, Mood, ScenarioSheet


@dataclass(frozen=True, slots=True)
class Explained:
    """One answer of the scripted avatar."""

    text: str
    why: Why
    number: int | None
    """Which of the scenario's lines it is, counted from 1; None: a stock line or the opening line."""
    kind: LineKind | None
    fit: float
    """How well its cues fit what was said; 0 where they did not decide."""
    cues: tuple[str, ...]
    """Those that were heard."""
    mood_before: Mood
    """Before what is answered was said; ``mood``: after it, ``mood_after``: after the answer."""
    mood: Mood
    mood_after: Mood
    met: tuple[str, ...]
    """Slugs of the criteria whose evidence was heard so far, in the scenario's order."""
    ends: bool
    """Whether the scene is over with it."""


def explain(sheet: ScenarioSheet, history: Sequence[Spoken], occasion: Occasion = "answer") -> Explained:
    """What ``Script.say`` says after this history, with the reasons."""
    script = script_of(sheet)
    scene = script.scene(history)
    query = scene.query
    choice = script.choose(scene, occasion)
    number = _number_of(sheet, choice.text)
    line = sheet.lines[number - 1] if number else None
    return Explained(
        text=choice.text,
        why=choice.why,
        number=number,
        kind=line.kind if line else None,
        fit=round(choice.fit, 2),
        cues=script.heard_cues(query, choice.text) if choice.why == "cues" else (),
        mood_before=script.scene(_answered(history)).mood,
        mood=scene.mood,
        mood_after=mood_at(clamp(scene.level + (line.heat if line else 0))),
        met=tuple(one.slug for one in sheet.criteria if one.slug in scene.met),
        ends=script.is_closing(choice.text),
    )


def _answered(history: Sequence[Spoken]) -> Sequence[Spoken]:
    """The history without what is to be answered now."""
    last = max((place for place, (speaker, _) in enumerate(history) if speaker == "avatar"), default=-1)
    return history[: last + 1]


def _number_of(sheet: ScenarioSheet, text: str) -> int | None:
    form = spoken_form(text)
    if text == sheet.opening_line:
        return None
    return next((place for place, one in enumerate(sheet.lines, 1) if spoken_form(one.text) == form), None)
