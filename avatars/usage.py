"""What is asked about the use of scenarios. Conversations are of an app above, so the answers are, too."""

from __future__ import annotations

from typing import Any, Protocol

from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from avatars.models import Assignment, Scenario


class Use(Protocol):
    """What ``settings.SCENARIO_USE`` names."""

    def runs(self, scenarios: QuerySet[Scenario]) -> QuerySet[Any]:
        """The scenarios with ``runs``: how many conversations there were on each."""
        ...

    def done(self, assignments: QuerySet[Assignment]) -> QuerySet[Any]:
        """The assignments with ``is_done``: whether they were rehearsed since they were assigned."""
        ...


def scenario_use() -> Use:
    use: Use = import_string(settings.SCENARIO_USE)()
    return use
