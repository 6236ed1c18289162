"""What a metric comes out as: a number with its links, or the reason why there is none.

A family's function returns a :class:`Measured`, a :class:`NotEnough` or an :class:`Unmeasured`;
:func:`metric_of` makes of it the :class:`Metric` that a report holds, judged against its target.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from avatars.sheets import Target

Status = Literal["measured", "not_enough_speech", "not_measurable"]
Verdict = Literal["in", "below", "above"]
Detail = int | float | str | bool | None

REASONS: Mapping[str, str] = {
    "recognizer": "not measurable with this recognizer",
    "language": "not measurable in this language",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A link to the moment behind a number: a turn, and ms from the start of the conversation."""

    seq: int
    start_ms: float
    end_ms: float
    label: str = ""
    """What is found there: ``um``, ``interruption``, ``open``..."""
    value: float | None = None
    """The number of this moment alone, in the metric's unit, where it has one."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with what belongs to it. ``estimated``: some times behind it were not the recognizer's."""

    value: float
    detail: Mapping[str, Detail] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class NotEnough:
    """Too little material for a number. ``missing`` says what is missing, for the page; ``evidence`` still
    leads to what little there is."""

    missing: str
    detail: Mapping[str, Detail] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """Nothing to count with: a key of :data:`REASONS`. Never the same as 0."""

    reason: Literal["recognizer", "language"]

    def __str__(self) -> str:
        return REASONS[self.reason]


Outcome = Measured | NotEnough | Unmeasured


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of a report, rounded and judged. ``value`` is None unless ``status`` is ``measured``; ``note``
    then says why in words, and ``reason`` in a code (``recognizer``, ``language``, ``too_little``)."""

    name: str
    title: str
    unit: str
    value: float | None
    status: Status
    reason: str | None
    note: str
    detail: Mapping[str, Detail]
    target_low: float | None
    target_high: float | None
    verdict: Verdict | None
    """None: no target, or no number."""
    estimated: bool
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; times as whole ms."""
        return {
            "title": self.title,
            "unit": self.unit,
            "value": self.value,
            "status": self.status,
            "reason": self.reason,
            "note": self.note,
            "detail": dict(self.detail),
            "target": {"low": self.target_low, "high": self.target_high},
            "verdict": self.verdict,
            "estimated": self.estimated,
            "evidence": [
                {
                    "seq": one.seq,
                    "start_ms": round(one.start_ms),
                    "end_ms": round(one.end_ms),
                    "label": one.label,
                    "value": one.value,
                }
                for one in self.evidence
            ],
        }


def metric_of(outcome: Outcome, *, name: str, title: str, unit: str, decimals: int, target: Target) -> Metric:
    """Round, judge and explain an outcome. What is judged is the rounded number, the one people see."""
    value = rounded(outcome.value, decimals) if isinstance(outcome, Measured) else None
    status, reason, note = _explained(outcome)
    return Metric(
        name=name,
        title=title,
        unit=unit,
        value=value,
        status=status,
        reason=reason,
        note=note,
        detail={} if isinstance(outcome, Unmeasured) else _rounded_detail(outcome.detail, decimals),
        target_low=target.low,
        target_high=target.high,
        verdict=None if value is None else verdict_of(value, target),
        estimated=isinstance(outcome, Measured) and outcome.estimated,
        evidence=() if isinstance(outcome, Unmeasured) else _rounded_evidence(outcome.evidence, decimals),
    )


def verdict_of(value: float, target: Target) -> Verdict | None:
    """Where a number lies. Both ends of a target belong to it; a target open at both ends judges nothing."""
    if target.low is None and target.high is None:
        return None
    if target.low is not None and value < target.low:
        return "below"
    if target.high is not None and value > target.high:
        return "above"
    return "in"


def rounded(value: float, decimals: int) -> float:
    """``value`` to so many decimals; whole numbers as int, never -0.0: one way to write each number."""
    result = round(value, decimals)
    return int(result) if result == int(result) else result


def _explained(outcome: Outcome) -> tuple[Status, str | None, str]:
    if isinstance(outcome, Measured):
        return "measured", None, ""
    if isinstance(outcome, NotEnough):
        return "not_enough_speech", "too_little", f"not enough speech: {outcome.missing}"
    return "not_measurable", outcome.reason, str(outcome)


def _rounded_detail(detail: Mapping[str, Detail], decimals: int) -> dict[str, Detail]:
    return {key: rounded(one, decimals) if isinstance(one, float) else one for key, one in detail.items()}


def _rounded_evidence(evidence: tuple[Evidence, ...], decimals: int) -> tuple[Evidence, ...]:
    """In the order of the conversation, whatever order they were found in."""
    values = (None if one.value is None else rounded(one.value, decimals) for one in evidence)
    pieces = [
        Evidence(one.seq, one.start_ms, one.end_ms, one.label, value)
        for one, value in zip(evidence, values, strict=True)
    ]
    return tuple(sorted(pieces, key=lambda one: (one.start_ms, one.seq, one.end_ms, one.label)))
