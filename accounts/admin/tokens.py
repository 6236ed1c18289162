"""Tokens of programs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.scoped import ScopedAdmin
from accounts.admin_forms import TokenForm
from accounts.models import ApiToken, User
from accounts.permissions import may_act_as
from accounts.tokens import create_token, revoke_token


class TokenState(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("valid", _("valid")), ("expired", _("expired")), ("revoked", _("revoked"))]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        now = timezone.now()
        match self.value():
            case "revoked":
                return queryset.filter(revoked_at__isnull=False)
            case "expired":
                return queryset.filter(revoked_at__isnull=True, expires_at__lte=now)
            case "valid":
                return queryset.filter(revoked_at__isnull=True).exclude(expires_at__lte=now)
        return queryset


@admin.register(ApiToken)
class ApiTokenAdmin(ScopedAdmin):
    """Tokens are made, shown once, and revoked; a revoked one stays listed."""

    form = TokenForm
    exclude = None
    list_display = ("prefix", "name", "user", "state", "created_at", "expires_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = (TokenState, ("user", admin.RelatedOnlyFieldListFilter))
    search_fields = ("name", "user__email", "prefix")
    list_per_page = 50
    actions = ("revoke",)

    @admin.display(description=_("state"))
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return str(_("revoked"))
        expired = token.expires_at is not None and token.expires_at <= timezone.now()
        return str(_("expired") if expired else _("valid"))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("user", "name", "valid_for")
        return ("prefix", "user", "name", "state", "created_at", "expires_at", "revoked_at", "last_used_at")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        editor: Any = request.user
        kwargs["queryset"] = User.objects.filter(may_act_as(editor), is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_apitoken"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_revoke_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        stored, plaintext = create_token(user=obj.user, name=obj.name, expires_in=form.expires_in)
        obj.pk, obj.prefix, obj.plaintext = stored.pk, stored.prefix, plaintext

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The token itself, in the answer to the form: after a redirect it would have to be kept somewhere."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Your new token"),
            "opts": self.opts,
            "token": obj,
        }
        return TemplateResponse(request, "admin/accounts/apitoken/made.html", context)

    @admin.action(description=_("Revoke: the programs are refused at once"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: models.QuerySet[ApiToken]) -> None:
        revoked = [token for token in tokens if revoke_token(token_id=token.pk)]
        self.log_revoked(request, revoked)
        count = len(revoked)
        told = ngettext("%d token was revoked.", "%d tokens were revoked.", count) % count
        self.message_user(request, told, messages.SUCCESS)

    def log_revoked(self, request: HttpRequest, tokens: list[ApiToken]) -> None:
        for token in tokens:
            self.log_change(request, token, [{"changed": {"fields": [str(_("revoked"))]}}])
