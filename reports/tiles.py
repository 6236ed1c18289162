"""A stored metric as a tile: a number in words, how it lies to its target, and the moments behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from reports.numbers import clock, seconds
from reports.wording import Text, Wording, why_not_measured, wording_of

MOMENTS = 3
"""So many links are shown at once; the others are unfolded."""

WIDTH = 200.0
"""Of the scale's drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A link into the transcript."""

    seq: int
    time: str
    words: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number lies to its target, as x in a drawing :data:`WIDTH` wide."""

    band_start: float
    band_width: float
    mark: float


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    title: Text
    number: str
    """Empty: not measured, and ``why`` says why."""
    unit: str
    prefix: Text
    why: str
    target: str
    verdict: str
    """``in``, ``below``, ``above``, ``free`` (no target to be judged by) or ``unmeasured``."""
    verdict_words: str
    scale: Scale | None
    meaning: Text
    more: tuple[str, ...]
    estimated: bool
    moments: tuple[Moment, ...]
    further: tuple[Moment, ...]


def tiles_of(metrics: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> list[Tile]:
    """In the order of the report. ``names`` are the speakers', as the reader knows them."""
    return [_tile(name, metric, names) for name, metric in metrics.items()]


def _tile(name: str, metric: Mapping[str, Any], names: Mapping[str, str]) -> Tile:
    wording, value, target = wording_of(name, metric), metric["value"], metric["target"]
    measured = value is not None
    verdict = (metric["verdict"] or "free") if measured else "unmeasured"
    moments = _moments(name, wording, metric, names)
    return Tile(
        name=name,
        title=wording.title,
        number=wording.number_beside(value, target["low"], target["high"]) if measured else "",
        unit=wording.unit(value) if measured else "",
        prefix=wording.at_least if measured else "",
        why="" if measured else why_not_measured(metric),
        target=wording.target(target["low"], target["high"]),
        verdict=verdict,
        verdict_words=_verdict_words(verdict),
        scale=_scale(value, target["low"], target["high"]) if measured else None,
        meaning=wording.meaning,
        more=tuple(wording.more(metric["detail"])) if measured else (),
        estimated=bool(metric["estimated"]),
        moments=tuple(moments[:MOMENTS]),
        further=tuple(moments[MOMENTS:]),
    )


def _verdict_words(verdict: str) -> str:
    return {
        "in": _("On target"),
        "below": _("Below the target"),
        "above": _("Above the target"),
        "free": _("No target"),
        "unmeasured": _("Not measured"),
    }[verdict]


def _scale(value: float, low: float | None, high: float | None) -> Scale | None:
    """From zero (or what lies below it) to a little beyond what is farthest right."""
    if low is None and high is None:
        return None
    least = min(0.0, value)
    most = max(value, high or 0.0, low or 0.0, least + 1e-9) + 0.25 * max(abs(value), high or low or 1.0)
    x = WIDTH / (most - least)
    start = least if low is None else low
    end = most if high is None else high
    return Scale(
        band_start=round((start - least) * x, 1),
        band_width=round((end - start) * x, 1),
        mark=round(min(max((value - least) * x, 4.0), WIDTH - 4.0), 1),
    )


def _moments(name: str, wording: Wording, metric: Mapping[str, Any], names: Mapping[str, str]) -> list[Moment]:
    return [
        Moment(one["seq"], clock(one["start_ms"]), _moment_words(name, wording, one, names))
        for one in metric["evidence"]
    ]


def _moment_words(name: str, wording: Wording, evidence: Mapping[str, Any], names: Mapping[str, str]) -> str:
    label, value = evidence["label"], evidence["value"]
    if value is not None:
        return wording.value(value)
    if label in names:
        length = seconds((evidence["end_ms"] - evidence["start_ms"]) / 1000)
        return _("%(who)s, %(time)s") % {"who": names[label], "time": length}
    if label == "monologue":
        return _("to %(time)s") % {"time": clock(evidence["end_ms"])}
    known = {
        "interruption": _("took the floor"),
        "backchannel": _("sign of listening"),
        "avatar_cut_in": _("the avatar cut in"),
        "open": _("open"),
        "closed": _("closed"),
        "question": _("question"),
    }
    # The filler itself: "um".
    return known.get(label, f"“{label}”" if name == "filled_pauses" and label else label)
