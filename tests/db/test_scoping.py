"""Claims about organizations: no query without one, and nothing of another's."""

from __future__ import annotations

import asyncio

import pytest
from channels.db import database_sync_to_async
from django.apps import apps
from django.db import models
from django_scopes import scopes_disabled
from django_scopes.exceptions import ScopeError

from accounts.models import Organization, Team, User
from accounts.scoping import organization_scope
from avatars.models import Scenario
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

OUR_APPS = {"accounts", "avatars", "memory", "reports"}
# The organization is the scope itself.
UNSCOPED = {Organization}
OURS = [model for model in apps.get_models() if model._meta.app_label in OUR_APPS and model not in UNSCOPED]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_query_without_a_scope_is_an_error(model: type[models.Model]) -> None:
    with pytest.raises(ScopeError):
        model.objects.count()
    with scopes_disabled():
        model.objects.count()


def test_every_model_of_ours_is_among_them() -> None:
    assert {model._meta.label for model in OURS} == {
        "accounts.ApiToken",
        "accounts.Profile",
        "accounts.Team",
        "accounts.User",
        "avatars.Assignment",
        "avatars.Avatar",
        "avatars.Criterion",
        "avatars.KnowledgeItem",
        "avatars.Portrait",
        "avatars.Scenario",
        "avatars.ScenarioVersion",
        "avatars.ScriptLine",
        "memory.Conversation",
        "memory.Memory",
        "memory.Recording",
        "memory.Turn",
        "reports.Report",
    }


def test_an_outsider_sees_nothing_of_ours(cast: Cast, scenario: Scenario) -> None:
    with organization_scope(cast.elsewhere):
        assert list(User.objects.all()) == [cast.outsider]
        assert (Team.objects.count(), Scenario.objects.count()) == (0, 0)
    with organization_scope(cast.organization.pk):
        assert set(User.objects.all()) == {cast.admin, cast.coach, cast.trainee}
        assert (Team.objects.count(), Scenario.objects.count()) == (1, 1)


def test_relations_are_scoped_like_everything_else(cast: Cast, scenario: Scenario) -> None:
    with pytest.raises(ScopeError):
        scenario.lines.count()
    with organization_scope(cast.elsewhere):
        assert (scenario.lines.count(), cast.organization.scenarios.count()) == (0, 0)
    with organization_scope(cast.organization):
        assert (scenario.lines.count(), cast.organization.scenarios.count()) == (2, 1)
    assert Scenario.objects.with_scope(organization=cast.organization).count() == 1
    assert Scenario.objects.with_scopes_disabled().count() == 1


@pytest.mark.django_db(transaction=True, databases=["default", "keys"])
def test_the_scope_follows_into_threads_and_tasks(cast: Cast) -> None:
    async def names() -> tuple[list[User], list[User]]:
        def ask() -> list[User]:
            return list(User.objects.all())

        with organization_scope(cast.elsewhere):
            task = asyncio.create_task(database_sync_to_async(ask)())
            return await task, await database_sync_to_async(ask)()

    assert asyncio.run(names()) == ([cast.outsider], [cast.outsider])
