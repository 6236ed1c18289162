"""What people fill in about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from accounts.models import Profile, User
from accounts.profiles import Wishes

PREFERENCES_LENGTH = 500
"""Letters; as many as the avatars' prompt takes."""
NAME_LENGTH = 60
"""Likewise. Stored can be more."""
_TOO_LONG = {"max_length": _("This has %(show_value)d letters; up to %(limit_value)d can be kept.")}


def limit_name(field: Any, kept: str) -> None:
    """A name that was longer before may stay as it is: who has one can still save the rest of the form."""
    field.max_length = max(NAME_LENGTH, len(kept))
    field.validators = [one for one in field.validators if not isinstance(one, MaxLengthValidator)]
    field.validators.append(MaxLengthValidator(field.max_length))
    field.widget.attrs["maxlength"] = str(field.max_length)
    field.error_messages |= _TOO_LONG


class _Text(forms.CharField):
    """A text of several lines. A browser sends each line break as two letters, but counts it as one."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class ProfileForm(forms.Form):
    """How a person likes to practise."""

    preferred_name = forms.CharField(
        label=_("Preferred name"),
        help_text=_("How we greet you, and what the avatars call you. It may be empty."),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_(
            "Of these pages; for now there is English. What is spoken in a conversation, its scenario decides."
        ),
        choices=settings.LANGUAGES,
    )
    preferences = _Text(
        label=_("What should the avatars know about how you like to practice?"),
        help_text=_("For example: “Speak slowly with me, and don't let me off the hook.”"),
        max_length=PREFERENCES_LENGTH,
        error_messages=_TOO_LONG,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    captions = forms.BooleanField(
        label=_("Show captions"),
        help_text=_("What you and the avatar say appears as text while you talk."),
        required=False,
    )
    microphone = forms.ChoiceField(label=_("Microphone"), choices=Profile.Microphone, widget=forms.RadioSelect)
    may_record = forms.BooleanField(
        label=_("My conversations may be recorded as sound"),
        required=False,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit_name(self.fields["preferred_name"], self.initial.get("preferred_name", ""))

    @staticmethod
    def values_of(user: User, profile: Profile) -> dict[str, Any]:
        """What the form begins with."""
        return {
            "preferred_name": user.preferred_name,
            "language": user.language,
            "preferences": profile.preferences or "",
            "captions": profile.captions,
            "microphone": profile.microphone,
            "may_record": profile.recording_consent_at is not None,
        }

    def wishes(self) -> Wishes:
        """Of a form that is valid."""
        return Wishes(**self.cleaned_data)
