"""How a person likes to practise: read, and changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.utils import timezone

from accounts.models import Profile, User
from accounts.scoping import organization_scope
from accounts.vault import PersonErased


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person can say about themselves on their profile page."""

    preferred_name: str
    language: str
    preferences: str
    captions: bool
    microphone: str
    may_record: bool


def profile_of(user: User) -> Profile:
    """The person's profile; the defaults, not stored, where there is none yet."""
    with organization_scope(user.organization_id):
        return Profile.objects.filter(pk=user.pk).first() or Profile(user=user)


def stored_preferences(user: User) -> str:
    """Of a person loaded together with their profile: no query. Empty without a profile, and once the key
    that could open it was destroyed."""
    try:
        return user.profile.preferences or ""
    except ObjectDoesNotExist:
        return ""


def save_profile(*, user: User, wishes: Wishes) -> None:
    """Keep what the person wants. The moment of a consent stays that of the first time until it is withdrawn.

    Raises :class:`PersonErased` once the person is being erased.
    """
    with organization_scope(user.organization_id), transaction.atomic():
        person = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        if person is None or person.erasing_since is not None:
            raise PersonErased("the person was erased: nothing is written about them any more")
        person.preferred_name, person.language = wishes.preferred_name, wishes.language
        person.save(update_fields=["preferred_name", "language"])
        profile = Profile.objects.filter(pk=person.pk).first() or Profile(user=person)
        profile.preferences = wishes.preferences or None
        profile.captions, profile.microphone = wishes.captions, wishes.microphone
        profile.recording_consent_at = (
            (profile.recording_consent_at or timezone.now()) if wishes.may_record else None
        )
        profile.save()
