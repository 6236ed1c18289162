"""People."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.admin.scoped import ScopedAdmin
from accounts.admin_forms import PersonChangeForm, PersonCreationForm
from accounts.models import User
from accounts.people import mail_goes_out, mail_password_link, tell_of_new_address, vouch_for_address
from accounts.permissions import may_act_as, opens_the_admin

if TYPE_CHECKING:
    _UserAdmin = DjangoUserAdmin[User]
else:
    _UserAdmin = DjangoUserAdmin


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
    fieldsets_without_password = (
        (None, {"fields": ("email", "preferred_name", "language", "password_way")}),
        *fieldsets[1:],
    )
    """Of whom only they set it."""
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
        if obj is not None and not self.may_set_password(request, obj):
            return self.fieldsets_without_password
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), "in_teams", "password_way")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user  # type: ignore[attr-defined]
        return form

    def may_set_password(self, request: HttpRequest, person: User) -> bool:
        editor: Any = request.user
        return User.objects.filter(may_act_as(editor), pk=person.pk).exists()

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        person = self.get_object(request, unquote(id))
        if person is not None and not self.may_set_password(request, person):
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    @admin.display(description=_("password"))
    def password_way(self, person: User) -> str:
        if mail_goes_out():
            return _now(
                "This person has signed in, so nobody else chooses the password any more. If it is lost: "
                "select the person in the list of people, and “Mail a link to choose a new password”."
            )
        return _now(
            "This person has signed in, so an admin can't choose the password any more. No mail server is "
            "set up (COACH_SMTP_URL), so no link can be mailed: if it is lost, a superuser can set one here, "
            "or on the server with “manage.py changepassword %(email)s”."
        ) % {"email": person.email}

    # -- changing them ---------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.is_staff = opens_the_admin(obj)
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            vouch_for_address(obj)
        if change and "email" in form.changed_data and mail_goes_out():
            tell_of_new_address(user=obj, old=form.initial["email"])
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
