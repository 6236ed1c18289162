"""Which line the scripted avatar says next: a pure function of the sheet and of what was said so far.

Nothing is remembered between two calls. Who has said what is in the history; from it follow which lines
are used up (of an interrupted line the history holds only the beginning that was heard), how the avatar
feels, and whether the scene has reached its end. So a reconnect, another process or a speculative call
that is thrown away change nothing.

The next line is, in this order: a closing line if the scene is at its end; the unused line whose cues fit
best; an unused line without cues; a closing line, for there is nothing left to say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from avatars.hearing import FUNCTION_WORDS, stem, words_of
from avatars.matching import CueIndex, rarity
from avatars.mood import TOP, clamp, directed_mood, heat, level_of, mood_at
from avatars.prompts import Direction, Occasion
from avatars.sheets import LineSheet, Mood, ScenarioSheet
from avatars.stock import GOODBYES, STILL_THERE, says_goodbye

Spoken = tuple[Literal["trainee", "avatar"], str]
"""Who said it, and what was heard."""

LEAST_FIT = 0.3
"""A line whose cues fit less than this was not called for."""
FURIOUS_TURNS = 5
"""After so many turns of the trainee in a row that leave the avatar furious, it ends the scene."""
GOAL_TURNS = 6
"""No scene ends well before this turn, however well it goes."""
GOAL_SHARE = 1.0
"""Share of the criteria that must be met for an early good end."""


@dataclass(slots=True)
class Scene:
    """How things stand after a history."""

    level: float
    """0 calm .. 3 angry."""
    used: set[str] = field(default_factory=set)
    """Lines that were said or begun, as :func:`spoken_form`."""
    trainee_turns: int = 0
    furious_turns: int = 0
    met: set[str] = field(default_factory=set)
    """Slugs of the criteria whose evidence was heard."""
    query: str = ""
    """What is to be answered; empty if the trainee has said nothing since the avatar spoke."""
    ended: Literal["", "good", "bad"] = ""
    """How the avatar has closed the scene already."""
    waiting: list[Direction] = field(default_factory=list)
    """Directions that have not acted yet, in the order in which they will."""

    @property
    def mood(self) -> Mood:
        return mood_at(self.level)

    def copy(self) -> Scene:
        return replace(self, used=set(self.used), met=set(self.met), waiting=list(self.waiting))

    def direct(self, *, due: bool = False) -> None:
        """Let the directions act that wait; ``due``: only those that came before this place."""
        while self.waiting and (not due or _is_due(self.waiting[0], self.trainee_turns)):
            _direct(self, self.waiting.pop(0))


Why = Literal[
    "opening", "cues", "no_cues", "question", "silence",
    "met", "enough", "furious", "goodbye", "over", "asked_to_end", "nothing_left",
]  # fmt: skip
"""Why a line was chosen. ``cues``: they fit best; ``no_cues``: nothing fit, and it needs none; ``question``:
neither, so one that asks; from ``met`` on, why the scene is closed: the criteria are met, the trainee has
taken enough turns, it stayed furious, they said goodbye, it was closed before, somebody asked for the end,
there is nothing left to say."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is said next, and why. ``fit``: how well its cues fit, where they decided."""

    text: str
    why: Why
    fit: float = 0.0


def spoken_form(text: str) -> str:
    """A line as it is recognized again: its words alone."""
    return " ".join(words_of(text))


@lru_cache(maxsize=64)
def script_of(sheet: ScenarioSheet) -> Script:
    """The sheet, prepared once per process."""
    return Script(sheet)


def is_closing(sheet: ScenarioSheet, text: str) -> bool:
    """Whether the avatar ends the scene with this text: one of the closing lines, whole or the beginning
    that was heard of it (three words or more that begin no other line)."""
    return script_of(sheet).is_closing(text)


def mood_of(sheet: ScenarioSheet, history: Sequence[Spoken], directions: Sequence[Direction] = ()) -> Mood:
    """How the avatar feels after this history."""
    return script_of(sheet).scene(history, directions).mood


