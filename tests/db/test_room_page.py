"""Claims about the page of the live room: whose it is, what it shows, what it tells its script."""

from __future__ import annotations

import json
import re
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Profile
from accounts.scoping import organization_scope
from avatars.models import Scenario
from memory.conversations import end_conversation, record_turn, start_conversation
from memory.models import Conversation
from memory.records import TurnRecord
from tests.db.conftest import Cast
from voice.errors import LlmTimeout, LlmUnavailable, SttUnavailable, TtsUnavailable

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


@pytest.fixture(autouse=True)
def known_host(settings) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def conversation(cast: Cast, scenario: Scenario) -> Conversation:
    return start_conversation(trainee=cast.trainee, scenario_slug="late-delivery")


def say(conversation: Conversation, seq: int, speaker: str, kind: str, text: str, unheard: str = "") -> None:
    record = TurnRecord(
        seq, speaker, kind, text, seq * 1000.0, seq * 1000.0 + 900, unheard, interrupted=bool(unheard)
    )
    record_turn(conversation_id=conversation.pk, record=record)


def room(client: Client, conversation: Conversation) -> str:
    answer = client.get(f"/conversations/{conversation.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def facts(page: str) -> dict[str, object]:
    found = re.search(r'<script id="room-facts" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


def captions(page: str) -> list[tuple[str, str, str]]:
    """Class, what was heard, what was not, of each caption."""
    shown = page.split('data-part="turns"')[1].split("</ol>")[0]
    found = re.findall(
        r'<li class="turn ([\w ]+)".*?class="said">(.*?)</span>.*?<del>(.*?)</del>', shown, re.DOTALL
    )
    return [(kind, said, unheard) for kind, said, unheard in found]


def test_it_shows_what_was_said_so_far_with_what_was_not_heard(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    say(conversation, 1, "avatar", "opening", "Where is", "it?")
    say(conversation, 2, "trainee", "speech", "I am <sorry>.")
    say(conversation, 3, "trainee", "backchannel", "mm-hm")
    say(conversation, 4, "coach", "tip", "Offer a date")
    client.force_login(cast.trainee)
    page = room(client, conversation)
    assert captions(page) == [
        ("avatar", "Where is", "it?"),
        ("trainee", "I am &lt;sorry&gt;.", ""),
        ("trainee aside", "mm-hm", ""),
    ]
    assert "Offer a date" not in page
    assert "Calm her down." in page
    assert all(objective in page for objective in ("listen", "offer a date"))
    assert "The parcel is lost." not in page  # what only the avatar knows
    assert facts(page) == {
        "socket": f"/ws/voice/{conversation.pk}/",
        "report": f"/reports/{conversation.pk}/",
        "home": "/",
        "limit_s": 300,
        "elapsed_ms": 4900,
        "microphone": "open",
        "captions": True,
        "typing": False,
    }


def test_what_nobody_heard_a_word_of_is_no_caption(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    say(conversation, 1, "avatar", "opening", "", "Where is it?")
    say(conversation, 2, "avatar", "opening", "", "Where is  it?")
    say(conversation, 3, "avatar", "opening", "Where", "is it?")
    say(conversation, 4, "trainee", "speech", "Here.")
    say(conversation, 5, "avatar", "reply", "", "Good.")
    say(conversation, 6, "trainee", "speech", "Good?")
    say(conversation, 7, "avatar", "reply", "Good.")
    client.force_login(cast.trainee)
    assert captions(room(client, conversation)) == [
        ("avatar", "Where", "is it?"),
        ("trainee", "Here.", ""),
        ("trainee", "Good?", ""),
        ("avatar", "Good.", ""),
    ]


def test_whoever_would_rather_type_is_not_asked_for_a_microphone(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    client.force_login(cast.trainee)
    page = client.get(f"/conversations/{conversation.pk}/?type=1").content.decode()
    assert facts(page)["typing"] is True


def mood(page: str) -> str:
    found = re.search(r'<span class="portrait face large" data-mood="(\w+)"', page)
    assert found
    return found[1]


def test_the_face_shows_how_the_avatar_feels_after_what_was_heard(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    client.force_login(cast.trainee)
    assert mood(room(client, conversation)) == "tense"
    say(conversation, 1, "trainee", "backchannel", "you stupid idiot, shut up")  # no turn that anybody answers
    assert mood(room(client, conversation)) == "tense"
    say(conversation, 2, "trainee", "speech", "That is not my problem. Shut up, you stupid idiot.")
    say(conversation, 3, "trainee", "typed", "Nobody cares, you liar.")
    assert mood(room(client, conversation)) == "angry"
    say(conversation, 4, "coach", "direction", "Now she is calm.")
    assert mood(room(client, conversation)) == "calm"


def test_it_begins_as_the_trainee_likes_it(cast: Cast, conversation: Conversation, client: Client) -> None:
    with organization_scope(cast.organization):
        Profile.objects.create(user=cast.trainee, captions=False, microphone="hold")
    client.force_login(cast.trainee)
    page = room(client, conversation)
    assert (facts(page)["microphone"], facts(page)["captions"]) == ("hold", False)
    assert 'data-captions="false"' in page


def test_nobody_else_may_enter(cast: Cast, conversation: Conversation, client: Client) -> None:
    path = f"/conversations/{conversation.pk}/"
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"
    for person in (cast.outsider, cast.coach, cast.admin):
        client.force_login(person)
        assert client.get(path).status_code == 404
    client.force_login(cast.trainee)
    assert client.get(f"/conversations/{uuid4()}/").status_code == 404


def test_a_conversation_that_has_ended_leads_to_its_report(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    end_conversation(conversation_id=conversation.pk, reason="hung_up")
    client.force_login(cast.trainee)
    answer = client.get(f"/conversations/{conversation.pk}/")
    assert (answer.status_code, answer["Location"]) == (302, f"/reports/{conversation.pk}/")


def test_it_has_words_of_its_own_for_every_mishap(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    client.force_login(cast.trainee)
    words = set(re.findall(r'data-word="([\w-]+)"', room(client, conversation)))
    met = {"internal", "message_too_large", "rate_limited", "server_busy", "bad_audio"}
    met |= {kind.code for kind in (SttUnavailable, LlmUnavailable, LlmTimeout, TtsUnavailable)}
    wanted = {"error", "error-hint"} | {f"error-{code}{end}" for code in met for end in ("", "-hint")}
    assert wanted - words == set()


def test_it_asks_the_database_as_often_for_many_turns_as_for_one(
    cast: Cast, conversation: Conversation, client: Client, django_assert_max_num_queries
) -> None:
    client.force_login(cast.trainee)
    say(conversation, 1, "avatar", "opening", "Where is it?")
    room(client, conversation)
    for seq in range(2, 30):
        say(conversation, seq, "trainee", "speech", "I don't know.")
    with django_assert_max_num_queries(9):
        room(client, conversation)


def test_nothing_in_it_is_inline_and_nobody_keeps_a_copy(
    cast: Cast, conversation: Conversation, client: Client
) -> None:
    client.force_login(cast.trainee)
    answer = client.get(f"/conversations/{conversation.pk}/")
    page = answer.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page)
    assert not re.search(r"\s(style|on[a-z]+)=[\"']", page)
    assert "no-store" in answer["Cache-Control"]
