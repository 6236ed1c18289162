"""All metrics of one conversation, put together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from avatars.sheets import ScenarioSheet, Target
from memory.records import TurnRecord
from reports.metrics.registry import DEFINITIONS, NAMES
from reports.metrics.result import Metric, metric_of
from reports.metrics.timeline import timeline

ANALYSIS_VERSION = 1
"""Goes up with every change that gives an old conversation other numbers. A conversation has one report per
version."""

NOTICE = "Ranges are aids for practice, not verdicts, and not for employment decisions."


@dataclass(frozen=True, slots=True)
class ConversationReport:
    """The metrics by name, in the order of the registry, and what they were computed with."""

    scenario: str
    scenario_version: int
    language: str
    recognizer_writes_fillers: bool
    metrics: tuple[Metric, ...]
    unknown_targets: tuple[str, ...]
    """Targets of the scenario that name no metric there is."""

    def __getitem__(self, name: str) -> Metric:
        return next(one for one in self.metrics if one.name == name)

    def to_json(self) -> dict[str, Any]:
        return {
            "version": ANALYSIS_VERSION,
            "notice": NOTICE,
            "scenario": self.scenario,
            "scenario_version": self.scenario_version,
            "language": self.language,
            "recognizer_writes_fillers": self.recognizer_writes_fillers,
            "metrics": {one.name: one.to_json() for one in self.metrics},
            "unknown_targets": list(self.unknown_targets),
        }


def compute_report(
    turns: Iterable[TurnRecord],
    sheet: ScenarioSheet,
    *,
    recognizer_writes_fillers: bool,
    measured: Callable[[float], None] = lambda share: None,
) -> ConversationReport:
    """The report of these turns. Pure: the same turns, in whatever order, give the same report, byte for
    byte. The scenario's targets take the place of the defaults; the last of several for one metric counts.

    ``measured`` is told after each metric which share of them is done, up to 1.0."""
    line = timeline(turns, language=sheet.language, recognizer_writes_fillers=recognizer_writes_fillers)
    targets: dict[str, Target] = {one.metric: one for one in sheet.targets}
    metrics: list[Metric] = []
    for one in DEFINITIONS:
        metrics.append(
            metric_of(
                one.measure(line),
                name=one.name,
                title=one.title,
                unit=one.unit,
                decimals=one.decimals,
                target=targets.get(one.name, one.target),
            )
        )
        measured(len(metrics) / len(DEFINITIONS))
    return ConversationReport(
        scenario=sheet.slug,
        scenario_version=sheet.version,
        language=line.language,
        recognizer_writes_fillers=recognizer_writes_fillers,
        metrics=tuple(metrics),
        unknown_targets=tuple(sorted(set(targets) - NAMES)),
    )


def canonical_json(data: Any) -> str:
    """One way to write a value: sorted keys, no spaces, and no NaN. Raises ``ValueError`` on NaN."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
