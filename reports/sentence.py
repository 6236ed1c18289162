"""The one calm sentence on top of a report: how many measures were on target, and the one most worth
practicing. Computed from the numbers, so it can't say more than they do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports.wording import wording_of

Metrics = Mapping[str, Mapping[str, Any]]


def sentence_of(metrics: Metrics, *, own: bool) -> str:
    """``own``: the reader is the trainee, and is addressed."""
    judged = {name: one for name, one in metrics.items() if one["verdict"] is not None}
    if not judged:
        return _("There was too little speech to hold against a target. The transcript is below.")
    off = {name: one for name, one in judged.items() if one["verdict"] != "in"}
    first = _how_many(len(judged) - len(off), len(judged))
    if not off:
        return first
    name = max(off, key=lambda name: distance(off[name]))
    return f"{first} {_advice(name, off[name], own=own)}"


def distance(metric: Mapping[str, Any]) -> float:
    """How far a number lies off its target, in widths of the target (of an open one, in its own bound): the
    only way in which a share and a number of seconds can be compared."""
    low, high, value = metric["target"]["low"], metric["target"]["high"], metric["value"]
    gap = low - value if metric["verdict"] == "below" else value - high
    width = high - low if low is not None and high is not None else abs(high if low is None else low)
    return float(gap / (width or 1.0))


def _how_many(on_target: int, judged: int) -> str:
    numbers = {"on_target": in_words(on_target).capitalize(), "judged": in_words(judged)}
    if judged == 1:
        on, off = _("The one measure with a target was on it."), _("The one measure with a target was off it.")
        return on if on_target else off
    if on_target == judged:
        if judged == 2:
            return _("Both measures with a target were on it.")
        return _("All %(judged)s measures with a target were on it.") % numbers
    if not on_target:
        return _("None of the %(judged)s measures with a target was on it yet.") % numbers
    return (
        ngettext(
            "One of %(judged)s measures was on target.",
            "%(on_target)s of %(judged)s measures were on target.",
            on_target,
        )
        % numbers
    )


def _advice(name: str, metric: Mapping[str, Any], *, own: bool) -> str:
    wording = wording_of(name, metric)
    low, high = metric["target"]["low"], metric["target"]["high"]
    value = wording.value(metric["value"], low, high)
    advice = wording.advice.get(metric["verdict"])
    if own and advice:
        return str(advice) % {"value": value}
    value = f"{wording.at_least} {value}".strip()
    parts = {"title": wording.title, "value": value, "target": wording.target(low, high)}
    return _("Most worth practicing next: %(title)s, %(value)s (target: %(target)s).") % parts


def in_words(number: int) -> str:
    """Small numbers as words."""
    words = (
        _("zero"), _("one"), _("two"), _("three"), _("four"), _("five"),
        _("six"), _("seven"), _("eight"), _("nine"), _("ten"),
    )  # fmt: skip
    return words[number] if number < len(words) else str(number)
