"""Claims about the admin of people, teams, organizations and tokens: who may what, and what nobody may."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.fields import EncryptedField
from accounts.forms import NAME_LENGTH
from accounts.models import ApiToken, Organization, Team, User
from accounts.scoping import organization_scope
from accounts.tokens import create_token, user_for_token
from avatars.models import Avatar, KnowledgeItem
from avatars.prompts import NAME_LIMIT
from memory.models import Conversation
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

PEOPLE, TEAMS, TOKENS = "/admin/accounts/user/", "/admin/accounts/team/", "/admin/accounts/apitoken/"
SECRET = "quite a good secret"
STATES = ("valid", "expired", "revoked")


@pytest.fixture(autouse=True)
def known_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def as_admin(cast: Cast) -> Client:
    """Of the role alone: no superuser."""
    client = Client()
    client.force_login(cast.admin)
    return client


def fresh(person: User) -> User:
    return User.everyone.get(pk=person.pk)


def stored(person: User, **changed: Any) -> dict[str, Any]:
    """The change form of a person as a browser would send it."""
    with organization_scope(person.organization_id):
        fields: dict[str, Any] = {
            "email": person.email,
            "preferred_name": person.preferred_name,
            "language": person.language,
            "role": person.role,
            "is_active": "on" if person.is_active else "",
            "teams": [team.pk for team in person.teams.all()],
            "coached_teams": [team.pk for team in person.coached_teams.all()],
        }
    fields |= changed
    return {name: value for name, value in fields.items() if value != ""}


def change(client: Client, person: User, **changed: Any) -> Any:
    return client.post(f"{PEOPLE}{person.pk}/change/", stored(person, **changed))


# -- who may what --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model", sorted(admin.site._registry, key=str), ids=lambda model: str(model._meta.label)
)
def test_the_role_admin_opens_every_list_without_being_superuser(as_admin: Client, model: Any) -> None:
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    assert as_admin.get(reverse(name)).status_code == 200


def test_a_coach_and_a_trainee_do_not_get_in(cast: Cast) -> None:
    for person in (cast.coach, cast.trainee):
        client = Client()
        client.force_login(person)
        assert client.get(PEOPLE, follow=True).status_code == 403


def test_opening_the_admin_alone_permits_nothing(cast: Cast) -> None:
    cast.coach.is_staff = True
    cast.coach.save()
    client = Client()
    client.force_login(cast.coach)
    assert client.get("/admin/").status_code == 200
    assert [client.get(path).status_code for path in (PEOPLE, TEAMS, TOKENS)] == [403, 403, 403]


def test_the_role_and_the_admin_come_and_go_together(cast: Cast, as_admin: Client) -> None:
    assert change(as_admin, cast.coach, role="admin", coached_teams=[]).status_code == 302
    assert (fresh(cast.coach).role, fresh(cast.coach).is_staff, fresh(cast.coach).is_superuser) == (
        "admin", True, False,
    )  # fmt: skip
    assert change(as_admin, fresh(cast.coach), role="trainee").status_code == 302
    assert fresh(cast.coach).is_staff is False


def test_nobody_becomes_superuser_by_what_they_send(cast: Cast, as_admin: Client) -> None:
    powers = {"is_superuser": "on", "is_staff": "on", "user_permissions": ["1"], "groups": ["1"]}
    assert change(as_admin, cast.trainee, **powers, organization=str(cast.elsewhere.pk)).status_code == 302
    person = fresh(cast.trainee)
    assert (person.is_superuser, person.is_staff, person.organization_id) == (
        False, False, cast.organization.pk,
    )  # fmt: skip


def test_a_superuser_can_be_looked_at_by_an_admin_and_no_more(cast: Cast, as_admin: Client) -> None:
    above = User.everyone.create_superuser("root@here.test", SECRET, organization=cast.organization)
    page = as_admin.get(f"{PEOPLE}{above.pk}/change/")
    assert page.status_code == 200
    assert 'name="email"' not in page.content.decode()
    assert change(as_admin, above, email="mine@here.test").status_code == 403
    passwords = {"usable_password": "true", "password1": SECRET + "!", "password2": SECRET + "!"}
    assert as_admin.post(f"{PEOPLE}{above.pk}/password/", passwords).status_code == 403
    offered = as_admin.get(f"{TOKENS}add/").content.decode()
    assert str(cast.trainee.pk) in offered
    assert str(above.pk) not in offered
    as_admin.post(f"{TOKENS}add/", {"user": str(above.pk), "name": "x", "valid_for": "30"})
    as_admin.post(PEOPLE, {"action": "mail_links", "_selected_action": [str(above.pk)]})
    with scopes_disabled():
        assert ApiToken.objects.count() == 0
    assert (mail.outbox, fresh(above).email) == ([], "root@here.test")


def test_an_admin_can_not_lock_themselves_out(cast: Cast, as_admin: Client) -> None:
    for changed in ({"role": "trainee"}, {"is_active": ""}):
        answer = change(as_admin, cast.admin, **changed)
        assert answer.status_code == 200
        assert "ask another admin" in answer.content.decode()
    assert (fresh(cast.admin).role, fresh(cast.admin).is_active) == ("admin", True)


def test_an_outsider_sees_nothing_of_ours(cast: Cast) -> None:
    cast.outsider.is_staff = True
    cast.outsider.save()
    create_token(user=cast.trainee, name="gateway")
    with organization_scope(cast.organization):
        team = Team.objects.get()
    client = Client()
    client.force_login(cast.outsider)
    for path in (PEOPLE, TEAMS, TOKENS, "/admin/accounts/organization/"):
        page = client.get(path).content.decode()
        assert not re.search(r"@here\.test|gateway|>First<|>Here<", page), path
    token = ApiToken.objects.with_scopes_disabled().get()
    for path in (
        f"{PEOPLE}{cast.trainee.pk}/change/", f"{PEOPLE}{cast.trainee.pk}/password/",
        f"{TEAMS}{team.pk}/change/",
        f"{TOKENS}{token.pk}/change/", f"/admin/accounts/organization/{cast.organization.pk}/change/",
    ):  # fmt: skip
        assert client.get(path).status_code in (302, 404), path
    assert change(client, cast.outsider, teams=[team.pk]).status_code == 200  # an error: no such choice
    client.post(TOKENS, {"action": "revoke", "_selected_action": [str(token.pk)]})
    with scopes_disabled():
        assert ApiToken.objects.get().revoked_at is None
        assert not cast.outsider.teams.exists()


# -- what nobody may -----------------------------------------------------------------------------------------


def test_nothing_in_the_admin_reads_what_is_encrypted() -> None:
    registered = set(admin.site._registry)
    assert {model._meta.label for model in registered} == {
        "accounts.ApiToken", "accounts.Organization", "accounts.Team", "accounts.User",
        "avatars.Assignment", "avatars.Avatar", "avatars.KnowledgeItem", "avatars.Scenario",
    }  # fmt: skip
    inlines = {inline.model for one in admin.site._registry.values() for inline in one.inlines}
    fields = [field for model in registered | inlines for field in model._meta.get_fields()]
    assert not [field for field in fields if isinstance(field, EncryptedField)]


def test_nobody_is_deleted_past_the_erasure(cast: Cast, scenario: Any) -> None:
    with organization_scope(cast.organization):
        version = scenario.versions.get()
        Conversation.objects.create(organization=cast.organization, trainee=cast.trainee, version=version)
    cast.admin.is_superuser = True
    cast.admin.save()
    client = Client()
    client.force_login(cast.admin)
    assert client.post(f"{PEOPLE}{cast.trainee.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(
        PEOPLE, {"action": "delete_selected", "_selected_action": [str(cast.trainee.pk)], "post": "yes"}
    )
    with scopes_disabled():
        assert Conversation.objects.filter(trainee=fresh(cast.trainee)).count() == 1
    page = client.get(f"{PEOPLE}{cast.trainee.pk}/change/").content.decode()
    assert "A person can't be deleted here" in page
    assert "deletelink" not in page


# -- people --------------------------------------------------------------------------------------------------


def test_a_person_gets_a_link_to_choose_the_password_with(cast: Cast, as_admin: Client) -> None:
    with organization_scope(cast.organization):
        team = Team.objects.get()
    fields = {"email": "New@Here.test", "preferred_name": "Nell", "role": "coach"}
    fields |= {"usable_password": "false", "coached_teams": [str(team.pk)]}
    answer = as_admin.post(f"{PEOPLE}add/", fields)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    person = User.everyone.get(email="new@here.test")
    assert (person.organization_id, person.role, person.has_usable_password()) == (
        cast.organization.pk, "coach", False,
    )  # fmt: skip
    with scopes_disabled():
        assert list(person.coached_teams.all()) == [team]
    assert [letter.to for letter in mail.outbox] == [["new@here.test"]]
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    guest = Client()
    form = guest.get(link[1], follow=True)
    done = guest.post(form.redirect_chain[-1][0], {"password1": SECRET, "password2": SECRET})
    assert done.status_code == 302
    signed_in = guest.post(reverse("account_login"), {"login": "new@here.test", "password": SECRET})
    assert signed_in["Location"] == "/"


def test_without_a_mail_server_the_admin_hands_a_password_over(
    cast: Cast, as_admin: Client, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    page = as_admin.get(f"{PEOPLE}add/").content.decode()
    assert "No mail server is set up" in page
    assert "Mail this person a link" not in page
    fields = {"email": "new@here.test", "role": "trainee", "usable_password": "false"}
    assert as_admin.post(f"{PEOPLE}add/", fields).status_code == 200
    assert not User.everyone.filter(email="new@here.test").exists()
    fields |= {"usable_password": "true", "password1": SECRET, "password2": SECRET}
    assert as_admin.post(f"{PEOPLE}add/", fields).status_code == 302
    assert User.everyone.get(email="new@here.test").check_password(SECRET)
    assert "mail_links" not in as_admin.get(PEOPLE).content.decode()


def test_an_address_that_somebody_else_has_is_refused_and_a_changed_one_replaces_the_old(
    cast: Cast, as_admin: Client
) -> None:
    EmailAddress.objects.create(user=cast.outsider, email="second@elsewhere.test", verified=True)
    EmailAddress.objects.create(user=cast.trainee, email="trainee@here.test", verified=True, primary=True)
    for taken in ("COACH@here.test", "outsider@elsewhere.test", "second@elsewhere.test"):
        answer = change(as_admin, cast.trainee, email=taken)
        assert "Somebody signs in with this address already." in answer.content.decode(), taken
    assert change(as_admin, cast.trainee, email="Tess@here.test").status_code == 302
    assert list(EmailAddress.objects.filter(user=cast.trainee).values_list("email", "verified")) == [
        ("tess@here.test", True)
    ]
    signs_in = [
        Client().post(reverse("account_login"), {"login": login, "password": "a good secret"}).status_code
        for login in ("tess@here.test", "trainee@here.test")
    ]
    assert signs_in == [302, 200]


def test_only_a_coach_coaches(cast: Cast, as_admin: Client) -> None:
    with organization_scope(cast.organization):
        team = Team.objects.get()
    answer = change(as_admin, cast.trainee, coached_teams=[team.pk])
    assert "Only a coach can coach a team" in answer.content.decode()
    offered = as_admin.get(f"{TEAMS}{team.pk}/change/").context["adminform"].form.fields["coaches"].queryset
    assert list(offered) == [cast.coach]


def test_people_are_found_by_role_team_and_name(cast: Cast, as_admin: Client) -> None:
    def found(query: str) -> list[str]:
        return [one.email for one in as_admin.get(f"{PEOPLE}?{query}").context["cl"].result_list]

    with organization_scope(cast.organization):
        team = Team.objects.get()
    assert found("role__exact=coach") == ["coach@here.test"]
    assert found(f"teams__id__exact={team.pk}") == ["trainee@here.test"]
    assert found("q=tess") == ["trainee@here.test"]
    assert found("is_active__exact=0") == []
    assert found("") == ["admin@here.test", "coach@here.test", "trainee@here.test"]


def test_whoever_changes_an_address_is_told_on_by_mail(cast: Cast, as_admin: Client) -> None:
    assert change(as_admin, cast.trainee, preferred_name="Theresa").status_code == 302
    assert mail.outbox == []
    assert change(as_admin, cast.trainee, email="mine@here.test").status_code == 302
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (
        ["trainee@here.test"],
        "Your address for signing in was changed",
    )
    assert "This one (trainee@here.test) doesn't work any more; your new one is mine@here.test." in letter.body


def has_signed_in(person: User) -> None:
    person.last_login = timezone.now()
    person.save()


@pytest.mark.parametrize("mails", [True, False], ids=["with mail", "without mail"])
def test_an_admin_sets_no_password_of_somebody_who_has_signed_in(
    cast: Cast, as_admin: Client, settings: Any, mails: bool
) -> None:
    if not mails:
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    path = f"{PEOPLE}{cast.trainee.pk}"
    passwords = {"usable_password": "true", "password1": SECRET, "password2": SECRET}
    assert "../password/" in as_admin.get(f"{path}/change/").content.decode()
    assert as_admin.post(f"{path}/password/", passwords).status_code == 302
    assert fresh(cast.trainee).check_password(SECRET)
    has_signed_in(fresh(cast.trainee))
    again = {"usable_password": "true", "password1": SECRET + "!", "password2": SECRET + "!"}
    assert as_admin.get(f"{path}/password/").status_code == 403
    assert as_admin.post(f"{path}/password/", again).status_code == 403
    assert fresh(cast.trainee).check_password(SECRET)
    page = as_admin.get(f"{path}/change/").content.decode()
    assert "../password/" not in page
    way = "Mail a link to choose a new password" if mails else "manage.py changepassword trainee@here.test"
    assert way in page
    assert change(as_admin, fresh(cast.trainee), preferred_name="Tessa").status_code == 302
    assert fresh(cast.trainee).check_password(SECRET)
    User.everyone.filter(pk=cast.admin.pk).update(is_superuser=True)
    assert as_admin.post(f"{path}/password/", again).status_code == 302
    assert fresh(cast.trainee).check_password(SECRET + "!")


def test_a_name_is_as_long_as_an_avatar_takes_it(cast: Cast, as_admin: Client) -> None:
    assert NAME_LENGTH == NAME_LIMIT
    fields = {"email": "new@here.test", "role": "trainee", "usable_password": "false"}
    for count, status in ((61, 200), (60, 302)):
        assert as_admin.post(f"{PEOPLE}add/", fields | {"preferred_name": "x" * count}).status_code == status
        assert change(as_admin, cast.trainee, preferred_name="y" * count).status_code == status
    User.everyone.filter(pk=cast.trainee.pk).update(preferred_name="z" * 80)
    person = fresh(cast.trainee)
    assert change(as_admin, person, language="de").status_code == 302
    assert change(as_admin, person, preferred_name="z" * 81).status_code == 200


# -- tokens --------------------------------------------------------------------------------------------------


def test_a_token_is_shown_once_and_kept_nowhere(cast: Cast, as_admin: Client, caplog: Any) -> None:
    fields = {"user": str(cast.trainee.pk), "name": "phone gateway", "valid_for": "30"}
    answer = as_admin.post(f"{TOKENS}add/", fields)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    page = answer.content.decode()
    assert "it is shown only here and only once" in page
    found = re.search(r">(coach_[\w-]{40,})<", page)
    assert found
    plaintext = found[1]
    assert user_for_token(plaintext) == cast.trainee
    token = ApiToken.objects.with_scopes_disabled().get()
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=31)
    kept = [list(LogEntry.objects.values()), dict(as_admin.session), as_admin.cookies, caplog.text]
    assert plaintext not in repr(kept)
    assert "phone gateway" in as_admin.get(TOKENS).content.decode()
    for path in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/"):
        page = as_admin.get(path).content.decode()
        assert plaintext not in page
        assert token.digest not in page


def test_an_admin_makes_no_token_for_somebody_who_has_signed_in(cast: Cast, as_admin: Client) -> None:
    has_signed_in(cast.trainee)

    def made(person: User) -> bool:
        offered = f'value="{person.pk}"' in as_admin.get(f"{TOKENS}add/").content.decode()
        fields = {"user": str(person.pk), "name": "x", "valid_for": "30"}
        as_admin.post(f"{TOKENS}add/", fields)
        token = ApiToken.objects.with_scopes_disabled().filter(user=person)
        assert token.exists() == offered
        return offered

    assert (made(cast.trainee), made(cast.coach), made(cast.admin)) == (False, True, True)
    User.everyone.filter(pk=cast.admin.pk).update(is_superuser=True)
    assert made(cast.trainee)


def test_a_revoked_token_stays_listed_and_is_refused(cast: Cast, as_admin: Client) -> None:
    token, plaintext = create_token(user=cast.trainee, name="laptop")
    answer = as_admin.post(TOKENS, {"action": "revoke", "_selected_action": [str(token.pk)]}, follow=True)
    assert "1 token was revoked." in answer.content.decode()
    assert user_for_token(plaintext) is None
    states = {state: len(as_admin.get(f"{TOKENS}?state={state}").context["cl"].result_list) for state in STATES}
    assert states == {"valid": 0, "expired": 0, "revoked": 1}
    assert as_admin.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"}).status_code == 403


# -- lists ---------------------------------------------------------------------------------------------------


def more_people(cast: Cast, count: int) -> None:
    here, start = cast.organization, User.everyone.count()
    for at in range(start, start + count):
        person = User.everyone.create_user(f"p{at}@here.test", organization=here, role="coach")
        team = Team.objects.create(organization=here, name=f"Team {at}")
        team.members.add(person, cast.trainee)
        team.coaches.add(person)
        create_token(user=person, name=f"token {at}")
        avatar = Avatar.objects.create(organization=here, slug=f"a{at}", name=f"A{at}", persona="You are A.")
        KnowledgeItem.objects.create(organization=here, avatar=avatar, title=f"K{at}", text="Lamps. " * 30)


@pytest.mark.parametrize(
    "path", [PEOPLE, TEAMS, TOKENS, "/admin/avatars/avatar/", "/admin/avatars/knowledgeitem/"]
)
def test_a_list_asks_as_often_for_thirty_rows_as_for_three(cast: Cast, as_admin: Client, path: str) -> None:
    counts = []
    for more in (3, 27):
        with organization_scope(cast.organization):
            more_people(cast, more)
        as_admin.get(path)
        with CaptureQueriesContext(connection) as queries:
            page = as_admin.get(path)
        assert len(page.context["cl"].result_list) >= more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_every_organization_has_its_own_page(cast: Cast, as_admin: Client) -> None:
    path = f"/admin/accounts/organization/{cast.organization.pk}/change/"
    assert as_admin.post(path, {"name": "Here", "context": "We sell bicycles."}).status_code == 302
    assert Organization.objects.get(pk=cast.organization.pk).context == "We sell bicycles."
