"""Claims about who may read what was said, and what a list of results costs."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts import vault
from accounts.models import Team, User
from accounts.scoping import organization_scope
from avatars.models import Scenario
from memory.conversations import start_conversation
from memory.models import Conversation
from reports.access import coached_by, own_of, readable_by, trainees_of
from reports.analysis import analyse
from reports.models import Report
from reports.summaries import Summary, summaries_of
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture
def here(cast: Cast) -> Iterator[None]:
    with organization_scope(cast.organization):
        yield


@pytest.fixture
def conversation(cast: Cast, scenario: Scenario) -> UUID:
    return start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug).pk


def person(cast: Cast, email: str, role: str = "trainee") -> User:
    return User.everyone.create_user(email, "a good secret", organization=cast.organization, role=role)


def team(cast: Cast, name: str, *, coach: User, member: User) -> None:
    made = Team.objects.create(organization=cast.organization, name=name)
    made.coaches.add(coach)
    made.members.add(member)


def readers(conversation: UUID, *people: User) -> list[str]:
    return [one.email.split("@")[0] for one in people if readable_by(one).filter(pk=conversation).exists()]


def test_a_report_is_read_by_its_trainee_and_by_who_coaches_them(
    cast: Cast, conversation: UUID, here: None
) -> None:
    other, stranger = person(cast, "other@here.test"), person(cast, "stranger@here.test", "coach")
    team(cast, "Second", coach=stranger, member=other)
    people = (cast.trainee, other, cast.coach, stranger, cast.admin, cast.outsider)
    assert readers(conversation, *people) == ["trainee", "coach"]


def test_an_admin_who_coaches_the_team_reads_along_and_no_other(
    cast: Cast, conversation: UUID, here: None
) -> None:
    assert readers(conversation, cast.admin) == []
    team(cast, "Second", coach=cast.admin, member=cast.trainee)
    assert readers(conversation, cast.admin) == ["admin"]


def test_who_is_no_coach_any_more_reads_nothing(cast: Cast, conversation: UUID, here: None) -> None:
    cast.coach.role = User.Role.TRAINEE
    cast.coach.save()
    assert readers(conversation, cast.coach) == []


def test_an_outsider_reads_nothing_in_either_scope(cast: Cast, conversation: UUID, here: None) -> None:
    team(cast, "Second", coach=cast.outsider, member=cast.trainee)  # which no form would allow
    assert readers(conversation, cast.outsider) == []
    with organization_scope(cast.elsewhere):
        assert readers(conversation, cast.outsider) == []


def test_a_trainee_of_two_teams_is_listed_once(cast: Cast, conversation: UUID, here: None) -> None:
    team(cast, "Second", coach=cast.coach, member=cast.trainee)
    assert list(trainees_of(cast.coach)) == [cast.trainee]
    assert [one.pk for one in readable_by(cast.coach)] == [conversation]


def test_ones_own_conversations_are_not_among_those_one_coaches(
    cast: Cast, scenario: Scenario, conversation: UUID, here: None
) -> None:
    own = start_conversation(trainee=cast.coach, scenario_slug=scenario.slug).pk
    team(cast, "Second", coach=cast.coach, member=cast.coach)
    assert [one.pk for one in own_of(cast.coach)] == [own]
    assert [one.pk for one in coached_by(cast.coach)] == [conversation]
    assert {one.pk for one in readable_by(cast.coach)} == {own, conversation}


def test_the_summary_is_stored_with_the_report_and_sealed(cast: Cast, conversation: UUID, here: None) -> None:
    report = analyse(conversation_id=conversation)
    assert report.summary == {"on_target": 0, "judged": 0}
    with connection.cursor() as cursor:
        cursor.execute("SELECT summary FROM reports_report")
        (stored,) = cursor.fetchone()
    assert b"on_target" not in bytes(stored)


def test_results_of_many_people_cost_two_queries(cast: Cast, scenario: Scenario, here: None) -> None:
    people = [person(cast, f"number{number}@here.test") for number in range(5)]
    conversations = [start_conversation(trainee=one, scenario_slug=scenario.slug) for one in people]
    for one in conversations[:4]:
        Report.objects.create(
            conversation=one, analysis_version=1, status="done", summary={"on_target": 1, "judged": 2}
        )
    listed = list(Conversation.objects.all())
    vault.clear_cache()
    with CaptureQueriesContext(connection) as rows, CaptureQueriesContext(connections["keys"]) as keys:
        found = summaries_of(listed)
    assert (len(rows), len(keys)) == (1, 1)
    done = {one.pk: Summary("done", 1, 2, "1 of 2 on target") for one in conversations[:4]}
    assert found == {**done, conversations[4].pk: Summary("none")}


def test_a_summary_is_gone_with_its_persons_key(cast: Cast, conversation: UUID, here: None) -> None:
    analyse(conversation_id=conversation)
    Report.objects.all()[0]  # the key is at hand
    vault.destroy_key(cast.trainee.pk)
    assert summaries_of(list(Conversation.objects.all())) == {conversation: Summary("done", 0, 0, "")}
