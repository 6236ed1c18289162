"""Claims about a conversation in the database: begun, written down, driven by one, ended once."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scopes_disabled
from pytest_django import DjangoAssertNumQueries

from accounts import vault
from accounts.models import User
from avatars.models import Scenario
from avatars.publishing import publish
from memory.conversations import (
    TIME_TO_COME,
    ConversationContext,
    HeldSoFar,
    LeaseLost,
    UnknownConversation,
    UnknownScenario,
    claim_lease,
    end_abandoned,
    end_conversation,
    interrupt_abandoned,
    load_context,
    load_turns,
    mark_interrupted,
    note_engines,
    record_turn,
    release_lease,
    renew_lease,
    start_conversation,
)
from memory.models import Conversation, Turn
from memory.records import TimedWord, TurnRecord
from tests.db.conftest import SHEET, Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

OPENING = TurnRecord(
    seq=1,
    speaker="avatar",
    kind="opening",
    text="Where is",
    started_ms=100.0,
    ended_ms=900.5,
    unheard_text="it?",
    interrupted=True,
    words=(TimedWord("Where", 100.0, 400.0), TimedWord("is", 400.0, 900.5)),
    words_estimated=True,
    timings={"tts_first_audio_ms": 80.25},
)
ANSWER = TurnRecord(2, "trainee", "speech", "It comes tomorrow, sorry — “für dich”.", 1000.0, 3000.0)

LEASE = timedelta(seconds=settings.COACH_LEASE_S)
RESUME_WITHIN = timedelta(seconds=settings.COACH_RESUME_WITHIN_S)


@pytest.fixture
def conversation(cast: Cast, scenario: Scenario) -> Conversation:
    return start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)


def waits_for(cast: Cast, scenario: Scenario) -> Conversation:
    return start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug, reuse=True)


def test_what_waits_for_its_trainee_is_begun_once(
    cast: Cast, scenario: Scenario, conversation: Conversation
) -> None:
    assert waits_for(cast, scenario) == conversation
    assert start_conversation(trainee=cast.coach, scenario_slug=scenario.slug, reuse=True) != conversation
    assert start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug) != conversation


@pytest.mark.parametrize("change", ["claimed", "said", "old", "ended", "published"])
def test_what_was_come_to_or_has_waited_too_long_is_not_begun_again(
    cast: Cast, scenario: Scenario, conversation: Conversation, change: str
) -> None:
    match change:
        case "claimed":
            claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
        case "said":
            record_turn(conversation_id=conversation.pk, record=OPENING)
        case "old":
            began(conversation, ago=TIME_TO_COME + timedelta(seconds=1))
        case "ended":
            end_conversation(conversation_id=conversation.pk, reason="hung_up")
        case _:
            scenario.title = "Later"
            scenario.save()
            publish(scenario=scenario)
    assert waits_for(cast, scenario) != conversation


def test_what_pages_need_is_loaded_with_two_queries(
    conversation: Conversation, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for record in (OPENING, ANSWER):
        record_turn(conversation_id=conversation.pk, record=record)
    with django_assert_num_queries(2):
        held = load_turns(conversation_id=conversation.pk)
    assert held == HeldSoFar(dataclasses.replace(SHEET, version=1), [OPENING, ANSWER], 3000.0)
    with pytest.raises(UnknownConversation):
        load_turns(conversation_id=uuid.uuid4())


def current(conversation: Conversation) -> Conversation:
    with scopes_disabled():
        return Conversation.objects.get(pk=conversation.pk)


def expire_lease(conversation: Conversation, *, ago: timedelta = timedelta(milliseconds=50)) -> None:
    with scopes_disabled():
        Conversation.objects.filter(pk=conversation.pk).update(lease_expires_at=Now() - ago)


def began(conversation: Conversation, *, ago: timedelta) -> None:
    with scopes_disabled():
        Conversation.objects.filter(pk=conversation.pk).update(started_at=Now() - ago)


def test_it_comes_back_with_its_whole_context(cast: Cast, conversation: Conversation) -> None:
    record_turn(conversation_id=conversation.pk, record=ANSWER)
    record_turn(conversation_id=conversation.pk, record=OPENING)
    assert load_context(conversation_id=conversation.pk) == ConversationContext(
        conversation_id=conversation.pk,
        organization_id=cast.organization.pk,
        organization_context="We sell lamps.",
        trainee_id=cast.trainee.pk,
        trainee_name="Tess",
        sheet=dataclasses.replace(SHEET, version=1),
        status="live",
        turns=[OPENING, ANSWER],
        started_at=conversation.started_at,
        elapsed_ms=3000.0,
        memories=(),
    )


def test_it_keeps_the_version_it_began_with(cast: Cast, scenario: Scenario, conversation: Conversation) -> None:
    scenario.title = "Another title"
    scenario.save()
    publish(scenario=scenario)
    assert load_context(conversation_id=conversation.pk).sheet == dataclasses.replace(SHEET, version=1)
    later = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    assert load_context(conversation_id=later.pk).sheet == dataclasses.replace(
        SHEET, title="Another title", version=2
    )


@pytest.mark.parametrize("status", ["draft", "archived"])
def test_it_begins_on_published_scenarios_only(cast: Cast, scenario: Scenario, status: str) -> None:
    scenario.status = status
    scenario.save()
    with pytest.raises(UnknownScenario):
        start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)


def test_an_outsider_can_not_begin_it(cast: Cast, scenario: Scenario) -> None:
    with pytest.raises(UnknownScenario):
        start_conversation(trainee=cast.outsider, scenario_slug=scenario.slug)


def test_writing_a_turn_again_replaces_it(conversation: Conversation) -> None:
    record_turn(conversation_id=conversation.pk, record=ANSWER)
    shorter = dataclasses.replace(ANSWER, text="It comes.", unheard_text="tomorrow", ended_ms=1500.0)
    for _ in range(2):
        record_turn(conversation_id=conversation.pk, record=shorter)
    assert load_context(conversation_id=conversation.pk).turns == [shorter]


def test_it_refuses_turns_of_an_unknown_conversation() -> None:
    with pytest.raises(UnknownConversation):
        record_turn(conversation_id=uuid.uuid4(), record=ANSWER)
    with pytest.raises(UnknownConversation):
        load_context(conversation_id=uuid.uuid4())


def test_it_writes_nothing_about_a_person_who_is_being_erased(cast: Cast, conversation: Conversation) -> None:
    User.everyone.filter(pk=cast.trainee.pk).update(erasing_since=timezone.now())
    with pytest.raises(vault.PersonErased):
        record_turn(conversation_id=conversation.pk, record=ANSWER)
    with pytest.raises(vault.PersonErased):
        start_conversation(trainee=cast.trainee, scenario_slug=SHEET.slug)
    with scopes_disabled():
        assert (Turn.objects.count(), Conversation.objects.count()) == (0, 1)


def test_it_writes_nothing_once_the_key_is_destroyed(cast: Cast, conversation: Conversation) -> None:
    record_turn(conversation_id=conversation.pk, record=OPENING)
    vault.destroy_key(cast.trainee.pk)
    with pytest.raises(vault.PersonErased):
        record_turn(conversation_id=conversation.pk, record=ANSWER)
    emptied = dataclasses.replace(OPENING, text="", unheard_text="", words=())
    assert load_context(conversation_id=conversation.pk).turns == [emptied]


def test_one_drives_it_and_the_next_waits_for_the_lease(conversation: Conversation) -> None:
    def claim(owner: str) -> bool:
        return claim_lease(conversation_id=conversation.pk, owner=owner, seconds=30)

    assert [claim("a"), claim("b"), claim("a")] == [True, False, True]
    assert renew_lease(conversation_id=conversation.pk, owner="b", seconds=30) is False
    assert renew_lease(conversation_id=conversation.pk, owner="a", seconds=30) is True
    assert release_lease(conversation_id=conversation.pk, owner="b") is False
    assert release_lease(conversation_id=conversation.pk, owner="a") is True
    assert [claim("b"), claim("a")] == [True, False]


def test_an_expired_lease_can_be_taken_or_renewed_but_not_both(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    expire_lease(conversation)
    assert renew_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    assert not claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
    expire_lease(conversation)
    assert claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
    assert not renew_lease(conversation_id=conversation.pk, owner="a", seconds=30)


def test_who_lost_the_lease_can_not_write(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
    with pytest.raises(LeaseLost):
        record_turn(conversation_id=conversation.pk, record=ANSWER, owner="a")
    record_turn(conversation_id=conversation.pk, record=OPENING, owner="b")
    assert load_context(conversation_id=conversation.pk).turns == [OPENING]


def test_interrupting_stops_its_clock_and_coming_back_makes_it_live(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    assert mark_interrupted(conversation_id=conversation.pk, owner="b", elapsed_ms=9.0) is False
    assert mark_interrupted(conversation_id=conversation.pk, owner="a", elapsed_ms=5000.0) is True
    assert mark_interrupted(conversation_id=conversation.pk, owner="a", elapsed_ms=9000.0) is False
    context = load_context(conversation_id=conversation.pk)
    assert (context.status, context.elapsed_ms) == ("interrupted", 5000.0)
    assert claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
    assert load_context(conversation_id=conversation.pk).status == "live"


def test_the_first_to_end_it_wins_and_nobody_drives_it_after(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    assert end_conversation(conversation_id=conversation.pk, reason="hung_up") is True
    assert end_conversation(conversation_id=conversation.pk, reason="idle") is False
    assert mark_interrupted(conversation_id=conversation.pk) is False
    assert renew_lease(conversation_id=conversation.pk, owner="a", seconds=30) is False
    assert claim_lease(conversation_id=conversation.pk, owner="a", seconds=30) is False
    ended = current(conversation)
    assert (ended.status, ended.end_reason, ended.lease_owner, ended.lease_expires_at) == (
        "ended",
        "hung_up",
        "",
        None,
    )
    assert ended.ended_at is not None


def test_who_lost_the_lease_can_not_end_it(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    expire_lease(conversation)
    assert claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
    assert end_conversation(conversation_id=conversation.pk, reason="idle", owner="a") is False
    assert (current(conversation).status, current(conversation).lease_owner) == ("live", "b")
    assert end_conversation(conversation_id=conversation.pk, reason="idle", owner="b") is True


def test_its_last_owner_ends_it_though_it_counts_as_interrupted(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    expire_lease(conversation, ago=timedelta(hours=1))
    assert interrupt_abandoned() == 1
    assert end_conversation(conversation_id=conversation.pk, reason="hung_up", owner="a") is True
    assert (current(conversation).status, current(conversation).end_reason) == ("ended", "hung_up")


def test_what_a_dead_process_left_live_becomes_interrupted(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    assert interrupt_abandoned() == 0
    expire_lease(conversation, ago=4 * LEASE + timedelta(seconds=1))
    assert interrupt_abandoned() == 1
    assert (current(conversation).status, current(conversation).lease_owner) == ("interrupted", "")


def test_an_owner_who_comes_back_within_four_leases_goes_on(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    expire_lease(conversation, ago=4 * LEASE - timedelta(seconds=5))
    assert interrupt_abandoned() == 0
    assert renew_lease(conversation_id=conversation.pk, owner="a", seconds=30)


def test_what_nobody_came_to_becomes_interrupted(conversation: Conversation) -> None:
    began(conversation, ago=timedelta(minutes=4))
    assert interrupt_abandoned() == 0
    began(conversation, ago=timedelta(minutes=6))
    assert interrupt_abandoned() == 1
    assert current(conversation).status == "interrupted"


def test_what_was_let_go_and_not_taken_up_becomes_interrupted(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    release_lease(conversation_id=conversation.pk, owner="a")
    assert interrupt_abandoned() == 0
    expire_lease(conversation, ago=4 * LEASE + timedelta(seconds=1))
    assert interrupt_abandoned() == 1
    assert current(conversation).status == "interrupted"


def test_what_is_not_taken_up_in_time_ends_as_abandoned(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    mark_interrupted(conversation_id=conversation.pk, owner="a", elapsed_ms=5000.0)
    expire_lease(conversation, ago=RESUME_WITHIN - timedelta(seconds=5))
    assert end_abandoned() == []
    expire_lease(conversation, ago=RESUME_WITHIN + timedelta(seconds=1))
    assert end_abandoned() == [conversation.pk]
    assert end_abandoned() == []
    ended = current(conversation)
    assert (ended.status, ended.end_reason, ended.elapsed_ms) == ("ended", "abandoned", 5000.0)
    assert ended.ended_at is not None


def test_the_time_to_take_it_up_begins_when_it_is_found_interrupted(conversation: Conversation) -> None:
    # The server was down for a day: the trainee could not come back meanwhile.
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    expire_lease(conversation, ago=timedelta(days=1))
    assert (interrupt_abandoned(), end_abandoned()) == (1, [])
    assert claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
    assert end_abandoned() == []


def test_what_is_driven_is_never_abandoned(conversation: Conversation) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    began(conversation, ago=timedelta(days=1))
    expire_lease(conversation, ago=timedelta(days=1))
    assert end_abandoned() == []


def test_it_keeps_which_engine_did_what(conversation: Conversation) -> None:
    assert note_engines(conversation_id=conversation.pk, engines={"stt": "pocketsphinx"})
    assert current(conversation).engines == {"stt": "pocketsphinx"}
