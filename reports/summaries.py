"""A report in a line, for lists: how many of the measures that have a target were on it.

The two numbers are kept beside the report in a small sealed column of their own, so that a list opens no
report. They are sealed like the rest: how well somebody did is about a person, and must become unreadable
with their key.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import vault
from memory.models import Conversation
from reports.models import Report

State = Literal["none", "working", "failed", "done"]

_STATES: Mapping[str, State] = {
    Report.Status.QUEUED: "working",
    Report.Status.RUNNING: "working",
    Report.Status.FAILED: "failed",
    Report.Status.DONE: "done",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """``judged``: measured, and with a target to be judged by. ``line`` is both numbers in words of the
    language in use, and empty unless the report is done and something was judged."""

    state: State
    on_target: int = 0
    judged: int = 0
    line: str = ""


def summary_of(report: Report | None) -> Summary:
    """Of a report, or of none. Needs its ``status`` and its ``summary``, nothing else."""
    if report is None:
        return Summary("none")
    state = _STATES[report.status]
    if state != "done":
        return Summary(state)
    # A report that is older than the column has its numbers in the metrics.
    counts = report.summary or count(report.metrics)
    on_target, judged = int(counts["on_target"]), int(counts["judged"])
    return Summary(state, on_target, judged, _line(on_target, judged))


def summaries_of(conversations: Collection[Conversation]) -> dict[UUID, Summary]:
    """By conversation, for every one given; two queries at most, however many people they are of."""
    vault.fetch_keys({one.trainee_id for one in conversations})
    reports = Report.objects.filter(conversation__in=[one.pk for one in conversations]).only(
        "conversation_id", "analysis_version", "status", "summary"
    )
    found: dict[UUID, list[Report]] = {one.pk: [] for one in conversations}
    for report in reports:
        found[report.conversation_id].append(report)
    return {pk: summary_of(to_show(of_one)) for pk, of_one in found.items()}


def to_show(reports: Iterable[Report]) -> Report | None:
    """Of a conversation's reports, one per analysis version: the newest that is done, else the newest."""
    return max(reports, key=lambda one: (one.status == Report.Status.DONE, one.analysis_version), default=None)


def count(metrics: Mapping[str, Any] | None) -> dict[str, int]:
    """What is kept as ``Report.summary``, from what is kept as ``Report.metrics``."""
    verdicts = [one["verdict"] for one in (metrics or {}).get("metrics", {}).values()]
    judged = [one for one in verdicts if one is not None]
    return {"on_target": judged.count("in"), "judged": len(judged)}


def _line(on_target: int, judged: int) -> str:
    if not judged:
        return ""
    return _("%(on_target)d of %(judged)d on target") % {"on_target": on_target, "judged": judged}
