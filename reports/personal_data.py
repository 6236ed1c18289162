from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.personal_data import PersonalData
from reports.models import Report


class ReportsData(PersonalData):
    """What was measured in a person's conversations."""

    covers = frozenset({"reports.Report"})

    def rows(self, person: UUID) -> Iterator[tuple[str, QuerySet[Any]]]:
        yield "reports.Report", Report.objects.filter(conversation__trainee_id=person)

    def export(self, person: UUID) -> dict[str, Any]:
        return {
            "reports": [
                {"conversation": str(one.conversation_id), "metrics": one.metrics}
                for one in Report.objects.filter(conversation__trainee_id=person)
            ]
        }
