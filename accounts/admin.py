"""The admin of people, and what keeps every admin page inside one's own organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import ApiToken, Organization, Team, User

admin.site.site_header = admin.site.site_title = "Coachsite"
admin.site.site_url = "/"

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _UserAdmin = DjangoUserAdmin[User]
    _CreationForm = AdminUserCreationForm[User]
    _ChangeForm = UserChangeForm[User]
else:
    _ModelAdmin = admin.ModelAdmin
    _UserAdmin = DjangoUserAdmin
    _CreationForm = AdminUserCreationForm
    _ChangeForm = UserChangeForm


class ScopedAdmin(_ModelAdmin):
    """Lists, edits and offers rows of the signed-in person's organization only, and makes new ones there."""

    exclude: ClassVar[Any] = ("organization",)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        # Not the default manager: that of people is not scoped.
        rows: models.QuerySet[Any] = self.model.objects.all()
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change and any(field.name == "organization" for field in obj._meta.fields):
            obj.organization_id = request.user.organization_id  # type: ignore[union-attr]
        super().save_model(request, obj, form, change)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if hasattr(db_field.related_model, "objects") and db_field.related_model is not Organization:
            kwargs.setdefault("queryset", db_field.related_model.objects.all())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs.setdefault("queryset", db_field.related_model.objects.all())
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class PersonCreationForm(_CreationForm):
    class Meta:
        model = User
        fields = ("email",)
        field_classes: dict[str, Any] = {}


class PersonChangeForm(_ChangeForm):
    class Meta:
        model = User
        fields = ("email", "preferred_name", "language", "role", "is_active", "is_staff")
        field_classes: dict[str, Any] = {}


@admin.register(User)
class UserAdmin(ScopedAdmin, _UserAdmin):
    form = PersonChangeForm
    add_form = PersonCreationForm
    exclude = None
    ordering = ("email",)
    list_display = ("email", "preferred_name", "role", "is_active")
    list_filter = ("role", "is_active")
    search_fields = ("email", "preferred_name")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("preferred_name", "language", "role")}),
        (_("Access"), {"fields": ("is_active", "is_staff")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "preferred_name", "role", "usable_password", "password1", "password2")}),
    )


@admin.register(Organization)
class OrganizationAdmin(_ModelAdmin):
    fields = ("name", "context")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return Organization.objects.filter(pk=request.user.organization_id)  # type: ignore[union-attr]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Team)
class TeamAdmin(ScopedAdmin):
    filter_horizontal = ("members", "coaches")


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    """Tokens are made on the command line; here they are seen and revoked."""

    exclude = ("digest",)
    list_display = ("prefix", "user", "name", "expires_at", "revoked_at", "last_used_at")
    readonly_fields = ("prefix", "user", "name", "created_at", "last_used_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
