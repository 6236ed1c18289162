"""Claims about the report page in each of its states, the history and the coach's list."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts import vault
from accounts.models import Team, User
from accounts.scoping import organization_scope
from avatars.models import Scenario
from avatars.publishing import import_sheet, publish
from memory.conversations import (
    claim_lease,
    end_conversation,
    mark_interrupted,
    note_engines,
    record_turn,
    start_conversation,
)
from memory.models import Conversation
from memory.records import TurnRecord
from reports import analysis, tasks
from reports.analysis import analyse, mark_queued
from reports.metrics import compute_report
from reports.models import Report
from tests.db.conftest import SHEET, Cast
from tests.unit.metrics_cast import avatar, said, typed

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

TURNS = (
    avatar(1, 0, 4000, "Where is it?", kind="opening"),
    said(2, "Um, I am sorry, can you tell me what you ordered?", 5000, 9000),
    avatar(3, 10_000, 12_000, "A lamp, and", unheard_text="it is late.", interrupted=True),
    said(4, "When did you order it, and, um, where should it go?", 12_200, 17_000),
    avatar(5, 18_000, 19_000, "Last week."),
    said(6, "I will bring it myself tomorrow, with a new lamp.", 20_000, 26_000),
    typed(7, "Tracking number 4711.", 27_000),
)


@pytest.fixture(autouse=True)
def known_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture(autouse=True)
def asked_for(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The conversations whose report was sent to the background; nothing runs there."""
    asked: list[str] = []
    monkeypatch.setattr(
        tasks, "run_in_background", lambda task, **kwargs: asked.append(kwargs["conversation_id"])
    )
    return asked


def held(
    trainee: User,
    *turns: TurnRecord,
    slug: str = "late-delivery",
    ended: bool = True,
    days_ago: float = 1,
    report: bool = True,
) -> UUID:
    """A conversation of theirs, and its report."""
    conversation = start_conversation(trainee=trainee, scenario_slug=slug).pk
    for turn in turns:
        record_turn(conversation_id=conversation, record=turn)
    at = timezone.now() - timedelta(days=days_ago)
    if ended:
        end_conversation(conversation_id=conversation, reason="hung_up")
        change(conversation, ended_at=at)
    change(conversation, started_at=at, engines={"stt": {"name": "whisper", "writes_fillers": True}})
    if report:
        analyse(conversation_id=conversation)
    return conversation


def change(conversation: UUID, **fields: Any) -> None:
    with scopes_disabled():
        Conversation.objects.filter(pk=conversation).update(**fields)


def person(cast: Cast, email: str, role: str = "trainee", **fields: Any) -> User:
    fields = {"organization": cast.organization, "role": role, **fields}
    return User.everyone.create_user(email, "a good secret", **fields)


