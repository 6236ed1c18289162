"""Scenarios: the list, the page on which one is written, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from avatars.admin.files import FilePages
from avatars.admin.lines import CriterionInline, ScriptLineInline
from avatars.admin.listing import ScenarioChangeList, has_changed, newest_of
from avatars.models import Scenario
from avatars.publishing import current_version, differs, duplicate, publish, sheet_of
from avatars.review import weaknesses
from avatars.scenario_forms import ScenarioForm

_NEW_PAGE = "admin:avatars_scenario_change"


@admin.register(Scenario)
class ScenarioAdmin(FilePages):
    form = ScenarioForm
    inlines = (ScriptLineInline, CriterionInline)
    list_display = (
        "title", "avatar", "state", "line_count", "criterion_count", "length", "runs", "updated",
    )  # fmt: skip
    list_filter = ("status", "avatar", "language")
    list_select_related = ("avatar",)
    list_per_page = 50
    search_fields = ("title", "slug", "brief", "avatar__name")
    actions = ("publish_selected", "archive_selected", "restore_selected", "duplicate_selected")
    fieldsets = (
        (_("Who and what"), {"fields": ("title", "slug", "avatar", "language")}),
        (_("What the trainee reads"), {"fields": ("brief", "objectives")}),
        (_("What only the avatar knows"), {"fields": ("situation",)}),
        (_("How it begins and ends"), {"fields": ("opening_line", "time_limit_s")}),
        (_("Mood"), {"fields": ("start_mood", "hot_words", "cool_words")}),
        (_("Targets"), {"fields": ("targets",)}),
    )

    class Media:
        css = {"all": ("css/admin-scenario.css",)}
        js = ("js/admin/order.js",)

    # -- the list --------------------------------------------------------------------------------------------

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScenarioChangeList

    @admin.display(description=_("status"), ordering="status")
    def state(self, scenario: Scenario) -> str:
        newest = newest_of(scenario)
        shown = format_html('<span class="badge {}">{}</span>', scenario.status, scenario.get_status_display())
        if newest is None:
            return shown
        shown = format_html("{} v{}", shown, newest.number)
        if not has_changed(scenario):
            return shown
        differs_from = _now("draft differs from v%(number)d") % {"number": newest.number}
        return format_html('{} <span class="badge changed">{}</span>', shown, differs_from)

    @admin.display(description=_("lines"))
    def line_count(self, scenario: Scenario) -> int:
        return len(scenario.lines.all())

    @admin.display(description=_("criteria"))
    def criterion_count(self, scenario: Scenario) -> int:
        return len(scenario.criteria.all())

    @admin.display(description=_("minutes"), ordering="time_limit_s")
    def length(self, scenario: Scenario) -> int:
        return scenario.minutes

    @admin.display(description=_("conversations"), ordering="runs")
    def runs(self, scenario: Scenario) -> int:
        count: int = scenario.runs  # type: ignore[attr-defined]
        return count

    @admin.display(description=_("edited"), ordering="updated_at")
    def updated(self, scenario: Scenario) -> str:
        return date_format(scenario.updated_at, "SHORT_DATE_FORMAT")

    @admin.action(description=_("Publish as they stand"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, scenarios: models.QuerySet[Scenario]) -> None:
        for scenario in scenarios:
            self.publish_one(request, scenario)

    @admin.action(description=_("Archive: no new conversations"), permissions=["change"])
    def archive_selected(self, request: HttpRequest, scenarios: models.QuerySet[Scenario]) -> None:
        for scenario in scenarios:
            self.archive_one(request, scenario)

    @admin.action(description=_("Restore to draft"), permissions=["change"])
    def restore_selected(self, request: HttpRequest, scenarios: models.QuerySet[Scenario]) -> None:
        for scenario in scenarios.filter(status=Scenario.Status.ARCHIVED):
            self.restore_one(request, scenario)

    @admin.action(description=_("Duplicate"), permissions=["add"])
    def duplicate_selected(self, request: HttpRequest, scenarios: models.QuerySet[Scenario]) -> None:
        for scenario in scenarios:
            self.duplicate_one(request, scenario)

    # -- the page of one -------------------------------------------------------------------------------------

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": ("title",)}

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        context["show_save_and_add_another"] = False
        if obj is not None and obj.pk:
            # As it is stored: the form may have put what was refused into ``obj``.
            stored = Scenario.objects.select_related("avatar").get(pk=obj.pk)
            sheet, version = sheet_of(stored), current_version(stored)
            context["stored"] = stored
            context["version"] = version
            context["changed"] = version is not None and differs(sheet, version)
            context["weaknesses"] = weaknesses(sheet)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """The buttons above the form save it first: what is on the page is what is acted on."""
        here = reverse(_NEW_PAGE, args=[obj.pk])
        acts: dict[str, Callable[[HttpRequest, Scenario], Any]] = {
            "_publish": self.publish_one,
            "_archive": self.archive_one,
            "_restore": self.restore_one,
        }
        for name, act in acts.items():
            if name in request.POST:
                act(request, obj)
                return HttpResponseRedirect(here)
        if "_duplicate" in request.POST and self.has_add_permission(request):
            copy = self.duplicate_one(request, obj)
            return HttpResponseRedirect(reverse(_NEW_PAGE, args=[copy.pk]))
        for name in ("prompt", "rehearse"):
            if f"_{name}" in request.POST:
                return HttpResponseRedirect(reverse(f"admin:avatars_scenario_{name}", args=[obj.pk]))
        return super().response_change(request, obj)

    # -- what is done with one -------------------------------------------------------------------------------

    def publish_one(self, request: HttpRequest, scenario: Scenario) -> None:
        before = current_version(scenario)
        version = publish(scenario=scenario)
        named = {"title": scenario.title, "number": version.number}
        if before is not None and before.pk == version.pk:
            told = _now("“%(title)s”: nothing changed since version %(number)d. It stays.") % named
        else:
            told = _now("“%(title)s”: version %(number)d is what runs now.") % named
            noted = _now("Published as version %(number)d.") % named
            self.log_change(request, scenario, noted)
        self.message_user(request, told, messages.SUCCESS)
        for weakness in weaknesses(sheet_of(scenario)):
            self.message_user(request, weakness, messages.WARNING)

    def archive_one(self, request: HttpRequest, scenario: Scenario) -> None:
        self._set_status(request, scenario, Scenario.Status.ARCHIVED)
        told = _now("“%(title)s” is archived: nobody begins it any more. What was run stays as it is.")
        self.message_user(request, told % {"title": scenario.title}, messages.SUCCESS)

    def restore_one(self, request: HttpRequest, scenario: Scenario) -> None:
        self._set_status(request, scenario, Scenario.Status.DRAFT)
        told = _now("“%(title)s” is a draft again. Publish it to offer it.")
        self.message_user(request, told % {"title": scenario.title}, messages.SUCCESS)

    def duplicate_one(self, request: HttpRequest, scenario: Scenario) -> Scenario:
        copy = duplicate(scenario=scenario)
        self.log_addition(request, copy, _now("Duplicated from %(slug)s.") % {"slug": scenario.slug})
        told = _now("“%(title)s” is a draft of its own.") % {"title": copy.title}
        self.message_user(request, told, messages.SUCCESS)
        return copy

    def _set_status(self, request: HttpRequest, scenario: Scenario, status: Scenario.Status) -> None:
        Scenario.objects.filter(pk=scenario.pk).update(status=status)
        self.log_change(request, scenario, _now("Status: %(status)s.") % {"status": status.label})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What was used is archived, not deleted: its reports must stay true.
        return obj is not None and not obj.versions.exists() and super().has_delete_permission(request, obj)
