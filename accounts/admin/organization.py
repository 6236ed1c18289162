"""The organization: one's own, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Organization

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Organization]
else:
    _ModelAdmin = admin.ModelAdmin


@admin.register(Organization)
class OrganizationAdmin(_ModelAdmin):
    fields = ("name", "context")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "context":
            kwargs["help_text"] = _(
                "Every avatar reads this before each answer, and may speak about it: what you sell, what "
                "things are called, what is allowed. Example: “We rent out bicycles. A lost key costs 20 "
                "dollars.” Keep it short, for long texts make answers slower. Write nothing about people."
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return Organization.objects.filter(pk=request.user.organization_id)  # type: ignore[union-attr]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
