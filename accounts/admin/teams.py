"""Teams."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Count
from django.forms.widgets import Script
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.admin.scoped import ScopedAdmin
from accounts.models import Team, User


@admin.register(Team)
class TeamAdmin(ScopedAdmin):
    class Media:
        js = (Script("js/admin/tooltips.js", type="module"),)

    list_display = ("name", "member_count", "coach_count")
    search_fields = ("name",)
    filter_horizontal = ("members", "coaches")
    help_texts = {
        "members": _("The people who practice together. The team's coaches read their conversations."),
        "coaches": _(
            "Who reads the members' conversations and reports. Offered are people with the role coach."
        ),
    }

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        teams: models.QuerySet[Any] = super().get_queryset(request)
        totals: Any = {
            "member_total": Count("members", distinct=True),
            "coach_total": Count("coaches", distinct=True),
        }
        rows: models.QuerySet[Any] = teams.annotate(**totals)
        return rows

    @admin.display(description=_("members"), ordering="member_total")
    def member_count(self, team: Any) -> int:
        return int(team.member_total)

    @admin.display(description=_("coaches"), ordering="coach_total")
    def coach_count(self, team: Any) -> int:
        return int(team.coach_total)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "coaches":
            kwargs["queryset"] = User.objects.filter(role=User.Role.COACH)
        return super().formfield_for_manytomany(db_field, request, **kwargs)
