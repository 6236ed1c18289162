"""Short hands for writing script lines."""

from __future__ import annotations

from avatars.sheets import LineKind, LineSheet, Mood

HOT: tuple[Mood, ...] = ("tense", "angry")
COOL: tuple[Mood, ...] = ("calm", "neutral")


def cues(text: str) -> tuple[str, ...]:
    """Cues written as one text, with commas between them."""
    return tuple(one.strip() for one in text.split(","))


INSULTS = cues(
    "stupid, idiot, shut up, ridiculous, dumb, liar, pathetic, useless, whining, complaining, nobody "
    "cares, i dont care, get over it, waste of time, wasting my time, boring, nonsense, lazy, "
    "incompetent, annoying, crazy, loser, garbage, get lost"
)
ELSEWHERE = cues(
    "weather, sunny, football, baseball, basketball, soccer, pizza, recipe, cook, movie, film, "
    "netflix, music, concert, guitar, vacation, holiday, beach, dog, cat, politics, president, "
    "election, astrology, horoscope, joke, video game, dinosaur, moon, aliens, garden, tomatoes, "
    "traffic, haircut, celebrity, favorite color, breakfast, sandwich, fishing, unicorn"
)
"""Things that people bring up when they leave the subject."""


def say(
    text: str, *cues: str, moods: tuple[Mood, ...] = (), kind: LineKind = "reply", heat: int = 0
) -> LineSheet:
    """A line; without cues it is said when nothing else fits."""
    return LineSheet(text=text, cues=cues, moods=moods, kind=kind, heat=heat)
