"""What a conversation runs on: the avatar and the scenario as frozen, typed values.

A published version of a scenario is stored as the JSON of a :class:`ScenarioSheet` (its avatar inside), so
a conversation keeps what it ran however the admin edits avatar and scenario later. Prompts, the scripted
model and the reports read sheets, never rows.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Mood = Literal["calm", "neutral", "tense", "angry"]
"""How the avatar feels, from relaxed to furious. The order is the scale on which it heats up and cools down."""
MOODS: tuple[Mood, ...] = get_args(Mood)

FACES: tuple[str, ...] = (
    "dark-curls", "short-beard", "silver-bob", "glasses", "afro", "gray-mustache", "headscarf", "light",
)  # fmt: skip
"""The drawn portraits (see ``avatars.faces``), for avatars without a picture of their own."""

LineKind = Literal[
    "reply", "objection", "question", "small_talk", "off_topic", "silence", "closing_good", "closing_bad"
]


@dataclass(frozen=True, slots=True)
class TurnTaking:
    """How this avatar takes and gives the floor. Durations in ms."""

    patience_ms: int = 500
    """Silence after which the trainee's turn counts as ended."""
    interrupt_after_ms: int = 500
    """How long somebody must speak over the avatar before it gives way to words that it can't make out."""
    silence_prompt_s: int = 12
    """Seconds of silence after which it asks whether the trainee is still there; 0 = never."""
    cut_in_after_s: int = 0
    """Seconds that the trainee may talk in one go before the avatar takes the floor; 0 = never."""


@dataclass(frozen=True, slots=True)
class AvatarSheet:
    slug: str
    name: str
    persona: str
    style: str = ""
    language: str = "en"
    voice: str = ""
    speed: float = 1.0
    turn_taking: TurnTaking = field(default_factory=TurnTaking)
    llm: str = ""
    """The language model that plays it; empty: the one of the installation."""
    face: str = FACES[0]


@dataclass(frozen=True, slots=True)
class LineSheet:
    """One thing the avatar can say. ``cues`` are words or phrases of the trainee that call for it (any
    inflection of a word counts); no cues: said when nothing else fits. ``moods``: said only in these; empty:
    in any. ``heat`` moves the mood by that many steps once the line was called for."""

    text: str
    cues: tuple[str, ...] = ()
    moods: tuple[Mood, ...] = ()
    kind: LineKind = "reply"
    heat: int = 0


@dataclass(frozen=True, slots=True)
class CriterionSheet:
    """One yes / no check of the rubric. ``evidence`` are phrases that show it without a model's judgement."""

    slug: str
    title: str
    question: str
    weight: float = 1.0
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a metric should lie; None is open-ended."""

    metric: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class ScenarioSheet:
    slug: str
    title: str
    avatar: AvatarSheet
    brief: str
    """What the trainee reads before he begins."""
    situation: str = ""
    """What only the avatar knows."""
    objectives: tuple[str, ...] = ()
    opening_line: str = ""
    """Said first, as it stands; empty: the trainee speaks first."""
    lines: tuple[LineSheet, ...] = ()
    criteria: tuple[CriterionSheet, ...] = ()
    targets: tuple[Target, ...] = ()
    language: str = "en"
    time_limit_s: int = 600
    start_mood: Mood = "neutral"
    hot_words: tuple[str, ...] = ()
    """Trainee's words that heat the avatar up, on top of the general rude ones."""
    cool_words: tuple[str, ...] = ()
    """Trainee's words that calm it down, on top of the general kind ones."""
    enough_turns: int = 10
    """Trainee's turns after which the scripted avatar brings the scene to an end; a model judges for itself."""
    version: int = 0

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ScenarioSheet:
        """The inverse of :meth:`to_json`, also of its JSON round trip. Unknown keys of a newer version are
        dropped; a missing required key raises ``KeyError``."""
        avatar = dict(data["avatar"])
        avatar["turn_taking"] = _build(TurnTaking, avatar.get("turn_taking") or {})
        sheet: ScenarioSheet = _build(
            cls,
            {
                **data,
                "avatar": _build(AvatarSheet, avatar),
                "objectives": tuple(data.get("objectives", ())),
                "lines": tuple(_build(LineSheet, _tuples(line)) for line in data.get("lines", ())),
                "criteria": tuple(_build(CriterionSheet, _tuples(one)) for one in data.get("criteria", ())),
                "targets": tuple(_build(Target, one) for one in data.get("targets", ())),
                "hot_words": tuple(data.get("hot_words", ())),
                "cool_words": tuple(data.get("cool_words", ())),
            },
        )
        return sheet


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


def _build(cls: type[Any], data: dict[str, Any]) -> Any:
    known = {one.name for one in dataclasses.fields(cls)}
    for one in dataclasses.fields(cls):
        if (
            one.default is dataclasses.MISSING
            and one.default_factory is dataclasses.MISSING
            and one.name not in data
        ):
            raise KeyError(one.name)
    return cls(**{key: value for key, value in data.items() if key in known})
