"""What stands on a scenario's page below it: its lines and its criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from avatars.models import Criterion, ScriptLine
from avatars.scenario_forms import CriterionForm, LineForm, OrderedFormSet

if TYPE_CHECKING:
    _Inline = admin.TabularInline[Any, Any]
else:
    _Inline = admin.TabularInline


class OrderedInline(_Inline):
    formset = OrderedFormSet
    extra = 0
    max_num = 500
    classes = ("in-order",)


class ScriptLineInline(OrderedInline):
    model = ScriptLine
    form = LineForm
    fields = ("position", "text", "cues", "moods", "kind", "heat")
    verbose_name_plural = ScriptLine._meta.verbose_name_plural
    template = "admin/avatars/scenario/lines.html"


class CriterionInline(OrderedInline):
    model = Criterion
    form = CriterionForm
    fields = ("position", "title", "question", "evidence", "weight", "slug")
    template = "admin/avatars/scenario/criteria.html"
