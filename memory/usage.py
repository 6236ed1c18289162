"""What became of scenarios and assignments: how often they were rehearsed, and whether."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from avatars.models import Assignment, Scenario
from memory.models import Conversation, Turn


def rehearsed_since(assignments: QuerySet[Assignment]) -> set[int]:
    """The ids of those assignments that are done: their trainee has held a conversation of that scenario that
    was begun since it was assigned."""
    done = assignments.filter(_held_since_it_was_assigned()).order_by()
    return set(done.values_list("pk", flat=True))


class ScenarioUse:
    """As ``avatars.usage.Use`` wants it."""

    def runs(self, scenarios: QuerySet[Scenario]) -> QuerySet[Any]:
        return scenarios.annotate(runs=Count("versions__conversations", distinct=True))

    def done(self, assignments: QuerySet[Assignment]) -> QuerySet[Any]:
        return assignments.annotate(is_done=_held_since_it_was_assigned())


def _held_since_it_was_assigned() -> Exists:
    """Of an assignment. Held is what is over and in which the trainee said something: one that was only
    opened and left rehearses nothing."""
    spoke = Turn.objects.filter(conversation=OuterRef("pk"), speaker="trainee")
    return Exists(
        Conversation.objects.filter(
            Exists(spoke),
            trainee=OuterRef("trainee"),
            version__scenario=OuterRef("scenario"),
            status=Conversation.Status.ENDED,
            started_at__gte=OuterRef("created_at"),
        )
    )
