"""Every metric there is, in the order of the report. A new one is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avatars.sheets import Target
from reports.metrics.filled_pauses import AMBER_ABOVE, filled_pauses
from reports.metrics.interruptions import interruptions
from reports.metrics.longest_monologue import longest_monologue
from reports.metrics.questions import questions
from reports.metrics.response_latency import response_latency
from reports.metrics.result import Outcome
from reports.metrics.speech_rate import speech_rate
from reports.metrics.talk_ratio import talk_ratio
from reports.metrics.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric's name (as targets and reports use it), unit and default target, and what measures it."""

    name: str
    title: str
    unit: str
    decimals: int
    measure: Callable[[Timeline], Outcome]
    low: float | None = None
    high: float | None = None

    @property
    def target(self) -> Target:
        return Target(self.name, self.low, self.high)


DEFINITIONS: tuple[Definition, ...] = (
    Definition("speech_rate", "Speech rate", "words/min", 1, speech_rate, low=120.0, high=175.0),
    Definition("filled_pauses", "Filled pauses", "per 100 words", 1, filled_pauses, high=AMBER_ABOVE),
    Definition("talk_ratio", "Talk ratio", "ratio", 3, talk_ratio),
    Definition("response_latency", "Response latency", "s", 2, response_latency, low=0.0, high=1.5),
    Definition("longest_monologue", "Longest monologue", "s", 1, longest_monologue, high=76.0),
    Definition("interruptions", "Interruptions", "count", 0, interruptions),
    Definition("questions", "Questions", "count", 1, questions),
)

NAMES: frozenset[str] = frozenset(one.name for one in DEFINITIONS)
