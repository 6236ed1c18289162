"""Lists of conversations, a page at a time: what was rehearsed, when, for how long, and how it went.

However long the list, a page costs the same few queries, and opens nothing that was said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Max, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from accounts.models import User
from avatars.models import Avatar
from memory.models import Conversation, Turn
from reports.summaries import Summary, summaries_of

PER_PAGE = 20

_AVATAR = "version__scenario__avatar"
_NEEDED = (
    "status", "started_at", "ended_at", "elapsed_ms", "lease_expires_at", "trainee__preferred_name",
    "trainee__email", "version__number", "version__scenario__slug", f"{_AVATAR}__name", f"{_AVATAR}__face",
    f"{_AVATAR}__portrait__digest",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A conversation in a list."""

    conversation: Conversation
    title: str
    """The scenario's, as it was called then."""
    avatar: Avatar
    trainee: User
    length_ms: float
    summary: Summary
    state: str
    """``open`` (it goes on), ``interrupted`` (it can be taken up again), ``left`` (too late for that, and soon
    ended), ``working``, ``failed``, ``none`` or ``done``."""


def page_of(conversations: QuerySet[Conversation], number: str | None) -> Page[Row]:
    """The newest first. A number that is no page's leads to the nearest one."""
    rows = (
        conversations.select_related("trainee", f"{_AVATAR}__portrait")
        .only(*_NEEDED)
        .annotate(title=KeyTextTransform("title", "version__sheet"))
        .order_by("-started_at", "pk")
    )
    page = Paginator(rows, PER_PAGE).get_page(number)
    found: list[Conversation] = list(page.object_list)
    return Page(rows_of(found), page.number, page.paginator)  # type: ignore[arg-type]


def rows_of(conversations: Sequence[Conversation]) -> list[Row]:
    """Of conversations that :func:`page_of` has chosen."""
    summaries, lengths = summaries_of(conversations), _lengths(conversations)
    return [
        Row(
            conversation=one,
            title=one.title,  # type: ignore[attr-defined]
            avatar=one.version.scenario.avatar,
            trainee=one.trainee,
            length_ms=max(one.elapsed_ms, lengths.get(one.pk, 0.0)),
            summary=summaries[one.pk],
            state=_state(one, summaries[one.pk]),
        )
        for one in conversations
    ]


def can_be_resumed(conversation: Conversation) -> bool:
    """Whether an interrupted conversation waits for its trainee: later on it is ended as abandoned."""
    left_at = conversation.lease_expires_at
    limit = timedelta(seconds=settings.COACH_RESUME_WITHIN_S)
    return left_at is None or timezone.now() - left_at < limit


def _state(conversation: Conversation, summary: Summary) -> str:
    if conversation.status == Conversation.Status.ENDED:
        return summary.state
    if conversation.status == Conversation.Status.LIVE:
        return "open"
    return "interrupted" if can_be_resumed(conversation) else "left"


def _lengths(conversations: Sequence[Conversation]) -> dict[object, float]:
    """When the last turn ended: the conversation's own clock is written down when it is interrupted only."""
    turns = Turn.objects.filter(conversation__in=[one.pk for one in conversations]).order_by()
    return dict(turns.values_list("conversation").annotate(Max("ended_ms")))