class Script:
    """A scenario's lines, ready to be chosen from."""

    def __init__(self, sheet: ScenarioSheet) -> None:
        self.sheet = sheet
        self._forms = {spoken_form(line.text): line for line in sheet.lines}
        self._good = _texts(sheet.lines, "closing_good")
        self._bad = _texts(sheet.lines, "closing_bad")
        self._silence = _texts(sheet.lines, "silence")
        closings = (*self._good, *self._bad, *GOODBYES)
        self._closings = {spoken_form(text): text in self._good for text in closings}
        opening = (sheet.opening_line,) if sheet.opening_line else ()
        self._all_forms = tuple(
            dict.fromkeys((*self._forms, *map(spoken_form, (*opening, *STILL_THERE, *GOODBYES))))
        )
        self._prepare_cues()

    def _prepare_cues(self) -> None:
        spoken = [line for line in self.sheet.lines if line.kind not in _SPECIAL]
        self._cued = [line for line in spoken if line.cues]
        self._uncued = [line for line in spoken if not line.cues]
        flat = list(dict.fromkeys(cue for line in self._cued for cue in line.cues))
        place = {cue: index for index, cue in enumerate(flat)}
        self._index = CueIndex(flat)
        # Lines of one topic share their cues; a topic counts once, or its words would seem common.
        worth = rarity({line.cues for line in self._cued})
        self._weights = [_worth(cue, worth) for cue in flat]
        self._calls = [tuple(place[cue] for cue in line.cues) for line in self._cued]
        evidence = [(one.slug, phrase) for one in self.sheet.criteria for phrase in one.evidence]
        self._evidence = CueIndex([phrase for _, phrase in evidence], exact_below=5)
        self._evidence_of = [slug for slug, _ in evidence]

    # -- what the history says -------------------------------------------------------------------------------

    def scene(self, history: Sequence[Spoken], directions: Sequence[Direction] = ()) -> Scene:
        """Fold the history. A direction acts before the trainee's turn that followed it; one that does not
        know its place acts now."""
        scene = self.begin(directions)
        for speaker, text in history:
            self.hear(scene, speaker, text)
        scene.direct()
        return scene

    def begin(self, directions: Sequence[Direction] = ()) -> Scene:
        """How things stand before anything was said."""
        placed = sorted(
            (one for one in directions if one.after_turns is not None), key=lambda one: one.after_turns or 0
        )
        waiting = [*placed, *(one for one in directions if one.after_turns is None)]
        return Scene(level=level_of(self.sheet.start_mood), waiting=waiting)

    def hear(self, scene: Scene, speaker: Literal["trainee", "avatar"], text: str) -> None:
        """One more turn."""
        if speaker == "avatar":
            self._hear_avatar(scene, text)
        else:
            scene.direct(due=True)
            self._hear_trainee(scene, text)

    def _hear_trainee(self, scene: Scene, text: str) -> None:
        # Two turns in a row: the first was never answered, so the answer is to both.
        scene.query = f"{scene.query} {text}".strip()
        scene.trainee_turns += 1
        scene.level = clamp(scene.level + heat(self.sheet, text))
        scene.furious_turns = scene.furious_turns + 1 if scene.level >= TOP - 0.5 else 0
        scene.met.update(
            self._evidence_of[cue] for cue, sure in self._evidence.hits(text).items() if sure >= 0.7
        )

    def _hear_avatar(self, scene: Scene, text: str) -> None:
        if form := self._recognized(scene, text):
            scene.used.add(form)
            if line := self._forms.get(form):
                scene.level = clamp(scene.level + line.heat)
            if form in self._closings:
                scene.ended = "good" if self._closings[form] else scene.ended or "bad"
        scene.query = ""

    def _recognized(self, scene: Scene, text: str) -> str:
        """Which line this is, or is the beginning of; "" if none."""
        heard = spoken_form(text)
        if not heard or heard in self._all_forms:
            return heard
        begun = [
            f for f in self._all_forms if f not in scene.used and (f.startswith(heard) or heard.startswith(f))
        ]
        if len(begun) < 2:
            return begun[0] if begun else ""
        # "I" begins many lines: it was the one that would have been chosen, or else the one that fits best.
        chosen = spoken_form(self._answer(scene).text)
        if chosen in begun:
            return chosen
        fits = {spoken_form(line.text): fit for fit, line in self._fits(scene.query)}
        return max(begun, key=lambda form: fits.get(form, 0.0))

    # -- what to say -----------------------------------------------------------------------------------------

    def say(
        self, history: Sequence[Spoken], occasion: Occasion = "answer", directions: Sequence[Direction] = ()
    ) -> str:
        """The next line, never empty and (as long as there are any) never one that was said before."""
        return self.choose(self.scene(history, directions), occasion, directions).text

    def choose(
        self, scene: Scene, occasion: Occasion = "answer", directions: Sequence[Direction] = ()
    ) -> Choice:
        """What is said as things stand, and why."""
        if scene.ended or occasion == "closing":
            return self._closing(scene, "over" if scene.ended else "asked_to_end")
        if occasion == "opening":
            opening = self.sheet.opening_line
            if opening and spoken_form(opening) not in scene.used:
                return Choice(opening, "opening")
        if occasion == "silence":
            text = self._first(scene, (*self._silence, *STILL_THERE))
            return Choice(text, "silence") if text else self._closing(scene, "nothing_left")
        if not scene.query and directions:
            # A direction that acts at once: the line that it names, if there is one.
            scene.query = directions[-1].text
        return self._answer(scene)

    def _answer(self, scene: Scene) -> Choice:
        if why := self._at_its_end(scene):
            return self._closing(scene, why)
        fits = [
            (fit, line)
            for fit, line in self._fits(scene.query)
            if spoken_form(line.text) not in scene.used and (not line.moods or scene.mood in line.moods)
        ]
        if fits:
            # max keeps the first of equals: the order of the lines decides
            fit, line = max(fits, key=lambda one: one[0])
            if fit >= LEAST_FIT:
                return Choice(line.text, "cues", fit)
        return self._fallback(scene) or self._closing(scene, "nothing_left")

    def heard_cues(self, query: str, text: str) -> tuple[str, ...]:
        """Which cues of the line with this text were said, in the line's order."""
        places = self._index.places(words_of(query)[-MOST_RELEVANT:])
        return tuple(
            cue
            for line, calls in zip(self._cued, self._calls, strict=True)
            if line.text == text
            for cue, place in zip(line.cues, calls, strict=True)
            if place in places
        )

    def _fits(self, query: str) -> list[tuple[float, LineSheet]]:
        """How well each line with cues answers this. What was said last counts a little more."""
        said = words_of(query)[-MOST_RELEVANT:]
        if not said:
            return []
        strengths = {
            cue: strength * strength * self._weights[cue] * (1 + 0.3 * (last + 1) / len(said))
            for cue, (strength, last) in self._index.places(said).items()
        }
        result = []
        for line, cues in zip(self._cued, self._calls, strict=True):
            found = sorted((strengths[cue] for cue in cues if cue in strengths), reverse=True)
            if found:
                result.append((sum(one * 0.35**rank for rank, one in enumerate(found)), line))
        return result

    def _fallback(self, scene: Scene) -> Choice | None:
        fresh = [line for line in self._uncued if spoken_form(line.text) not in scene.used]
        for wanted in (True, False):
            for line in fresh:
                if bool(line.moods) is wanted and (not line.moods or scene.mood in line.moods):
                    return Choice(line.text, "no_cues")
        asking = (line.text for line in self._cued if line.kind == "question" and not line.moods)
        text = self._first(scene, asking)
        return Choice(text, "question") if text else None

    def _at_its_end(self, scene: Scene) -> Literal["", "met", "enough", "furious", "goodbye"]:
        """Why the scene is at its end; "" if it is not."""
        if not scene.trainee_turns:
            return ""
        evident = {one.slug for one in self.sheet.criteria if one.evidence}
        reached = (
            bool(evident)
            and scene.trainee_turns >= GOAL_TURNS
            and scene.level < 1.0
            and len(scene.met) >= math.ceil(GOAL_SHARE * len(evident))
        )
        if reached:
            return "met"
        if scene.trainee_turns >= self.sheet.enough_turns:
            return "enough"
        if scene.furious_turns >= FURIOUS_TURNS:
            return "furious"
        return "goodbye" if says_goodbye(scene.query) else ""

    def _closing(self, scene: Scene, why: Why) -> Choice:
        good = scene.ended == "good" or (not scene.ended and scene.level < 1.5)
        lines = self._good if good else self._bad
        return Choice(self._first(scene, (*lines, *GOODBYES)) or GOODBYES[0], why)

    def _first(self, scene: Scene, texts: Iterable[str]) -> str:
        return next((text for text in texts if spoken_form(text) not in scene.used), "")

    def is_closing(self, text: str) -> bool:
        heard = spoken_form(text)
        if heard in self._closings:
            return True
        begun = [form for form in self._all_forms if form.startswith(heard)] if heard.count(" ") >= 2 else []
        return bool(begun) and all(form in self._closings for form in begun)


_SPECIAL = frozenset({"silence", "closing_good", "closing_bad"})
MOST_RELEVANT = 120
"""Words of the trainee, from the end, that a line is looked for with."""


def _worth(cue: str, worth: dict[str, float]) -> float:
    """What it tells that a cue was said: rare words tell more, longer phrases more, but not in proportion."""
    words = set(words_of(cue))
    told = (worth[stem(word)] * (0.25 if word in FUNCTION_WORDS else 1.0) for word in words)
    return float(sum(told) ** 0.75)


def _texts(lines: Iterable[LineSheet], kind: str) -> tuple[str, ...]:
    return tuple(line.text for line in lines if line.kind == kind)


def _is_due(direction: Direction, trainee_turns: int) -> bool:
    return direction.after_turns is not None and direction.after_turns <= trainee_turns


def _direct(scene: Scene, direction: Direction) -> None:
    if mood := directed_mood(direction.text):
        scene.level = level_of(mood)
        scene.furious_turns = 0
