"""The list of scenarios: what is shown of each, in so many queries however many there are."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest

from avatars.models import Scenario, ScenarioVersion
from avatars.publishing import differs, sheet_from
from avatars.usage import scenario_use


class ScenarioChangeList(ChangeList):
    """Fetches with the rows what the columns need of others."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        newest = ScenarioVersion.objects.filter(scenario=OuterRef("scenario")).order_by("-number")
        versions = ScenarioVersion.objects.filter(number=Subquery(newest.values("number")[:1]))
        rows = scenario_use().runs(super().get_queryset(request, exclude_parameters))
        return rows.prefetch_related("lines", "criteria", Prefetch("versions", versions, to_attr="newest"))


def newest_of(listed: Scenario) -> ScenarioVersion | None:
    newest: list[ScenarioVersion] = listed.newest  # type: ignore[attr-defined]
    return newest[0] if newest else None


def has_changed(listed: Scenario) -> bool:
    """Whether the draft differs from the version that runs."""
    version = newest_of(listed)
    return version is not None and differs(
        sheet_from(listed, listed.lines.all(), listed.criteria.all()), version
    )