def as_(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def text_of(response: Any) -> str:
    """What can be read in the page's main part, in one line."""
    assert response.status_code == 200
    main = response.content.decode().split("<main", 1)[-1]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def report_of(who: User, conversation: UUID) -> str:
    return text_of(as_(who).get(f"/reports/{conversation}/"))


# -- who may read ----------------------------------------------------------------------------------------


def test_a_report_opens_for_its_trainee_and_their_coach_and_is_not_there_for_others(
    cast: Cast, scenario: Scenario
) -> None:
    conversation = held(cast.trainee, *TURNS)
    other, stranger = person(cast, "other@here.test"), person(cast, "stranger@here.test", "coach")
    with organization_scope(cast.organization):
        Team.objects.create(organization=cast.organization, name="Second").coaches.add(stranger)
    everybody = (cast.trainee, cast.coach, other, stranger, cast.admin, cast.outsider)
    for path in ("", "progress/"):
        answers = [
            as_(one).get(f"/reports/{conversation}/{path}", headers={"HX-Request": "true"}) for one in everybody
        ]
        assert [one.status_code for one in answers] == [200, 200, 404, 404, 404, 404]
    assert [as_(one).post(f"/reports/{conversation}/again/").status_code for one in everybody] == [
        302,
        *[404] * 5,
    ]


def test_who_is_not_signed_in_is_asked_to(cast: Cast, scenario: Scenario, client: Client) -> None:
    conversation = held(cast.trainee, *TURNS)
    for path in (f"/reports/{conversation}/", "/history/", "/team/"):
        assert client.get(path)["Location"] == f"/accounts/login/?next={path}"
    # A part of a page can't lead to the sign-in: the page itself has to.
    assert client.get(f"/reports/{conversation}/progress/")["HX-Refresh"] == "true"


def test_the_team_page_is_for_coaches(cast: Cast, scenario: Scenario) -> None:
    statuses = [as_(one).get("/team/").status_code for one in (cast.coach, cast.trainee, cast.admin)]
    assert statuses == [200, 403, 403]


# -- the report ------------------------------------------------------------------------------------------


def test_a_report_says_what_matters_and_leads_to_each_moment(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS)
    response = as_(cast.trainee).get(f"/reports/{conversation}/")
    page = text_of(response)
    assert "A late delivery with Dana" in page
    assert (
        "Two of three measures were on target. Next time, leave more room: you did 68% of the talking." in page
    )
    assert "What these numbers are not for Not for employment decisions" in page
    content = response.content.decode()
    turns = re.findall(r'id="turn-(\d+)"', content)
    assert turns == ["1", "2", "3", "4", "5", "6", "7"]
    linked = set(re.findall(r'href="#turn-(\d+)"', content))
    assert linked == set(turns)
    assert content.count('<mark class="filler">') == 3  # the legend's, and two
    assert '<mark class="filler">Um,</mark> I am sorry,' in content
    assert "Not heard any more: </span><s>it is late.</s>" in content
    assert "htmx" not in content.split("<main")[0].replace("htmx-config", "")


def test_what_was_not_measured_says_why_and_never_zero(cast: Cast, scenario: Scenario) -> None:
    page = report_of(cast.trainee, held(cast.trainee, *TURNS))
    assert "Filled pauses Not measured Not enough speech for a number that could be trusted." in page


def test_a_coach_reads_along_and_changes_nothing(cast: Cast, scenario: Scenario) -> None:
    page = report_of(cast.coach, held(cast.trainee, *TURNS))
    assert "Tess with Dana" in page
    assert "Most worth practicing next: Talk ratio, 68% of the talking (target: 30% to 50%)." in page
    assert "Back to the team" in page
    assert "Practice again" not in page
    assert "You" not in page.split("The conversation")[1]


def test_practicing_again_is_offered_while_the_scenario_is(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS)
    assert "Practice again" in report_of(cast.trainee, conversation)
    with organization_scope(cast.organization):
        Scenario.objects.update(status="archived")
    assert "Practice again" not in report_of(cast.trainee, conversation)


def test_a_conversation_that_goes_on_has_a_way_back(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS, ended=False, report=False)
    page = as_(cast.trainee).get(f"/reports/{conversation}/")
    assert "This conversation is still going on" in text_of(page)
    assert f'href="/conversations/{conversation}/"' in page.content.decode()
    assert (
        f"/conversations/{conversation}/"
        not in as_(cast.coach).get(f"/reports/{conversation}/").content.decode()
    )


def test_nothing_said_is_no_failure(cast: Cast, scenario: Scenario) -> None:
    page = report_of(cast.trainee, held(cast.trainee, TURNS[0]))
    assert "Nothing was said this time That is all right: the first sentence is the hardest." in page
    assert "Where is it?" in page
    assert "What was measured" not in page


def test_a_report_whose_key_is_gone_says_so(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS)
    vault.destroy_key(cast.trainee.pk)
    assert "This report can no longer be read" in report_of(cast.coach, conversation)


def test_it_says_that_typed_turns_are_not_measured(cast: Cast, scenario: Scenario) -> None:
    spoken_only = [turn for turn in TURNS if turn.kind != "typed"]
    for turns, words in (
        (TURNS, "Of what was spoken alone: 1 typed turn is left out."),
        ([*TURNS, typed(8, "One more.", 30_000)], "Of what was spoken alone: 2 typed turns are left out."),
    ):
        assert words in report_of(cast.trainee, held(cast.trainee, *turns))
    assert "typed turn" not in report_of(cast.trainee, held(cast.trainee, *spoken_only))


def test_typed_text_cannot_become_part_of_the_page(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS, typed(8, "<script>alert(1)</script> <b>um</b>", 30_000))
    content = as_(cast.trainee).get(f"/reports/{conversation}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert "<script>alert" not in content


# -- a report on its way ---------------------------------------------------------------------------------


def test_a_report_on_its_way_asks_again_by_itself_until_it_is_there(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS, report=False)
    mark_queued(conversation_id=conversation)
    client, progress = as_(cast.trainee), f"/reports/{conversation}/progress/"
    page = client.get(f"/reports/{conversation}/")
    assert "Your report is being made Waiting for its turn…" in text_of(page)
    polling = f'hx-get="{progress}?shown=queued" hx-trigger="every 1s"'
    assert polling in page.content.decode()

    def ask(shown: str) -> Any:
        return client.get(progress, {"shown": shown}, headers={"HX-Request": "true"})

    assert ask("queued").status_code == 204
    with scopes_disabled():
        Report.objects.update(status="running", progress=0.5)
    assert ask("running-0.50").status_code == 204
    running = ask("queued").content.decode()
    assert "Measuring what was said…" in running
    assert 'value="0.50"' in running
    assert f'hx-get="{progress}?shown=running-0.50"' in running
    assert 'id="told"' in running
    analyse(conversation_id=conversation)
    done = ask("running-0.50").content.decode()
    assert "What was measured" in done
    assert "Your report is ready." in done
    assert "hx-get" not in done
    assert "<html" not in done


def test_the_bar_moves_as_far_as_the_report_is(
    cast: Cast, scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = held(cast.trainee, *TURNS, report=False)
    client, progress = as_(cast.trainee), f"/reports/{conversation}/progress/"
    bars: list[str] = []
    shown = ["queued"]

    def look() -> None:
        """As the page does every second; what it shows then."""
        answer = client.get(progress, {"shown": shown[-1]}, headers={"HX-Request": "true"})
        if answer.status_code == 204:
            return
        part = answer.content.decode()
        bars.extend(re.findall(r'<progress max="1" value="([^"]+)"', part))
        shown.append(re.findall(r'[?]shown=([^"]+)"', part)[0])
        assert ('id="told"' in part) == (len(bars) == 1)  # read aloud once

    def watched(*args: Any, measured: Callable[[float], None], **kwargs: Any) -> Any:
        def and_look(share: float) -> None:
            measured(share)
            look()

        look()
        return compute_report(*args, measured=and_look, **kwargs)

    monkeypatch.setattr(analysis, "compute_report", watched)
    analyse(conversation_id=conversation)
    assert bars == ["0.30", "0.56", "0.81"]
    assert shown == ["queued", "running-0.30", "running-0.56", "running-0.81"]
    assert "What was measured" in client.get(progress, headers={"HX-Request": "true"}).content.decode()


def test_without_a_script_the_progress_is_the_page_itself(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS)
    assert (
        as_(cast.trainee).get(f"/reports/{conversation}/progress/")["Location"] == f"/reports/{conversation}/"
    )


def test_a_failed_report_says_what_is_safe_and_is_asked_for_again(
    cast: Cast, scenario: Scenario, asked_for: list[str]
) -> None:
    conversation = held(cast.trainee, *TURNS, report=False)
    mark_queued(conversation_id=conversation)
    with scopes_disabled():
        Report.objects.update(status="failed", error_code="operational_error")
    page = report_of(cast.trainee, conversation)
    assert "The report could not be made Your conversation is kept: nothing you said is lost. Try again" in page
    assert "operational" not in page
    assert "Try again" not in report_of(cast.coach, conversation)
    assert as_(cast.trainee).post(f"/reports/{conversation}/again/")["Location"] == f"/reports/{conversation}/"
    assert asked_for == [str(conversation)]
    assert "Your report is being made" in report_of(cast.trainee, conversation)


def test_a_report_that_is_there_is_not_made_again(cast: Cast, scenario: Scenario, asked_for: list[str]) -> None:
    conversation = held(cast.trainee, *TURNS)
    assert as_(cast.trainee).post(f"/reports/{conversation}/again/").status_code == 302
    assert asked_for == []


def test_a_report_nobody_asked_for_can_be_asked_for(
    cast: Cast, scenario: Scenario, asked_for: list[str]
) -> None:
    conversation = held(cast.trainee, *TURNS, report=False)
    assert "There is no report yet" in report_of(cast.trainee, conversation)
    as_(cast.trainee).post(f"/reports/{conversation}/again/")
    assert asked_for == [str(conversation)]


def test_a_conversation_that_just_ended_has_its_report_on_the_way(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS, report=False, days_ago=0)
    assert "Your report is being made" in report_of(cast.trainee, conversation)


def test_the_sign_in_leads_from_asking_for_it_to_the_report(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS, report=False)
    asking = f"/reports/{conversation}/again/"
    assert Client().post(asking)["Location"] == f"/accounts/login/?next={asking}"
    assert as_(cast.trainee).get(asking)["Location"] == f"/reports/{conversation}/"
    with scopes_disabled():
        assert not Report.objects.exists()


# -- the history -----------------------------------------------------------------------------------------


def rows_of(who: User, path: str) -> list[str]:
    """The list's rows, as they read."""
    response = as_(who).get(path)
    assert response.status_code == 200
    rows = response.content.decode().split('<li class="row">')[1:]
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", one.split("</li>")[0])).split()) for one in rows]


def test_the_history_lists_ones_own_conversations_the_newest_first(cast: Cast, scenario: Scenario) -> None:
    held(cast.trainee, *TURNS, days_ago=400)
    working = held(cast.trainee, *TURNS[:4], report=False, days_ago=3)
    mark_queued(conversation_id=working)
    failed = held(cast.trainee, report=False, days_ago=2)
    mark_queued(conversation_id=failed)
    with scopes_disabled():
        Report.objects.filter(conversation=failed).update(status="failed")
    left = held(cast.trainee, TURNS[0], ended=False, report=False, days_ago=0)
    claim_lease(conversation_id=left, owner="test", seconds=30)
    mark_interrupted(conversation_id=left, owner="test", elapsed_ms=61_000)
    held(person(cast, "other@here.test"), *TURNS)
    timed = re.compile(r"(?<=delivery ).*?\d\d:\d\d")
    rows = [timed.sub("WHEN", one) for one in rows_of(cast.trainee, "/history/")]
    assert rows == [
        "A late delivery WHEN 1 min Interrupted Continue : A late delivery",
        "A late delivery WHEN under a minute No report: it could not be made",
        "A late delivery WHEN under a minute Report is being made",
        "A late delivery WHEN under a minute 2 of 3 on target",
    ]


def test_what_can_no_longer_be_taken_up_is_not_offered(cast: Cast, scenario: Scenario) -> None:
    left = held(cast.trainee, TURNS[0], ended=False, report=False)
    change(left, status="interrupted", lease_expires_at=timezone.now() - timedelta(days=1))
    (row,) = rows_of(cast.trainee, "/history/")
    assert row.endswith("Left; its report follows")


def test_what_was_started_and_never_come_to_is_in_no_list(cast: Cast, scenario: Scenario) -> None:
    left = start_conversation(trainee=cast.trainee, scenario_slug=SHEET.slug).pk
    for change_it in ({}, {"status": "interrupted", "lease_expires_at": timezone.now()}, {"status": "ended"}):
        change(left, **{"status": "live", "lease_expires_at": None, **change_it})
        assert rows_of(cast.trainee, "/history/") == rows_of(cast.coach, "/team/") == []
    assert "What you rehearse will be here" in text_of(as_(cast.trainee).get("/history/"))
    change(left, status="live")
    note_engines(conversation_id=left, engines={"stt": "pocketsphinx"})
    assert len(rows_of(cast.trainee, "/history/")) == len(rows_of(cast.coach, "/team/")) == 1


def test_an_empty_history_offers_the_first_step(cast: Cast, scenario: Scenario) -> None:
    page = as_(cast.trainee).get("/history/")
    assert "What you rehearse will be here" in text_of(page)
    assert '<a class="button" href="/">Choose your first scenario</a>' in page.content.decode()
    assert "<form" not in page.content.decode().split("<main")[1]


def second_scenario(cast: Cast) -> None:
    sheet = replace(SHEET, slug="returns", title="A return")
    publish(scenario=import_sheet(organization=cast.organization, sheet=sheet))


def test_the_history_is_narrowed_down_to_a_scenario(cast: Cast, scenario: Scenario) -> None:
    second_scenario(cast)
    held(cast.trainee, *TURNS)
    held(cast.trainee, *TURNS, slug="returns")
    assert [one.split(" Yesterday")[0] for one in rows_of(cast.trainee, "/history/?scenario=returns")] == [
        "A return"
    ]
    nothing = text_of(as_(cast.trainee).get("/history/?scenario=none"))
    assert "No conversation matches these filters. Clear filters" in nothing


def test_pages_of_twenty_keep_their_filters(cast: Cast, scenario: Scenario) -> None:
    second_scenario(cast)
    for days in range(1, 24):
        held(cast.trainee, days_ago=days, report=False)
    held(cast.trainee, slug="returns", days_ago=30, report=False)
    first = as_(cast.trainee).get("/history/?scenario=late-delivery")
    assert "Page 1 of 2" in text_of(first)
    assert 'href="?scenario=late-delivery&amp;page=2"' in first.content.decode()
    assert len(rows_of(cast.trainee, "/history/?scenario=late-delivery")) == 20
    assert len(rows_of(cast.trainee, "/history/?scenario=late-delivery&page=2")) == 3
    assert len(rows_of(cast.trainee, "/history/?page=no-number")) == 20


# -- the team --------------------------------------------------------------------------------------------


@pytest.fixture
def robin(cast: Cast) -> User:
    """A second trainee, of a second team that the coach coaches too."""
    robin = person(cast, "robin@here.test", preferred_name="Robin")
    with organization_scope(cast.organization):
        team = Team.objects.create(organization=cast.organization, name="Second")
    team.members.add(robin)
    team.coaches.add(cast.coach)
    return robin


def who_is_listed(coach: User, query: str = "") -> list[str]:
    return [row.split(":")[0] for row in rows_of(coach, f"/team/{query}")]


def test_a_coach_sees_what_their_trainees_rehearsed_and_nothing_else(
    cast: Cast, scenario: Scenario, robin: User
) -> None:
    held(cast.trainee, *TURNS, days_ago=1)
    held(robin, *TURNS, days_ago=2)
    held(person(cast, "other@here.test"), *TURNS)
    held(cast.coach, *TURNS)
    rows = rows_of(cast.coach, "/team/")
    assert who_is_listed(cast.coach) == ["Tess", "Robin"]
    assert rows[0].startswith("Tess: A late delivery Yesterday")
    assert rows[0].endswith("under a minute 2 of 3 on target")
    assert "Continue" not in text_of(as_(cast.coach).get("/team/"))


def test_the_team_is_narrowed_down_by_each_filter(cast: Cast, scenario: Scenario, robin: User) -> None:
    second_scenario(cast)
    held(cast.trainee, *TURNS, days_ago=1)
    held(robin, *TURNS, days_ago=20, report=False)
    held(robin, slug="returns", days_ago=60, ended=False, report=False)
    second = Team.objects.with_scopes_disabled().get(name="Second")
    one_of_them = f"?trainee={robin.pk}&days=30&status=&team="
    elsewhere = f"?trainee={cast.outsider.pk}"
    found = {
        query: who_is_listed(cast.coach, query)
        for query in (
            f"?trainee={cast.trainee.pk}", f"?team={second.pk}", "?scenario=returns", "?status=done",
            "?status=waiting", "?status=open", "?days=7", "?days=30", "?days=90", one_of_them,
            "?days=5", "?trainee=nobody", elsewhere, "?status=done&scenario=returns",
        )
    }  # fmt: skip
    assert list(found.values()) == [
        ["Tess"], ["Robin", "Robin"], ["Robin"], ["Tess"], ["Robin"],
        ["Robin"], ["Tess"], ["Tess", "Robin"], ["Tess", "Robin", "Robin"], ["Robin"],
        [], [], [], [],
    ]  # fmt: skip
    chosen = as_(cast.coach).get(f"/team/?trainee={robin.pk}&days=30").content.decode()
    assert f'<option value="{robin.pk}" selected>Robin</option>' in chosen
    assert '<option value="30" selected>' in chosen


def test_a_coach_without_a_team_is_told_how_to_get_one(cast: Cast, scenario: Scenario) -> None:
    lonely = person(cast, "lonely@here.test", "coach")
    held(cast.trainee, *TURNS)
    assert "You coach no team yet. Ask an admin" in text_of(as_(lonely).get("/team/"))


def test_a_team_that_has_not_rehearsed_is_no_error(cast: Cast, scenario: Scenario) -> None:
    assert "Nobody in your teams has rehearsed yet." in text_of(as_(cast.coach).get("/team/"))


# -- what it costs ---------------------------------------------------------------------------------------


def queries(ask: Callable[[], object]) -> tuple[int, int]:
    """Of the main database, and of the one with the keys, when none is at hand."""
    vault.clear_cache()
    with CaptureQueriesContext(connection) as rows, CaptureQueriesContext(connections["keys"]) as keys:
        ask()
    return len(rows), len(keys)


def test_a_longer_list_costs_no_more_queries(cast: Cast, scenario: Scenario) -> None:
    def costs() -> list[tuple[int, int]]:
        trainee, coach = as_(cast.trainee), as_(cast.coach)
        asked = [lambda: trainee.get("/history/"), lambda: coach.get("/team/?days=90&status=done")]
        return [queries(ask) for ask in asked]

    for _ in range(3):
        held(cast.trainee, *TURNS[:2])
    few = costs()
    with organization_scope(cast.organization):
        first = Team.objects.get(name="First")
    for number in range(27):
        trainee = person(cast, f"number{number}@here.test")
        first.members.add(trainee)
        held(trainee, *TURNS[:2])
        held(cast.trainee, *TURNS[:2])
    assert costs() == few
    assert [keys for _, keys in few] == [1, 1]


def test_a_report_and_a_room_ask_for_no_knowledge_and_no_preferences(cast: Cast, scenario: Scenario) -> None:
    conversation = held(cast.trainee, *TURNS)
    open_one = held(cast.trainee, *TURNS[:2], ended=False, report=False)
    client = as_(cast.trainee)
    for path in (f"/reports/{conversation}/", f"/conversations/{open_one}/"):
        with CaptureQueriesContext(connection) as asked:
            assert client.get(path).status_code == 200
        assert [one["sql"] for one in asked if "avatars_knowledge" in one["sql"]] == []
        profiles = [one["sql"] for one in asked if '"preferences"' in one["sql"]]
        assert len(profiles) == ("conversations" in path)  # the room's own profile


def test_a_list_opens_nothing_that_was_said_or_measured(cast: Cast, scenario: Scenario) -> None:
    held(cast.trainee, *TURNS)
    client = as_(cast.trainee)
    with CaptureQueriesContext(connection) as asked:
        client.get("/history/")
    columns = " ".join(one["sql"].split(" FROM ")[0] for one in asked)
    assert not re.search(r'"(text|words|unheard_text|metrics|data)"', columns)
