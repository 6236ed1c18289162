"""Claims about the first page: what it offers, what it tells and to whom, and what it asks the database."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.scoping import organization_scope
from avatars.models import Assignment, Scenario
from avatars.publishing import import_sheet, publish
from memory.conversations import start_conversation
from memory.models import Conversation, Turn
from reports.home import HomePage, home_page
from reports.metrics import ANALYSIS_VERSION
from reports.models import Report
from tests.db.conftest import SHEET, Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def known_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


def held(
    person: User,
    ago: timedelta,
    *,
    result: tuple[int, int] | None = None,
    slug: str = SHEET.slug,
    spoke: bool = True,
    **state: Any,
) -> UUID:
    """A conversation that began ``ago`` and is over (or what ``state`` says)."""
    conversation = start_conversation(trainee=person, scenario_slug=slug)
    began = timezone.now() - ago
    with organization_scope(person.organization_id):
        rows = Conversation.objects.filter(pk=conversation.pk)
        rows.update(**{"status": "ended", "ended_at": began, **state, "started_at": began})
        if spoke:
            said = {"speaker": "trainee", "kind": "speech", "text": "Hello", "started_ms": 0, "ended_ms": 900}
            Turn.objects.bulk_create([Turn(conversation=conversation, seq=1, **said)])
        if result:
            counts = {"on_target": result[0], "judged": result[1]}
            done = {"status": "done", "progress": 1.0, "metrics": {"metrics": {}}, "summary": counts}
            Report.objects.bulk_create(
                [Report(conversation=conversation, analysis_version=ANALYSIS_VERSION, **done)]
            )
    return conversation.pk


def page_of(person: User, query: str = "") -> HomePage:
    with organization_scope(person.organization_id):
        return home_page(person, query=query)


def page_text(client: Client, person: User, path: str = "/") -> str:
    client.force_login(person)
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode().split("<main")[1]))


# -- what it offers --------------------------------------------------------------------------------


def test_a_card_begins_the_conversation_with_one_click(cast: Cast, scenario: Scenario, client: Client) -> None:
    client.force_login(cast.trainee)
    page = client.get("/").content.decode()
    form = re.search(r'<form class="talk" method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    assert form is not None
    assert form[1] == "/conversations/start/"
    assert '<input type="hidden" name="scenario" value="late-delivery">' in form[2]
    assert 'name="csrfmiddlewaretoken"' in form[2]
    assert re.search(r'<button aria-label="Talk: A late delivery">Talk</button>', form[2])
    assert "manage.py" not in page


def test_a_first_visitor_is_told_what_happens(cast: Cast, scenario: Scenario, client: Client) -> None:
    text = page_text(client, cast.trainee)
    assert "Hello Tess Choose a scene and talk out loud" in text
    assert "Not tried yet" in text
    held(cast.trainee, HOUR)
    assert "Choose a scene" not in page_text(client, cast.trainee)


def test_somebody_without_a_name_is_greeted_without_one(cast: Cast, scenario: Scenario, client: Client) -> None:
    assert "Hello Choose a scene" in page_text(client, cast.coach)


def test_without_scenarios_an_admin_is_asked_to_write_one_and_a_trainee_to_check_the_microphone(
    cast: Cast, client: Client
) -> None:
    text = page_text(client, cast.admin)
    assert "Nothing to practice yet" in text
    assert "Write the first one" in text
    text = page_text(client, cast.trainee)
    assert "Write the first one" not in text
    assert "Check microphone and speaker" in text


# -- going on --------------------------------------------------------------------------------------


def test_what_was_interrupted_can_be_taken_up_where_it_stopped(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    now = timezone.now()
    interrupted = held(cast.trainee, 2 * HOUR, status="interrupted", lease_expires_at=now, elapsed_ms=60_000.0)
    client.force_login(cast.trainee)
    page = client.get("/").content.decode()
    assert f'<a class="continue" href="/conversations/{interrupted}/">' in page
    assert "Continue: A late delivery" in page


@pytest.mark.parametrize(
    ("spoke", "state"),
    [
        pytest.param(True, {"status": "ended"}, id="it is over"),
        pytest.param(True, {"elapsed_ms": 300_000.0}, id="its time is up"),
        pytest.param(True, {"lease_expires_at": "long ago"}, id="it waited too long"),
        pytest.param(False, {}, id="nobody said anything"),
    ],
)
def test_what_can_not_be_taken_up_is_not_offered(
    cast: Cast, scenario: Scenario, settings: Any, spoke: bool, state: dict[str, Any]
) -> None:
    now = timezone.now()
    if "lease_expires_at" in state:
        state = {"lease_expires_at": now - timedelta(seconds=settings.COACH_RESUME_WITHIN_S + 60)}
    held(cast.trainee, HOUR, spoke=spoke, **{"status": "interrupted", "lease_expires_at": now, **state})
    assert page_of(cast.trainee).to_continue is None


def test_the_newest_that_can_be_taken_up_is_offered(cast: Cast, scenario: Scenario) -> None:
    now = timezone.now()
    held(cast.trainee, 3 * HOUR, status="interrupted", lease_expires_at=now)
    newest = held(cast.trainee, 2 * HOUR, status="live", lease_expires_at=now)
    held(cast.trainee, HOUR, status="interrupted", lease_expires_at=now, elapsed_ms=300_000.0)
    found = page_of(cast.trainee).to_continue
    assert found is not None
    assert found.id == newest


# -- what was assigned -----------------------------------------------------------------------------


def assign(cast: Cast, scenario: Scenario, *, days: int | None) -> None:
    due = None if days is None else timezone.localdate() + timedelta(days=days)
    with organization_scope(cast.organization):
        Assignment.objects.create(
            organization=cast.organization, scenario=scenario, trainee=cast.trainee, due_on=due
        )


@pytest.mark.parametrize(
    ("days", "words", "overdue"),
    [
        (None, "", False),
        (0, "Due today", False),
        (1, "Due tomorrow", False),
        (-1, "Was due yesterday, still open", True),
    ],
)
def test_an_assignment_says_when_it_is_due_and_calmly_when_it_was(
    cast: Cast, scenario: Scenario, days: int | None, words: str, overdue: bool
) -> None:
    assign(cast, scenario, days=days)
    (task,) = page_of(cast.trainee).tasks
    assert (task.scenario.title, task.due, task.overdue) == ("A late delivery", words, overdue)
    assert page_of(cast.coach).tasks == []


def test_what_was_rehearsed_since_it_was_assigned_is_no_longer_asked_for(
    cast: Cast, scenario: Scenario
) -> None:
    held(cast.trainee, HOUR)
    assign(cast, scenario, days=2)
    held(cast.trainee, timedelta(), spoke=False)
    assert [task.scenario.slug for task in page_of(cast.trainee).tasks] == [SHEET.slug]
    held(cast.trainee, -timedelta(seconds=1))
    assert page_of(cast.trainee).tasks == []


def test_a_scenario_that_was_taken_back_is_not_asked_for(cast: Cast, scenario: Scenario) -> None:
    assign(cast, scenario, days=2)
    with organization_scope(cast.organization):
        Scenario.objects.update(status="archived")
    assert page_of(cast.trainee).tasks == []


# -- how it went -----------------------------------------------------------------------------------


def test_a_card_tells_the_last_own_result_and_leads_to_its_report(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    held(cast.trainee, 3 * DAY, result=(1, 4))
    last = held(cast.trainee, DAY, result=(3, 4))
    held(cast.coach, HOUR, result=(4, 4))
    client.force_login(cast.trainee)
    card = client.get("/").content.decode().split('<li class="card scenario"')[1].split("</li>")[0]
    assert f'<a class="small result" href="/reports/{last}/">Yesterday: 3 of 4 on target' in card


def test_the_last_five_are_listed_newest_first_with_a_line_over_their_results(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    ids = [held(cast.trainee, n * DAY, result=(n % 5, 4)) for n in range(7)]
    page = page_of(cast.trainee)
    assert [one.id for one in page.last] == ids[:5]
    assert [one.summary.line for one in page.last] == [f"{n} of 4 on target" for n in range(5)]
    line = page.sparkline
    assert line is not None
    assert line.words == ("On target, from the earliest to the latest: 4 of 4, 3 of 4, 2 of 4, 1 of 4, 0 of 4")
    assert [y for _, y in line.dots] == [6.0, 11.0, 16.0, 21.0, 26.0]
    client.force_login(cast.trainee)
    shown = client.get("/").content.decode()
    assert f'role="img" aria-label="{line.words}"' in shown
    assert "Your last five" in shown


def test_one_result_is_no_line_and_what_is_not_measured_yet_says_so(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    held(cast.trainee, DAY, result=(2, 4))
    working = held(cast.trainee, HOUR)
    with organization_scope(cast.organization):
        Report.objects.create(
            conversation=Conversation.objects.get(pk=working), analysis_version=ANALYSIS_VERSION
        )
    assert page_of(cast.trainee).sparkline is None
    assert "report on its way" in page_text(client, cast.trainee)


def test_what_was_left_without_a_word_counts_for_nothing(cast: Cast, scenario: Scenario) -> None:
    held(cast.trainee, HOUR, spoke=False)
    page = page_of(cast.trainee)
    assert (page.last, page.cards[0].last, page.is_first_time) == ([], None, True)


def test_what_was_held_is_called_as_it_was_called_then_as_in_the_history(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    held(cast.trainee, DAY, result=(3, 4))
    held(cast.trainee, HOUR, status="interrupted", lease_expires_at=timezone.now())
    with organization_scope(cast.organization):
        Scenario.objects.update(title="A lost parcel")
    page = page_of(cast.trainee)
    assert page.to_continue is not None
    assert [page.to_continue.title, *(one.title for one in page.last)] == ["A late delivery"] * 2
    assert [one.scenario.title for one in page.cards] == ["A lost parcel"]
    assert "A late delivery" in page_text(client, cast.trainee, "/history/")


def test_home_and_admin_agree_on_what_is_done(cast: Cast, scenario: Scenario, client: Client) -> None:
    """Begun before it was assigned and ended after it: not done, at either place."""
    held(cast.trainee, HOUR, ended_at=timezone.now() + HOUR)
    assign(cast, scenario, days=2)
    client.force_login(cast.admin)
    assert [one.scenario.slug for one in page_of(cast.trainee).tasks] == [SHEET.slug]
    assert 'alt="False"' in client.get("/admin/avatars/assignment/").content.decode()
    held(cast.trainee, -timedelta(seconds=1))
    assert page_of(cast.trainee).tasks == []
    assert 'alt="True"' in client.get("/admin/avatars/assignment/").content.decode()


def test_nobody_sees_what_others_rehearsed(cast: Cast, scenario: Scenario) -> None:
    held(cast.trainee, HOUR, result=(3, 4))
    held(cast.trainee, HOUR, status="interrupted", lease_expires_at=timezone.now())
    assign(cast, scenario, days=1)
    for other in (cast.coach, cast.admin):
        page = page_of(other)
        assert (page.to_continue, page.tasks, page.last, page.cards[0].last) == (None, [], [], None)
    page = page_of(cast.outsider)
    assert (page.to_continue, page.tasks, page.last, page.cards) == (None, [], [], [])


def test_times_are_the_readers_own(cast: Cast, scenario: Scenario, client: Client) -> None:
    began = timezone.now() - HOUR
    held(cast.trainee, HOUR, result=(3, 4))
    shown = []
    for zone in ("Asia/Tokyo", "../../etc/passwd"):
        client.cookies["timezone"] = zone
        shown.append(re.findall(r"\d\d:\d\d", page_text(client, cast.trainee)))
    assert shown == [[f"{began + 9 * HOUR:%H:%M}"], [f"{began:%H:%M}"]]


# -- many ------------------------------------------------------------------------------------------


def write_scenarios(cast: Cast, count: int) -> None:
    for n in range(count):
        avatar = dataclasses.replace(SHEET.avatar, slug=f"dana-{n}", name=f"Dana {n}")
        sheet = dataclasses.replace(SHEET, slug=f"scene-{n}", title=f"Scene {n}", avatar=avatar)
        publish(scenario=import_sheet(organization=cast.organization, sheet=sheet))


def test_among_many_scenarios_one_can_search(cast: Cast, scenario: Scenario, client: Client) -> None:
    write_scenarios(cast, 7)
    assert "Find" not in page_text(client, cast.trainee)
    write_scenarios(cast, 8)
    assert "Find" in page_text(client, cast.trainee)
    assert [card.scenario.title for card in page_of(cast.trainee, "dana SCENE 3").cards] == ["Scene 3"]
    text = page_text(client, cast.trainee, "/?q=late+DELIVERY")
    assert "1 scenario fits “late DELIVERY”." in text
    text = page_text(client, cast.trainee, "/?q=%3Cb%3Ezebra")
    assert "0 scenarios fit “&lt;b&gt;zebra”. Show all" in text


def queries(client: Client) -> int:
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        assert client.get("/").status_code == 200
    return len(main) + len(keys)


def test_to_find_the_last_of_each_scenario_no_sheet_is_opened(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    held(cast.trainee, HOUR, result=(3, 4))
    client.force_login(cast.trainee)
    with CaptureQueriesContext(connections["default"]) as asked:
        client.get("/")
    [newest] = [one["sql"] for one in asked if "ROW_NUMBER" in one["sql"]]
    assert "sheet" not in newest


def test_it_asks_as_often_however_much_there_is(cast: Cast, scenario: Scenario, client: Client) -> None:
    client.force_login(cast.trainee)
    now = timezone.now()
    held(cast.trainee, HOUR, result=(3, 4))
    held(cast.trainee, HOUR, status="interrupted", lease_expires_at=now)
    assign(cast, scenario, days=1)
    write_scenarios(cast, 1)
    few = queries(client)
    write_scenarios(cast, 12)
    with organization_scope(cast.organization):
        scenarios = list(Scenario.objects.exclude(pk=scenario.pk))
    for one in scenarios:
        for ago in range(2, 5):
            held(cast.trainee, ago * DAY, slug=one.slug, result=(2, 4))
        held(cast.trainee, HOUR, slug=one.slug, status="interrupted", lease_expires_at=now)
        assign(cast, one, days=3)
    assert queries(client) == few <= 12
