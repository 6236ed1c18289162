"""Who should rehearse what, until when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.scoped import ScopedAdmin
from avatars.models import Assignment
from avatars.usage import scenario_use


@admin.register(Assignment)
class AssignmentAdmin(ScopedAdmin):
    list_display = ("scenario", "trainee", "due_on", "done", "assigned_by")
    list_select_related = ("scenario", "trainee", "assigned_by")
    list_filter = ("due_on", "scenario")
    search_fields = ("scenario__title", "trainee__email", "trainee__preferred_name")
    autocomplete_fields = ("scenario", "trainee")
    fields = ("scenario", "trainee", "due_on", "assigned_by")
    readonly_fields = ("assigned_by",)
    exclude = None

    class Media:
        js = ("js/admin/autocomplete-names.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return scenario_use().done(super().get_queryset(request))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["help_texts"] = {
            "scenario": _("It moves to the top of the trainee's first page."),
            "trainee": _("Who should rehearse it. Type a part of the name or of the address."),
            "due_on": _("Shown beside the scenario. Empty: whenever they like."),
        }
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.assigned_by = request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("done"), boolean=True, ordering="is_done")
    def done(self, assignment: Assignment) -> bool:
        """Whether the trainee has held a conversation on it since it was assigned."""
        done: bool = assignment.is_done  # type: ignore[attr-defined]
        return done
