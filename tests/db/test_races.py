"""Claims about processes that reach for the same row at the same time, with real threads and commits."""

from __future__ import annotations

import dataclasses
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.db.models.functions import Now
from django_scopes import scopes_disabled

from accounts.keystore.models import ErasureLog, PersonKey
from accounts.personal_data import erase_person, personal_data
from avatars.models import Scenario
from avatars.publishing import publish
from memory import conversations
from memory.conversations import (
    LeaseLost,
    claim_lease,
    end_conversation,
    load_context,
    record_turn,
    start_conversation,
)
from memory.models import Conversation
from memory.records import TurnRecord
from reports import analysis
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

THREADS = 8


def at_once(work: Callable[[int], Any], times: int = THREADS) -> list[Any]:
    """The results of ``work(0)`` ... ``work(times - 1)``, each in a thread of its own, begun together."""
    gate = threading.Barrier(times)

    def run(number: int) -> Any:
        gate.wait(10)
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


@pytest.fixture
def conversation(cast: Cast, scenario: Scenario) -> Conversation:
    return start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)


def test_of_many_who_claim_a_free_lease_exactly_one_gets_it(cast: Cast, scenario: Scenario) -> None:
    for _ in range(5):
        fresh = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug).pk
        won = at_once(lambda n, pk=fresh: claim_lease(conversation_id=pk, owner=f"p{n}", seconds=30))
        assert Counter(won) == {True: 1, False: THREADS - 1}


def test_of_many_who_begin_at_once_all_come_to_one_conversation(cast: Cast, scenario: Scenario) -> None:
    begun = at_once(
        lambda n: start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug, reuse=True).pk
    )
    assert len(set(begun)) == 1


def test_of_many_who_end_it_exactly_one_is_first(conversation: Conversation) -> None:
    won = at_once(lambda n: end_conversation(conversation_id=conversation.pk, reason=f"r{n}"))
    assert Counter(won) == {True: 1, False: THREADS - 1}


def test_turns_written_at_the_same_time_are_neither_lost_nor_doubled(conversation: Conversation) -> None:
    def record(seq: int) -> TurnRecord:
        return TurnRecord(seq, "trainee", "speech", f"turn {seq}", seq * 1.0, seq + 1.0)

    def write(number: int) -> None:
        for seq in range(20):
            one = record(seq)
            record_turn(
                conversation_id=conversation.pk, record=dataclasses.replace(one, interrupted=number % 2 == 0)
            )

    at_once(write)
    turns = load_context(conversation_id=conversation.pk).turns
    assert [dataclasses.replace(turn, interrupted=False) for turn in turns] == [
        record(seq) for seq in range(20)
    ]


def test_a_person_gets_one_key_however_many_begin_to_write(conversation: Conversation) -> None:
    at_once(
        lambda n: record_turn(
            conversation_id=conversation.pk, record=TurnRecord(n, "trainee", "typed", f"turn {n}", 0.0, 1.0)
        )
    )
    assert PersonKey.objects.count() == 1
    turns = load_context(conversation_id=conversation.pk).turns
    assert [turn.text for turn in turns] == [f"turn {n}" for n in range(THREADS)]


def test_publishing_at_the_same_time_makes_one_version(scenario: Scenario) -> None:
    scenario.title = "Changed"
    scenario.save()
    numbers = at_once(
        lambda n: publish(scenario=Scenario.objects.with_scopes_disabled().get(pk=scenario.pk)).number, 4
    )
    assert numbers == [2, 2, 2, 2]


class Meanwhile:
    """Does ``work`` in a thread, from the moment when ``writer`` has looked at the conversation and before it
    writes. A lock is what makes it wait for the writer: half a second shows whether it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, writer: Any, work: Callable[[], Any]) -> None:
        self._pool, self._work = ThreadPoolExecutor(1), work
        self._done: Future[Any] | None = None
        self._look = writer.lock_for_writing
        monkeypatch.setattr(writer, "lock_for_writing", self._look_and_begin)

    def _look_and_begin(self, conversation_id: Any) -> Conversation:
        found: Conversation = self._look(conversation_id)
        if self._done is None:
            self._done = self._pool.submit(self._run)
            wait([self._done], timeout=0.5)
        return found

    def _run(self) -> Any:
        try:
            return self._work()
        finally:
            connections.close_all()

    def result(self) -> Any:
        assert self._done is not None
        with self._pool:
            return self._done.result(10)


SAID = TurnRecord(1, "trainee", "speech", "a secret", 0.0, 1.0)


@pytest.mark.parametrize(
    ("module", "write"),
    [
        (conversations, lambda pk: record_turn(conversation_id=pk, record=SAID)),
        (analysis, lambda pk: analysis.mark_queued(conversation_id=pk)),
        (analysis, lambda pk: analysis._store(pk, {"metrics": {}})),
    ],
    ids=["a turn", "a report that is wanted", "a report"],
)
def test_an_erasure_waits_for_what_is_being_written_and_erases_it(
    cast: Cast,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    write: Callable[[Any], None],
) -> None:
    erasure = Meanwhile(monkeypatch, module, lambda: erase_person(person=cast.trainee.pk))
    write(conversation.pk)
    assert erasure.result() == ErasureLog.objects.get(person_id=cast.trainee.pk)
    with scopes_disabled():
        assert [one.find(cast.trainee.pk) for one in personal_data()] == [{}, {}, {}, {}]


def test_who_takes_over_waits_for_the_turn_that_the_former_owner_is_writing(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_lease(conversation_id=conversation.pk, owner="a", seconds=30)
    with scopes_disabled():
        Conversation.objects.update(lease_expires_at=Now() - timedelta(milliseconds=50))

    def take_over() -> list[TurnRecord]:
        assert claim_lease(conversation_id=conversation.pk, owner="b", seconds=30)
        return load_context(conversation_id=conversation.pk).turns

    taking = Meanwhile(monkeypatch, conversations, take_over)
    record_turn(conversation_id=conversation.pk, record=SAID, owner="a")
    assert taking.result() == [SAID]
    with pytest.raises(LeaseLost):
        record_turn(conversation_id=conversation.pk, record=SAID, owner="a")
