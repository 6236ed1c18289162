"""The forms with which an admin makes and changes people and tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.utils.translation import gettext_lazy as _

from accounts.forms import limit_name
from accounts.models import ApiToken, Team, User
from accounts.people import address_is_taken, mail_goes_out

if TYPE_CHECKING:
    _CreationForm = AdminUserCreationForm[User]
    _ChangeForm = UserChangeForm[User]
    _ModelForm = forms.ModelForm[ApiToken]
    _Base = forms.ModelForm[User]
else:
    _CreationForm = AdminUserCreationForm
    _ChangeForm = UserChangeForm
    _ModelForm = forms.ModelForm
    _Base = forms.ModelForm

ROLE_HELP = _(
    "A trainee practices. A coach practices too, and reads the conversations and reports of the teams they "
    "coach. An admin opens these pages and manages the organization, but can't read what anybody said here, "
    "nor sign in as somebody who has signed in before. "
    "Whoever becomes an admin may open these pages at once; whoever stops being one no longer can."
)
EMAIL_HELP = _(
    "What this person signs in with. If you change it, the old address stops working; it gets "
    "a mail that says so."
)
NAME_HELP = _("How the avatars address this person, such as “Tess”. Empty: they use no name.")


class _WithTeams(_Base):
    """What the two forms of a person share."""

    editor: ClassVar[User]
    """Who fills the form in; set by the admin, which makes a class for each request."""

    teams: Any = forms.ModelMultipleChoiceField(
        None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Practices in"),
        help_text=_("The coaches of these teams read this person's conversations."),
    )
    coached_teams: Any = forms.ModelMultipleChoiceField(
        None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Coaches"),
        help_text=_("Only for people with the role coach."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "preferred_name" in self.fields:
            limit_name(self.fields["preferred_name"], self.instance.preferred_name)
        for name in ("teams", "coached_teams"):
            self.fields[name].queryset = Team.objects.all()  # type: ignore[attr-defined]
            if not self.instance._state.adding:
                self.initial[name] = list(getattr(self.instance, name).values_list("pk", flat=True))

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if address_is_taken(email, but=self.instance):
            raise forms.ValidationError(_("Somebody signs in with this address already."), code="unique")
        return email

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("coached_teams") and self.cleaned_data.get("role") != User.Role.COACH:
            self.add_error("coached_teams", _("Only a coach can coach a team: change the role, or untick it."))
        return cleaned

    def put_in_teams(self) -> None:
        """Once the person is stored."""
        for name in ("teams", "coached_teams"):
            if name in self.cleaned_data:
                getattr(self.instance, name).set(self.cleaned_data[name])


class PersonCreationForm(_WithTeams, _CreationForm):
    class Meta:
        model = User
        fields = ("email", "preferred_name", "role")
        field_classes: dict[str, Any] = {}
        help_texts = {"email": EMAIL_HELP, "role": ROLE_HELP, "preferred_name": NAME_HELP}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first = self.fields["usable_password"]
        first.label = _("First password")
        if mail_goes_out():
            first.choices = [  # type: ignore[attr-defined]
                ("false", _("Mail this person a link to choose one")),
                ("true", _("I choose one and hand it over")),
            ]
            first.initial = "false"
            first.help_text = _("With the link, nobody but this person ever knows the password.")
        else:
            first.choices = [("true", _("I choose one and hand it over"))]  # type: ignore[attr-defined]
            first.help_text = _(
                "No mail server is set up (COACH_SMTP_URL), so no link can be mailed. Ask this person to "
                "change the password on the profile page after signing in."
            )


class PersonChangeForm(_WithTeams, _ChangeForm):
    class Meta:
        model = User
        fields = ("email", "preferred_name", "language", "role", "is_active")
        field_classes: dict[str, Any] = {}
        help_texts = {
            "email": EMAIL_HELP,
            "role": ROLE_HELP,
            "preferred_name": NAME_HELP,
            "language": _("Of the pages, such as “en”. What an avatar speaks is decided by the scenario."),
            "is_active": _(
                "Untick it when somebody leaves: they can't sign in any more, and their tokens stop working. "
                "Their conversations stay for them and their coaches. A person can't be deleted here, because "
                "what they said must be forgotten with them."
            ),
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.instance.pk == self.editor.pk:
            if self.cleaned_data.get("role", self.instance.role) != self.initial.get("role"):
                self.add_error("role", _("You can't change your own role: ask another admin."))
            if not self.cleaned_data.get("is_active", True):
                self.add_error("is_active", _("You can't lock yourself out: ask another admin."))
        return cleaned


class TokenForm(_ModelForm):
    valid_for = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=90,
        choices=[
            (30, _("30 days")),
            (90, _("90 days")),
            (365, _("a year")),
            (0, _("until it is revoked")),
        ],
        help_text=_("After that, the program is refused and needs a new token."),
    )

    class Meta:
        model = ApiToken
        fields = ("user", "name")
        labels = {"user": _("Acts as")}
        help_texts = {
            "user": _(
                "Conversations that the program holds are this person's: they show in their history and in "
                "their team's. A person of its own for each program keeps them apart. "
                "Offered are you and people who never signed in: with the token of anybody else, what they "
                "said could be read. A superuser can make tokens for everybody."
            ),
            "name": _("What it is for, such as “phone gateway”, so that you know which one to revoke."),
        }

    @property
    def expires_in(self) -> timedelta | None:
        days = self.cleaned_data["valid_for"]
        return timedelta(days=days) if days else None
