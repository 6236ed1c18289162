"""The admin of people, and what keeps every admin page inside one's own organization."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db import models
from django.db.models import Count
from django.forms.widgets import Script
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin_forms import PersonChangeForm, PersonCreationForm, TokenForm
from accounts.models import ApiToken, Organization, Team, User
from accounts.people import mail_goes_out, mail_password_link, vouch_for_address
from accounts.permissions import opens_the_admin
from accounts.tokens import create_token, revoke_token

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _UserAdmin = DjangoUserAdmin[User]
else:
    _ModelAdmin = admin.ModelAdmin
    _UserAdmin = DjangoUserAdmin


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


@admin.register(User)
class UserAdmin(ScopedAdmin, _UserAdmin):
    """People are made and changed here, and deactivated when they leave. Deleting a row would pass by the
    erasure, which also destroys the person's key: so nobody is deleted here."""

    form = PersonChangeForm
    add_form = PersonCreationForm
    add_form_template = "admin/accounts/user/add_form.html"
    exclude = None
    ordering = ("email",)
    list_display = ("email", "preferred_name", "role", "in_teams", "last_login", "is_active")
    list_filter = ("role", "is_active", "teams")
    search_fields = ("email", "preferred_name")
    filter_horizontal = ()
    list_per_page = 50
    readonly_fields = ("last_login", "joined_at")
    actions = ("mail_links",)
    fieldsets = (
        (None, {"fields": ("email", "preferred_name", "language", "password")}),
        (_("What they may do"), {"fields": ("role", "is_active")}),
        (_("Teams"), {"fields": ("teams", "coached_teams")}),
        (_("When"), {"fields": ("last_login", "joined_at")}),
    )
    shown_fieldsets = (
        (None, {"fields": ("email", "preferred_name", "language", "role", "in_teams", "is_active")}),
        (_("When"), {"fields": ("last_login", "joined_at")}),
    )
    """For whom one may not change."""
    add_fieldsets = (
        (None, {"fields": ("email", "preferred_name", "role")}),
        (_("Teams"), {"fields": ("teams", "coached_teams")}),
        (_("Signing in"), {"fields": ("usable_password", "password1", "password2")}),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("teams", "coached_teams")

    @admin.display(description=_("teams"))
    def in_teams(self, person: User) -> str:
        coached = {team.pk for team in person.coached_teams.all()}
        teams = {*person.teams.all(), *person.coached_teams.all()}
        return ", ".join(
            _("%(team)s (coach)") % {"team": team} if team.pk in coached else str(team)
            for team in sorted(teams, key=str)
        )

    # -- who may be changed ----------------------------------------------------------------------------------

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever could change a superuser's address or password could become one.
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and not self.has_change_permission(request, obj):
            return self.shown_fieldsets
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "in_teams")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user  # type: ignore[attr-defined]
        return form

    # -- changing them ---------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.is_staff = opens_the_admin(obj)
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            vouch_for_address(obj)
        if not change and not obj.has_usable_password():
            mail_password_link(request, obj)
            self.message_user(request, _("A link to choose a password is on its way to %s.") % obj.email)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        form.put_in_teams()

    @admin.action(description=_("Mail a link to choose a new password"), permissions=["change"])
    def mail_links(self, request: HttpRequest, people: models.QuerySet[User]) -> None:
        found = [one for one in people if one.is_active and self.has_change_permission(request, one)]
        for person in found:
            mail_password_link(request, person)
        sent = ngettext("%d link is on its way.", "%d links are on their way.", len(found)) % len(found)
        self.message_user(request, sent, messages.SUCCESS if found else messages.WARNING)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if not mail_goes_out():
            actions.pop("mail_links", None)
        return actions


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
        people = User.objects.filter(is_active=True)
        # With a token of a superuser, whoever made it could act as one.
        kwargs["queryset"] = people if request.user.is_superuser else people.filter(is_superuser=False)
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
