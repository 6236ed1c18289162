"""Reports in the background: a Celery worker's work where there is a broker, else a thread's of the server."""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from celery import shared_task

from accounts.background import run_in_background
from accounts.vault import PersonErased
from memory.conversations import UnknownConversation, end_abandoned
from reports.analysis import analyse, error_code, mark_queued, overdue

logger = logging.getLogger(__name__)

RUNS_AGAIN: dict[str, Any] = {"acks_late": True, "reject_on_worker_lost": True, "ignore_result": True}
"""A task whose worker died is run again. So it may run twice, and must be able to."""


def request_report(*, conversation_id: UUID) -> None:
    """Have the report computed soon. Asking twice gives one report. Raises ``UnknownConversation``, and
    ``PersonErased`` once the trainee is being erased."""
    mark_queued(conversation_id=conversation_id)
    run_in_background(analyse_conversation, conversation_id=str(conversation_id))


@shared_task(name="reports.analyse_conversation", **RUNS_AGAIN)  # type: ignore[untyped-decorator]
def analyse_conversation(conversation_id: str) -> None:
    """Compute the report of a conversation. May run twice or at the same time as itself; what was deleted or
    erased before it came to run is no failure."""
    try:
        analyse(conversation_id=UUID(conversation_id))
    except (UnknownConversation, PersonErased) as exc:
        logger.info("reports.nothing_to_analyse reason=%s", error_code(exc))


@shared_task(name="reports.requeue_overdue", **RUNS_AGAIN)  # type: ignore[untyped-decorator]
def requeue_overdue() -> None:
    """Ask again for reports that were lost with their process. For a timer, or the start of the server."""
    _request_reports(overdue())


@shared_task(name="reports.end_abandoned", **RUNS_AGAIN)  # type: ignore[untyped-decorator]
def sweep_interrupted() -> None:
    """End what was interrupted and not taken up in time, and ask for its reports. What dies in between is
    found by ``requeue_overdue``."""
    _request_reports(end_abandoned())


def _request_reports(conversations: list[UUID]) -> None:
    for conversation_id in conversations:
        try:
            request_report(conversation_id=conversation_id)
        except (UnknownConversation, PersonErased) as exc:
            logger.info("reports.nothing_to_analyse reason=%s", error_code(exc))
