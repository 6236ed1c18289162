"""What keeps every admin page inside one's own organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from accounts.models import Organization, User

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class ScopedAdmin(_ModelAdmin):
    """Lists, edits and offers rows of the signed-in person's organization only, and makes new ones there."""

    exclude: ClassVar[Any] = ("organization",)
    help_texts: ClassVar[dict[str, Any]] = {}
    """Field -> what it does, instead of the model's own words."""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        # Not the default manager: that of people is not scoped.
        rows: models.QuerySet[Any] = self.model.objects.all()
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and any(field.name == "organization" for field in obj._meta.fields):
            obj.organization_id = request.user.organization_id  # type: ignore[union-attr]
        super().save_model(request, obj, form, change)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.help_texts:
            kwargs.setdefault("help_text", self.help_texts[db_field.name])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if hasattr(db_field.related_model, "objects") and db_field.related_model is not Organization:
            kwargs.setdefault("queryset", db_field.related_model.objects.all())
        return _with_addresses(super().formfield_for_foreignkey(db_field, request, **kwargs))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", db_field.related_model.objects.all())
        return _with_addresses(super().formfield_for_manytomany(db_field, request, **kwargs))


def _with_addresses(field: Any) -> Any:
    """A choice of people says their addresses too: two may be called the same."""
    if field is not None and field.queryset.model is User:
        field.label_from_instance = lambda person: (
            f"{person.preferred_name} ({person.email})" if person.preferred_name else person.email
        )
    return field
