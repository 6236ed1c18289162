"""The cast: an admin, a coach and a trainee of one organization, and an outsider of another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from accounts import vault
from accounts.models import Organization, Team, User
from accounts.scoping import organization_scope
from avatars.models import Scenario
from avatars.publishing import import_sheet, publish
from avatars.sheets import AvatarSheet, CriterionSheet, LineSheet, ScenarioSheet, Target, TurnTaking

SHEET = ScenarioSheet(
    slug="late-delivery",
    title="A late delivery",
    avatar=AvatarSheet(
        slug="dana",
        name="Dana",
        persona="You are Dana.",
        style="Short sentences.",
        voice="dana",
        speed=1.25,
        turn_taking=TurnTaking(700, 400, 9),
    ),
    brief="Calm her down.",
    situation="The parcel is lost.",
    objectives=("listen", "offer a date"),
    opening_line="Where is it?",
    lines=(
        LineSheet(
            "When then?", cues=("tomorrow", "next week"), moods=("tense", "angry"), kind="question", heat=-1
        ),
        LineSheet("I am waiting."),
    ),
    criteria=(CriterionSheet("listens", "Listens", "Did they listen?", 2.0, ("I understand",)),),
    targets=(Target("talk_ratio", 0.3, 0.5), Target("speech_rate", None, 175.0)),
    time_limit_s=300,
    start_mood="tense",
    hot_words=("whatever",),
    cool_words=("sorry",),
)


@dataclass(frozen=True)
class Cast:
    organization: Organization
    admin: User
    coach: User
    trainee: User
    elsewhere: Organization
    outsider: User


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    vault.clear_cache()
    here = Organization.objects.create(name="Here", slug="here", context="We sell lamps.")
    elsewhere = Organization.objects.create(name="Elsewhere", slug="elsewhere")
    person = User.everyone.create_user
    cast = Cast(
        organization=here,
        admin=person("admin@here.test", "a good secret", organization=here, role="admin", is_staff=True),
        coach=person("coach@here.test", "a good secret", organization=here, role="coach"),
        trainee=person(
            "trainee@here.test", "a good secret", organization=here, preferred_name="Tess", language="en"
        ),
        elsewhere=elsewhere,
        outsider=person("outsider@elsewhere.test", "a good secret", organization=elsewhere, role="admin"),
    )
    with organization_scope(here):
        team = Team.objects.create(organization=here, name="First")
    team.members.add(cast.trainee)
    team.coaches.add(cast.coach)
    yield cast
    vault.clear_cache()


@pytest.fixture
def scenario(cast: Cast) -> Scenario:
    """Published, version 1."""
    scenario = import_sheet(organization=cast.organization, sheet=SHEET)
    publish(scenario=scenario)
    return scenario
