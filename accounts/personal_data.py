"""What is kept of a person: found, exported and erased, app by app.

``settings.PERSONAL_DATA`` names one class per app, in the order in which a person is erased. A test walks all
models and fails when one that can reach a person is covered by none of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string
from django_scopes import scopes_disabled

from accounts import vault
from accounts.keystore.models import ErasureLog
from accounts.keystore.router import KEYS
from accounts.mail_files import erase_mail_to, mail_to
from accounts.models import ApiToken, Profile, Team, User

Counts = dict[str, int]
"""Rows by model label, or files by what they are; none where there are none."""


class PersonalData(ABC):
    """One app's share. All of it runs unscoped: a person is erased wherever they are."""

    covers: ClassVar[frozenset[str]]
    """Labels of the models that it answers for."""

    @abstractmethod
    def rows(self, person: UUID) -> Iterator[tuple[str, QuerySet[Any]]]:
        """What there is of the person: label and rows, in the order in which they can be deleted."""

    @abstractmethod
    def export(self, person: UUID) -> dict[str, Any]:
        """What there is, as JSON says it, for the person to read."""

    def find(self, person: UUID) -> Counts:
        counts = {label: rows.count() for label, rows in self.rows(person)}
        return {label: count for label, count in counts.items() if count}

    def stop(self, person: UUID) -> None:  # noqa: B027  (most apps have nobody writing on their own)
        """Ask whoever is writing about the person to stop. They are refused by now; this only saves time."""

    def erase(self, person: UUID) -> Counts:
        """Delete it; what was deleted. Safe to repeat."""
        counts = self.find(person)
        for _, rows in self.rows(person):
            rows.delete()
        return counts


def personal_data() -> list[PersonalData]:
    """The classes that settings name, made."""
    return [import_string(path)() for path in settings.PERSONAL_DATA]


MAIL = "mail"
"""Messages in files, among the counts."""


class ErasureIncomplete(Exception):
    """Something of the person was still found after erasing. The key is destroyed all the same."""


def erase_person(*, person: UUID) -> ErasureLog:
    """Forget a person, in the order that leaves nothing behind: stop the writers, destroy the key, delete,
    verify, write the receipt. Safe to repeat, also after a restore of an older main database.

    Raises :class:`ErasureIncomplete`.
    """
    started_at = timezone.now()
    with scopes_disabled():
        # Committed before anything is deleted: from here on no turn and no report is written.
        User.everyone.filter(pk=person, erasing_since__isnull=True).update(
            erasing_since=started_at, is_active=False
        )
        for one in personal_data():
            one.stop(person)
        vault.destroy_key(person)
        counts: Counts = {}
        with transaction.atomic():
            for one in personal_data():
                counts.update(one.erase(person))
        left = {label for one in personal_data() for label in one.find(person)}
    if left:
        raise ErasureIncomplete(f"rows are left in {', '.join(sorted(left))}")
    return ErasureLog.objects.using(KEYS).update_or_create(
        person_id=person,
        defaults={
            "receipt": vault.receipt_of(person),
            "counts": counts,
            "started_at": started_at,
            "finished_at": timezone.now(),
        },
    )[0]


class AccountsData(PersonalData):
    """The account itself, what Django and allauth keep beside it, and mail to it that lies in files."""

    covers = frozenset(
        {
            "accounts.User",
            "accounts.User_groups",
            "accounts.User_user_permissions",
            "accounts.Team_members",
            "accounts.Team_coaches",
            "accounts.ApiToken",
            "accounts.Profile",
            "account.EmailAddress",
            "account.EmailConfirmation",
            "mfa.Authenticator",
            "admin.LogEntry",
            "sessions.Session",
        }
    )

    def rows(self, person: UUID) -> Iterator[tuple[str, QuerySet[Any]]]:
        about_them = Q(user_id=person) | Q(content_type__app_label="accounts", object_id=str(person))
        yield "admin.LogEntry", LogEntry.objects.filter(about_them)
        yield "sessions.Session", Session.objects.filter(pk__in=_sessions_of(person))
        yield "mfa.Authenticator", Authenticator.objects.filter(user_id=person)
        yield "account.EmailConfirmation", EmailConfirmation.objects.filter(email_address__user_id=person)
        yield "account.EmailAddress", EmailAddress.objects.filter(user_id=person)
        yield "accounts.ApiToken", ApiToken.objects.filter(user_id=person)
        yield "accounts.Profile", Profile.objects.filter(user_id=person)
        for through in (
            User.groups.through,
            User.user_permissions.through,
            Team.members.through,
            Team.coaches.through,
        ):
            yield through._meta.label, through._default_manager.filter(user_id=person)
        yield "accounts.User", User.everyone.filter(pk=person)

    def find(self, person: UUID) -> Counts:
        letters = len(mail_to(_addresses_of(person)))
        return {**({MAIL: letters} if letters else {}), **super().find(person)}

    def erase(self, person: UUID) -> Counts:
        # Before the rows: only they tell the addresses. If a file can't be deleted, they stay, to try again.
        letters = erase_mail_to(_addresses_of(person))
        return {**({MAIL: letters} if letters else {}), **super().erase(person)}

    def export(self, person: UUID) -> dict[str, Any]:
        user = User.everyone.select_related("organization").get(pk=person)
        return {
            "email": user.email,
            "preferred_name": user.preferred_name,
            "profile": _profile(user),
            "language": user.language,
            "role": user.role,
            "organization": user.organization.name,
            "joined_at": user.joined_at.isoformat(),
            "last_login": user.last_login.isoformat() if user.last_login else None,
            "addresses": list(EmailAddress.objects.filter(user_id=person).values_list("email", flat=True)),
            "teams": list(Team.objects.filter(members=person).values_list("name", flat=True)),
            "coached_teams": list(Team.objects.filter(coaches=person).values_list("name", flat=True)),
            "api_tokens": list(ApiToken.objects.filter(user_id=person).values_list("name", flat=True)),
            # Without what they say: a link that resets a password belongs into no export.
            "mail": [str(letter["Subject"]) for letter in mail_to(_addresses_of(person))],
        }


def _profile(user: User) -> dict[str, Any]:
    profile = Profile.objects.filter(pk=user.pk).first() or Profile(user=user)
    consent_at = profile.recording_consent_at
    return {
        "preferences": profile.preferences or "",
        "captions": profile.captions,
        "microphone": profile.microphone,
        "recording_consent_at": consent_at.isoformat() if consent_at else None,
    }


def _addresses_of(person: UUID) -> set[str]:
    """All addresses that this person has or had confirmed."""
    accounts = User.everyone.filter(pk=person).values_list("email", flat=True)
    return {*accounts, *EmailAddress.objects.filter(user_id=person).values_list("email", flat=True)}


def _sessions_of(person: UUID) -> list[str]:
    """Sessions name their person only inside: each has to be opened."""
    return [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get("_auth_user_id") == str(person)
    ]


def reaches_a_person(model: type[models.Model]) -> bool:
    """Whether rows of this model belong to, or tell about, one person: it is one, it refers to one (however
    far the way), or it has an encrypted field."""
    return _reaches(model, seen=set())


def _reaches(model: type[models.Model], seen: set[type[models.Model]]) -> bool:
    from accounts.fields import EncryptedField

    if model is User or model in (Session, LogEntry):
        return True
    if model in seen:
        return False
    seen.add(model)
    fields = model._meta.get_fields()
    if any(isinstance(field, EncryptedField) for field in fields):
        return True
    return any(
        _reaches(field.related_model, seen)
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and isinstance(field.related_model, type)
    )
