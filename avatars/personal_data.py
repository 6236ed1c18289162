from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.personal_data import Counts, PersonalData
from avatars.models import Assignment


class AvatarsData(PersonalData):
    """What somebody was asked to rehearse."""

    covers = frozenset({"avatars.Assignment"})

    def rows(self, person: UUID) -> Iterator[tuple[str, QuerySet[Any]]]:
        yield "avatars.Assignment", Assignment.objects.filter(trainee_id=person)

    def erase(self, person: UUID) -> Counts:
        # What they assigned to others stays theirs, without the name of who did.
        Assignment.objects.filter(assigned_by_id=person).update(assigned_by=None)
        return super().erase(person)

    def export(self, person: UUID) -> dict[str, Any]:
        return {
            "assignments": [
                {"scenario": one.scenario.title, "due_on": one.due_on.isoformat() if one.due_on else None}
                for one in Assignment.objects.filter(trainee_id=person).select_related("scenario")
            ]
        }
