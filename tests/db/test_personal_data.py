"""Claims about what is kept of a person: nothing is out of reach, and nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.mail import EmailMessage, get_connection
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts import vault
from accounts.keystore.models import ErasureLog, PersonKey
from accounts.models import Organization, Profile, Team, User
from accounts.personal_data import AccountsData, erase_person, personal_data, reaches_a_person
from accounts.tokens import create_token
from avatars.models import Assignment, Scenario
from memory.conversations import record_turn, start_conversation
from memory.models import Conversation, Memory, Recording
from memory.records import TurnRecord
from reports.models import Report
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

FIRST, SECOND = (TurnRecord(n, "trainee", "speech", f"I said {n}", n * 1.0, n + 1.0) for n in (1, 2))

# The store of keys outlives the person on purpose: a tombstone and a receipt, without a name.
NOT_ERASED = {"keystore"}


def test_every_model_that_can_reach_a_person_is_covered() -> None:
    reaching = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label not in NOT_ERASED and reaches_a_person(model)
    }
    covered = [label for one in personal_data() for label in one.covers]
    assert set(covered) == reaching
    assert len(covered) == len(set(covered))


def test_every_covered_model_is_one_that_is_looked_for(cast: Cast) -> None:
    with scopes_disabled():
        for one in personal_data():
            assert {label for label, _ in one.rows(cast.trainee.pk)} == one.covers


@pytest.fixture
def mail(settings, tmp_path) -> Path:
    """The folder into which mail is written where there is no mail server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    return settings.EMAIL_FILE_PATH


@pytest.fixture
def full_life(cast: Cast, scenario: Scenario, client: Client, settings, tmp_path, mail: Path) -> User:
    """A trainee of whom there is something in every model, and a letter."""
    EmailMessage("Reset your password", "the link", to=[cast.trainee.email]).send()
    settings.MEDIA_ROOT = tmp_path
    person = cast.trainee
    client.force_login(person)
    with scopes_disabled():
        conversation = start_conversation(trainee=person, scenario_slug=scenario.slug)
        for record in (FIRST, SECOND):
            record_turn(conversation_id=conversation.pk, record=record)
        Recording.objects.create(
            conversation=conversation, speaker="trainee", path="a.ogg", media_type="audio/ogg"
        )
        (tmp_path / "a.ogg").write_bytes(b"sound")
        Memory.objects.create(organization=cast.organization, person=person, text="likes lamps")
        Report.objects.create(conversation=conversation, analysis_version=1, metrics={"speech_rate": 120})
        for trainee, by in ((person, cast.coach), (cast.coach, person)):
            Assignment.objects.create(
                organization=cast.organization, scenario=scenario, trainee=trainee, assigned_by=by
            )
        create_token(user=person, name="laptop")
        Profile.objects.create(user=person, preferences="be slow", captions=False, microphone="hold")
        team = Team.objects.get()
        team.coaches.add(person)
        person.groups.add(Group.objects.create(name="g"))
        kind = ContentType.objects.get_for_model(Team)
        person.user_permissions.add(Permission.objects.create(name="p", codename="p", content_type=kind))
        address = EmailAddress.objects.create(user=person, email=person.email)
        EmailConfirmation.objects.create(email_address=address, key="k", sent=timezone.now())
        Authenticator.objects.create(user=person, type="totp", data={})
        LogEntry.objects.log_actions(person.pk, [cast.coach], CHANGE, single_object=True)
        LogEntry.objects.log_actions(cast.admin.pk, [person], CHANGE, single_object=True)
    return person


