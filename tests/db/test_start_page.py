"""Claims about where a conversation begins: the form, the sound check, and clients that speak JSON."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.scoping import organization_scope
from avatars.models import Scenario
from memory.models import Conversation
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

START = "/conversations/start/"


@pytest.fixture(autouse=True)
def known_host(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def trainee(cast: Cast, scenario: Scenario, client: Client) -> Client:
    client.force_login(cast.trainee)
    return client


def begun(cast: Cast) -> list[str]:
    """The rooms of the conversations that were begun."""
    with organization_scope(cast.organization):
        return [f"/conversations/{pk}/" for pk in Conversation.objects.values_list("pk", flat=True)]


def test_a_browser_that_was_not_checked_is_led_to_the_sound_check(cast: Cast, trainee: Client) -> None:
    answer = trainee.post(START, {"scenario": "late-delivery"})
    assert (answer.status_code, answer["Location"]) == (303, "/sound-check/?scenario=late-delivery")
    assert begun(cast) == []


def test_the_check_leads_to_the_room_and_is_remembered(cast: Cast, trainee: Client) -> None:
    answer = trainee.post(START, {"scenario": "late-delivery", "checked": "1"})
    assert [answer["Location"]] == begun(cast)
    assert answer.status_code == 303
    cookie = answer.cookies["sound_checked"]
    kept = {name: cookie[name] for name in ("max-age", "path", "samesite", "httponly", "secure")}
    assert cookie.value == "1"
    assert kept == {"max-age": 31_536_000, "path": "/", "samesite": "Lax", "httponly": True, "secure": ""}
    answer = trainee.post(START, {"scenario": "late-delivery"})
    assert [answer["Location"]] == begun(cast)
    assert "sound_checked" not in answer.cookies


def test_over_https_the_browser_is_remembered_over_https_only(trainee: Client) -> None:
    answer = trainee.post(START, {"scenario": "late-delivery", "checked": "1"}, secure=True)
    assert answer.cookies["sound_checked"]["secure"] is True


def test_who_would_rather_type_tells_the_room(cast: Cast, trainee: Client) -> None:
    answer = trainee.post(START, {"scenario": "late-delivery", "checked": "1", "type": "1"})
    assert [answer["Location"]] == [f"{room}?type=1" for room in begun(cast)]


def test_a_scenario_that_is_gone_leads_home_with_a_word(cast: Cast, trainee: Client) -> None:
    answer = trainee.post(START, {"scenario": "gone", "checked": "1"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "That scenario is not here any more." in answer.content.decode()
    assert begun(cast) == []


def test_an_outsider_begins_none_of_ours(cast: Cast, scenario: Scenario, client: Client) -> None:
    client.force_login(cast.outsider)
    assert client.post(START, {"scenario": "late-delivery", "checked": "1"})["Location"] == "/"
    answer = client.post(START, {"scenario": "late-delivery"}, content_type="application/json")
    assert answer.status_code == 404
    assert begun(cast) == []


def test_a_client_is_answered_in_json(cast: Cast, trainee: Client) -> None:
    answer = trainee.post(START, {"scenario": "late-delivery"}, content_type="application/json")
    [room] = begun(cast)
    identity = room.split("/")[2]
    assert answer.status_code == 201
    assert answer.json() == {"conversation": identity, "socket": f"/ws/voice/{identity}/"}
    answer = trainee.post(START, {"scenario": "gone"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "bad_event")


def test_beginning_takes_a_sign_in_and_a_post(client: Client) -> None:
    assert client.post(START)["Location"] == f"/accounts/login/?next={START}"
    assert client.get("/sound-check/")["Location"] == "/accounts/login/?next=/sound-check/"


def test_whose_session_has_expired_comes_by_the_sign_in_to_the_scenarios_card(
    cast: Cast, scenario: Scenario, client: Client
) -> None:
    asked = client.post(START, {"scenario": "late-delivery", "checked": "1"})
    assert asked["Location"] == f"/accounts/login/?next={START}%3Fscenario%3Dlate-delivery"
    client.force_login(cast.trainee)
    answer = client.get(START, {"scenario": "late-delivery"})
    assert (answer.status_code, answer["Location"]) == (302, "/#scene-late-delivery")
    assert '<li class="card scenario" id="scene-late-delivery">' in client.get("/").content.decode()
    assert begun(cast) == []


def test_beginning_with_get_leads_home_and_begins_nothing(cast: Cast, trainee: Client) -> None:
    assert trainee.get(START)["Location"] == "/"
    assert trainee.get(START, {"scenario": "//evil.test/#x"})["Location"] == "/#scene-%2F%2Fevil.test%2F%23x"
    assert trainee.delete(START).status_code == 405
    assert begun(cast) == []


def test_a_button_that_is_pressed_twice_begins_one_conversation(cast: Cast, trainee: Client) -> None:
    pressed = [trainee.post(START, {"scenario": "late-delivery", "checked": "1"}) for _ in range(2)]
    assert [one["Location"] for one in pressed] == begun(cast) * 2


def test_somebody_who_is_being_erased_is_told_so_and_begins_nothing(cast: Cast, trainee: Client) -> None:
    User.everyone.filter(pk=cast.trainee.pk).update(erasing_since=timezone.now())
    answer = trainee.post(START, {"scenario": "late-delivery", "checked": "1"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Your account is being deleted, so no new conversation can begin." in answer.content.decode()
    answer = trainee.post(START, {"scenario": "late-delivery"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_authorised")
    assert begun(cast) == []


def test_the_sound_check_tells_what_is_ahead_and_hands_it_on(trainee: Client) -> None:
    page = trainee.get("/sound-check/", {"scenario": "late-delivery"}).content.decode()
    assert '<input type="hidden" name="scenario" value="late-delivery">' in page
    assert "<p>Calm her down.</p>" in page
    assert "<li>listen</li><li>offer a date</li>" in page
    assert '<input type="hidden" name="checked" value="1">' in page
    assert "<noscript>" in page
    assert not re.search(r"\s(style|on[a-z]+)=[\"']", page)
    alone = trainee.get("/sound-check/").content.decode()
    assert "Back to the scenarios" in alone
    assert START not in alone


def test_the_sound_check_for_what_is_not_there_says_so_at_once(trainee: Client) -> None:
    answer = trainee.get("/sound-check/", {"scenario": '"><b>'}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "That scenario is not here any more." in answer.content.decode()
