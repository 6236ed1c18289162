"""What the report page shows, and in which of its states it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from avatars.models import Avatar, Scenario
from memory.conversations import load_turns
from memory.models import Conversation
from reports.models import Report
from reports.sentence import sentence_of
from reports.summaries import to_show
from reports.tiles import Tile, tiles_of
from reports.transcript import Line, lines_of

MOMENT = timedelta(minutes=1)
"""So long after its end a report that nobody has asked for yet counts as on its way."""


@dataclass(frozen=True, slots=True)
class ReportPage:
    """``state``: ``open`` (the conversation goes on), ``working``, ``failed``, ``none`` (nobody asked),
    ``silent`` (measured, but the trainee said nothing), ``gone`` (its key was destroyed) or ``done``."""

    conversation: Conversation
    state: str
    own: bool
    """The reader is the trainee: who alone may go on, practice again, or ask for the report."""
    title: str
    avatar: Avatar
    avatar_name: str
    length_ms: float
    progress: float = 0.0
    """0..1 while working."""
    shown: str = "none"
    """Of a report on its way, what :func:`shown_of` gives."""
    running: bool = False
    """Being measured, and no longer waiting for its turn."""
    sentence: str = ""
    tiles: list[Tile] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    typed: int = 0
    """How many turns were typed: they are left out of what is measured."""
    published: bool = False

    @property
    def can_repeat(self) -> bool:
        """Where something else comes first (going on, asking again) that alone is offered."""
        return self.own and self.published and self.state in ("done", "silent", "gone")


def report_page(conversation: Conversation, *, reader: User) -> ReportPage:
    """Needs a conversation that ``reader`` may read, with its ``version__scenario__avatar__portrait`` and its
    ``trainee``."""
    held = load_turns(conversation_id=conversation.pk)
    report, scenario = current_report(conversation), conversation.version.scenario
    own = conversation.trainee_id == reader.pk
    page = partial(
        ReportPage,
        conversation=conversation,
        own=own,
        title=held.sheet.title,
        typed=sum(turn.kind == "typed" for turn in held.turns),
        avatar=scenario.avatar,
        avatar_name=held.sheet.avatar.name,
        length_ms=held.elapsed_ms,
        published=scenario.status == Scenario.Status.PUBLISHED,
    )
    state = state_of(conversation, report)
    names = {
        "trainee": _("You") if own else str(conversation.trainee),
        "avatar": held.sheet.avatar.name,
        "coach": _("Coach"),
    }
    if report is None or state != "done":
        return page(
            state=state,
            shown=shown_of(report),
            progress=report.progress if report else 0.0,
            running=report is not None and report.status == Report.Status.RUNNING,
        )
    metrics: Mapping[str, Any] = (report.metrics or {}).get("metrics", {})
    lines = lines_of(held.turns, metrics, names)
    if not metrics:
        return page(state="gone", lines=[])
    if not any(one.speaker == "trainee" for one in held.turns):
        return page(state="silent", lines=lines)
    tiles = tiles_of(metrics, names)
    return page(state="done", sentence=sentence_of(metrics, own=own), tiles=tiles, lines=lines)


def shown_of(report: Report | None) -> str:
    """What a page shows of a report on its way, as a word for an address: the page says it when it asks whether
    there is news."""
    if report is None:
        return "none"
    running = report.status == Report.Status.RUNNING
    return f"{report.status}-{report.progress:.2f}" if running else str(report.status)


def current_report(conversation: Conversation, *, opened: bool = True) -> Report | None:
    """The one to show; ``opened`` or not: with its metrics."""
    chosen = to_show(
        Report.objects.filter(conversation=conversation).only(
            "conversation_id", "analysis_version", "status", "progress"
        )
    )
    if opened and chosen is not None and chosen.status == Report.Status.DONE:
        chosen.refresh_from_db(fields=["metrics"])
    return chosen


def state_of(conversation: Conversation, report: Report | None) -> str:
    """As :class:`ReportPage` has it, except what only the report's content tells."""
    if report is not None and report.status == Report.Status.DONE:
        return "done"
    if conversation.status != Conversation.Status.ENDED:
        return "open"
    if report is None:
        ended_at = conversation.ended_at
        return "working" if ended_at is not None and timezone.now() - ended_at < MOMENT else "none"
    return "failed" if report.status == Report.Status.FAILED else "working"
