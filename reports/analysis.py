"""From a stored conversation to its report: load the turns, compute, store.

The metrics themselves are in ``reports.metrics``. Every function manages its own scope. Logs and stored
errors hold codes only, never what was said.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_scopes import scopes_disabled

from memory.conversations import load_turns, lock_for_writing
from memory.models import Conversation
from reports.metrics import ANALYSIS_VERSION, compute_report
from reports.models import Report
from reports.summaries import count

OVERDUE_AFTER = timedelta(minutes=15)
"""A report that has waited or run for this long was lost with its process. Longer than a task may run."""

BEGUN, LOADED, MEASURED = 0.1, 0.3, 0.9
"""How far a report is (of 1.0) when it begins, when what was said is loaded, and when all of it is measured."""

STEP = 0.2
"""A smaller step forward is not stored: a page that asks every second could hardly show it."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def analyse(*, conversation_id: UUID) -> Report:
    """Compute and store the report of a conversation by the current analysis; running it again gives the same.

    Raises ``UnknownConversation``, ``PersonErased`` once the trainee is being erased, and whatever else went
    wrong, after its code was stored on the report (a report that is done stays as it was).
    """
    try:
        _mark(conversation_id, Report.Status.RUNNING, progress=BEGUN)
        held = load_turns(conversation_id=conversation_id)
        progress = _Progress(conversation_id)
        progress.reach(LOADED)
        report = compute_report(
            held.turns,
            held.sheet,
            recognizer_writes_fillers=_writes_fillers(conversation_id),
            measured=lambda share: progress.reach(LOADED + share * (MEASURED - LOADED)),
        )
        return _store(conversation_id, report.to_json())
    except Exception as exc:
        _note_failure(conversation_id, error_code(exc))
        raise


class _Progress:
    """How far a running report is, kept where its page finds it."""

    def __init__(self, conversation_id: UUID) -> None:
        self._conversation_id, self._stored = conversation_id, BEGUN

    def reach(self, share: float) -> None:
        # Not as a difference of floats: 0.5 - 0.3 is less than 0.2.
        if round(share - self._stored, 6) < STEP:
            return
        self._stored = share
        with scopes_disabled():
            # Never backwards: another task may be computing the same report, and be further.
            Report.objects.filter(
                conversation_id=self._conversation_id,
                analysis_version=ANALYSIS_VERSION,
                status=Report.Status.RUNNING,
                progress__lt=share,
            ).update(progress=share, updated_at=timezone.now())


def mark_queued(*, conversation_id: UUID) -> None:
    """Put down that a report is wanted, so that it is found if its task is lost. Raises
    ``UnknownConversation``."""
    _mark(conversation_id, Report.Status.QUEUED, progress=0.0)


def overdue(*, older_than: timedelta = OVERDUE_AFTER) -> list[UUID]:
    """Conversations whose report was asked for, or should have been, and did not come. One that failed is not
    among them: it would fail again."""
    limit = timezone.now() - older_than
    with scopes_disabled():
        stuck = Report.objects.filter(
            analysis_version=ANALYSIS_VERSION,
            status__in=(Report.Status.QUEUED, Report.Status.RUNNING),
            updated_at__lt=limit,
        )
        never_asked = Conversation.objects.filter(
            status=Conversation.Status.ENDED, ended_at__lt=limit, reports__isnull=True
        )
        found = {*stuck.values_list("conversation_id", flat=True), *never_asked.values_list("pk", flat=True)}
    return sorted(found)


def report_json(*, conversation_id: UUID) -> dict[str, Any]:
    """The current report as plain JSON: ``status`` (``none`` before it was asked for), ``progress`` 0..1,
    ``error_code``, and once it is done what ``ConversationReport.to_json`` gives (``metrics`` by name)."""
    with scopes_disabled():
        report = Report.objects.filter(
            conversation_id=conversation_id, analysis_version=ANALYSIS_VERSION
        ).first()
    if report is None:
        return {"status": "none", "progress": 0.0, "error_code": ""}
    head = {"status": report.status, "progress": report.progress, "error_code": report.error_code}
    return {**head, **(report.metrics or {})}


def error_code(error: Exception) -> str:
    """A failure's own ``code``, or the name of its class in words: ``operational_error``."""
    code = getattr(error, "code", None)
    own = code if isinstance(code, str) and code else _CAMEL.sub("_", type(error).__name__).lower()
    return own[:64]


def _mark(conversation_id: UUID, status: str, *, progress: float) -> None:
    """Make the report's row if there is none; a report that is done stays readable while it is recomputed."""
    with scopes_disabled(), transaction.atomic():
        lock_for_writing(conversation_id)
        report, made = Report.objects.get_or_create(
            conversation_id=conversation_id,
            analysis_version=ANALYSIS_VERSION,
            defaults={"status": status, "progress": progress},
        )
        if not made:
            Report.objects.filter(~Q(status=Report.Status.DONE), pk=report.pk).update(
                status=status, progress=progress, error_code="", updated_at=timezone.now()
            )


def _store(conversation_id: UUID, metrics: dict[str, Any]) -> Report:
    """Upsert. Two tasks for one conversation write the same; a person who is being erased meanwhile waits
    for this transaction, or this one is refused."""
    with scopes_disabled(), transaction.atomic():
        conversation = lock_for_writing(conversation_id)
        Report.objects.bulk_create(
            [
                Report(
                    conversation=conversation,
                    analysis_version=ANALYSIS_VERSION,
                    status=Report.Status.DONE,
                    progress=1.0,
                    error_code="",
                    metrics=metrics,
                    summary=count(metrics),
                )
            ],
            update_conflicts=True,
            unique_fields=["conversation", "analysis_version"],
            update_fields=["status", "progress", "error_code", "metrics", "summary", "updated_at"],
        )
        return Report.objects.select_related("conversation").get(
            conversation=conversation, analysis_version=ANALYSIS_VERSION
        )


def _note_failure(conversation_id: UUID, code: str) -> None:
    with scopes_disabled():
        Report.objects.filter(
            ~Q(status=Report.Status.DONE), conversation_id=conversation_id, analysis_version=ANALYSIS_VERSION
        ).update(status=Report.Status.FAILED, error_code=code, updated_at=timezone.now())


def _writes_fillers(conversation_id: UUID) -> bool:
    """Whether the recognizer that ran could write "um". ``engines["stt"]`` is ``{"name": ..., "writes_fillers":
    bool}``; where it does not say so, it could not."""
    with scopes_disabled():
        engines = Conversation.objects.values_list("engines", flat=True).filter(pk=conversation_id).first()
    recognizer = engines.get("stt") if isinstance(engines, dict) else None
    return isinstance(recognizer, dict) and recognizer.get("writes_fillers") is True