EVERYTHING = {
    "reports.Report": 1,
    "memory.Memory": 1,
    "memory.Recording": 1,
    "memory.Turn": 2,
    "memory.Conversation": 1,
    "avatars.Assignment": 1,
    "admin.LogEntry": 2,
    "sessions.Session": 1,
    "mfa.Authenticator": 1,
    "account.EmailConfirmation": 1,
    "account.EmailAddress": 1,
    "accounts.ApiToken": 1,
    "accounts.Profile": 1,
    "accounts.User_groups": 1,
    "accounts.User_user_permissions": 1,
    "accounts.Team_members": 1,
    "accounts.Team_coaches": 1,
    "accounts.User": 1,
    "mail": 1,
}


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_erasing_leaves_a_receipt_and_nothing_else(cast: Cast, full_life: User, tmp_path) -> None:
    log = erase_person(person=full_life.pk)
    assert log.counts == EVERYTHING
    with scopes_disabled():
        left = [one.find(full_life.pk) for one in personal_data()]
        # What belongs to others is still there.
        assert set(User.everyone.all()) == {cast.admin, cast.coach, cast.outsider}
        kept = Assignment.objects.get()
        assert (kept.trainee, kept.assigned_by) == (cast.coach, None)
        assert (Team.objects.get().coaches.get(), Scenario.objects.count()) == (cast.coach, 1)
    assert left == [{}, {}, {}, {}]
    assert not (tmp_path / "a.ogg").exists()
    stored = ErasureLog.objects.get()
    assert (stored.person_id, stored.receipt) == (full_life.pk, vault.receipt_of(full_life.pk))
    key = PersonKey.objects.get(person_id=full_life.pk)
    assert (key.wrapped, key.destroyed_at is not None) == (None, True)


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_erasing_can_be_replayed_after_a_restore(cast: Cast, full_life: User) -> None:
    restored = User.everyone.filter(pk=full_life.pk).values().get()
    first = erase_person(person=full_life.pk)
    User.everyone.create(**restored)
    again = erase_person(person=full_life.pk)
    assert (again.pk, again.receipt, again.counts) == (first.pk, first.receipt, {"accounts.User": 1})
    assert not User.everyone.filter(pk=full_life.pk).exists()


def test_a_person_can_read_everything_that_is_kept(cast: Cast, full_life: User) -> None:
    with scopes_disabled():
        export = {key: value for one in personal_data() for key, value in one.export(full_life.pk).items()}
        conversation = Conversation.objects.get()
    assert export == {
        "reports": [{"conversation": str(conversation.pk), "metrics": {"speech_rate": 120}}],
        "conversations": [
            {
                "scenario": "A late delivery",
                "started_at": conversation.started_at.isoformat(),
                "ended_at": None,
                "turns": [
                    {"speaker": "trainee", "kind": "speech", "text": "I said 1", "started_ms": 1.0},
                    {"speaker": "trainee", "kind": "speech", "text": "I said 2", "started_ms": 2.0},
                ],
            }
        ],
        "memories": ["likes lamps"],
        "assignments": [{"scenario": "A late delivery", "due_on": None}],
        "email": "trainee@here.test",
        "preferred_name": "Tess",
        "profile": {
            "preferences": "be slow",
            "captions": False,
            "microphone": "hold",
            "recording_consent_at": None,
        },
        "language": "en",
        "role": "trainee",
        "organization": "Here",
        "joined_at": full_life.joined_at.isoformat(),
        "last_login": User.everyone.get(pk=full_life.pk).last_login.isoformat(),
        "addresses": ["trainee@here.test"],
        "teams": ["First"],
        "coached_teams": ["First"],
        "api_tokens": ["laptop"],
        "mail": ["Reset your password"],
    }


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_mail_in_files_is_erased_by_every_address_of_a_person_and_by_no_other(
    cast: Cast, client: Client, mail: Path
) -> None:
    client.post("/accounts/password/reset/", {"email": cast.trainee.email.upper()})
    with scopes_disabled():
        EmailAddress.objects.create(user=cast.trainee, email="second@here.test", primary=True)
    # One connection, one file: three letters, of which two are the trainee's.
    get_connection().send_messages(
        [
            EmailMessage("One", "…", to=["Tess <Second@here.test>"]),
            EmailMessage("Two", "kept — whole", to=[cast.coach.email]),
            EmailMessage("Three", "…", to=[cast.admin.email], cc=[cast.trainee.email]),
        ]
    )
    alone, shared = sorted(mail.iterdir(), key=lambda file: b"Subject: Two" in file.read_bytes())
    (own,) = [one for one in personal_data() if isinstance(one, AccountsData)]
    with scopes_disabled():
        assert own.find(cast.trainee.pk)["mail"] == 3
    counts = erase_person(person=cast.trainee.pk).counts
    assert counts["mail"] == 3
    assert list(mail.iterdir()) == [shared]
    assert not alone.exists()
    left = shared.read_bytes()
    assert (left.count(b"Subject: "), b"Subject: Two" in left, left.endswith(b"-" * 79 + b"\n")) == (
        1,
        True,
        True,
    )
    assert all(one.encode() not in left for one in ("trainee@here.test", "second@here.test"))
    with scopes_disabled():
        assert own.find(cast.coach.pk)["mail"] == 1


def test_an_organization_with_people_is_not_deleted_by_accident(cast: Cast) -> None:
    from django.db.models import ProtectedError

    with scopes_disabled(), pytest.raises(ProtectedError):
        Organization.objects.get(pk=cast.organization.pk).delete()
