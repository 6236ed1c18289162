"""Claims about the demo: there at once, and never in the way of what was changed."""

from __future__ import annotations

import io

import pytest
from django.core.management import call_command

from accounts.demo import TRAINEE, demo_password_in_use
from accounts.models import Organization, Team, User
from accounts.scoping import organization_scope
from avatars.management.commands import seed_demo
from avatars.models import Scenario, ScenarioVersion
from tests.db.conftest import SHEET

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def one_scenario(monkeypatch) -> None:
    monkeypatch.setattr(seed_demo, "SHEETS", (SHEET,))


def seed() -> Organization:
    call_command("seed_demo", verbosity=0, stdout=io.StringIO())
    return Organization.objects.get(slug="demo")


def test_it_makes_people_who_can_sign_in_and_published_scenarios(client, settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    demo = seed()
    people = {user.email: (user.role, user.organization, user.is_superuser) for user in User.everyone.all()}
    assert people == {
        "admin@demo.test": ("admin", demo, True),
        "coach@demo.test": ("coach", demo, False),
        "trainee@demo.test": ("trainee", demo, False),
    }
    with organization_scope(demo):
        team = Team.objects.get()
        assert [user.email for user in (*team.members.all(), *team.coaches.all())] == [
            TRAINEE,
            "coach@demo.test",
        ]
        assert list(Scenario.objects.values_list("slug", "status")) == [(SHEET.slug, "published")]
        assert ScenarioVersion.objects.get().number == 1
    response = client.post("/accounts/login/", {"login": TRAINEE, "password": "demo"})
    assert (response.status_code, response["Location"]) == (302, "/")


def test_seeding_again_changes_nothing() -> None:
    demo = seed()
    before = list(User.everyone.values()), list(Organization.objects.values())
    seed()
    assert (list(User.everyone.values()), list(Organization.objects.values())) == before
    with organization_scope(demo):
        assert (Scenario.objects.count(), ScenarioVersion.objects.count()) == (1, 1)


def test_seeding_again_keeps_edits_unpublished_and_archived_scenarios_archived() -> None:
    demo = seed()
    with organization_scope(demo):
        Scenario.objects.update(title="Edited, not published")
    seed()
    with organization_scope(demo):
        assert (Scenario.objects.get().title, ScenarioVersion.objects.count()) == ("Edited, not published", 1)
        Scenario.objects.update(status="archived")
    seed()
    with organization_scope(demo):
        assert Scenario.objects.get().status == "archived"


def test_it_knows_whether_the_published_password_still_opens_a_door() -> None:
    assert demo_password_in_use() is False
    seed()
    assert demo_password_in_use() is True
    for user in User.everyone.all():
        user.set_password("something else")
        user.save()
    assert demo_password_in_use() is False
