"""Scenarios, with their lines and criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin import ScopedAdmin
from avatars.models import Criterion, Scenario, ScriptLine
from avatars.publishing import current_version, publish

if TYPE_CHECKING:
    _Inline = admin.TabularInline[Any, Any]
else:
    _Inline = admin.TabularInline


class ScriptLineInline(_Inline):
    model = ScriptLine
    extra = 0


class CriterionInline(_Inline):
    model = Criterion
    extra = 0


@admin.register(Scenario)
class ScenarioAdmin(ScopedAdmin):
    list_display = ("title", "slug", "avatar", "status", "version")
    list_filter = ("status",)
    search_fields = ("title", "slug")
    readonly_fields = ("status",)
    inlines = (CriterionInline, ScriptLineInline)
    actions = ("publish_selected", "archive_selected")

    @admin.display(description=_("version"))
    def version(self, scenario: Scenario) -> str:
        newest = current_version(scenario)
        return str(newest.number) if newest else "–"

    @admin.action(description=_("Publish as they stand"))
    def publish_selected(self, request: HttpRequest, scenarios: models.QuerySet[Scenario]) -> None:
        for scenario in scenarios:
            version = publish(scenario=scenario)
            self.message_user(
                request, _("%(version)s is what runs now.") % {"version": version}, messages.SUCCESS
            )

    @admin.action(description=_("Archive: no new conversations"))
    def archive_selected(self, request: HttpRequest, scenarios: models.QuerySet[Scenario]) -> None:
        scenarios.update(status=Scenario.Status.ARCHIVED)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was used is archived, not deleted: its reports must stay true.
        return obj is not None and not obj.versions.exists() and super().has_delete_permission(request, obj)
