"""Claims about turns on their way into the database: kept through an outage, and never refused in silence."""

from __future__ import annotations

import asyncio
import dataclasses
import threading
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import OperationalError

from accounts import vault
from avatars.models import Scenario
from memory.conversations import load_context, record_turn, start_conversation
from memory.models import Conversation
from memory.records import TurnRecord
from tests.db.conftest import Cast
from voice import recorder as recorder_module
from voice.recorder import Recorder

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])

FIRST = TurnRecord(1, "trainee", "speech", "my secret sentence", 0.0, 1000.0)
SECOND = TurnRecord(2, "avatar", "reply", "I see.", 1500.0, 2500.0)
TWO_SECONDS = 2.0


class Outage:
    """A database that is away until ``over`` is set; ``asked``: somebody tried."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.over, self.asked = False, threading.Event()
        monkeypatch.setattr(recorder_module, "record_turn", self._record_turn)
        monkeypatch.setattr(recorder_module, "LONGEST_PAUSE_S", 0.1)

    def _record_turn(self, **arguments: Any) -> None:
        self.asked.set()
        if not self.over:
            raise OperationalError("the server closed the connection")
        record_turn(**arguments)


@pytest.fixture
def conversation(cast: Cast, scenario: Scenario) -> Conversation:
    return start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)


def kept(conversation: Conversation) -> list[TurnRecord]:
    return load_context(conversation_id=conversation.pk).turns


def recorder_of(conversation: Conversation, on_lost: Callable[[str], None]) -> Recorder:
    return Recorder(conversation.pk, owner="a", on_lost=on_lost)


def test_a_turn_that_can_not_be_kept_ends_the_conversation_and_is_told_by_kind_alone(
    conversation: Conversation, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    record_turn(conversation_id=conversation.pk, record=FIRST)
    vault.clear_cache()
    settings.COACH_MASTER_KEY = AESGCM.generate_key(256)
    lost: list[str] = []

    async def main() -> bool:
        recorder = recorder_of(conversation, lost.append)
        running = asyncio.create_task(recorder.run())
        recorder.record(dataclasses.replace(SECOND, text="my secret answer"))
        async with asyncio.timeout(TWO_SECONDS):
            written = await recorder.drain()
            recorder.record(SECOND)  # is not taken any more
            written |= await recorder.drain()
        running.cancel()
        return written

    assert (asyncio.run(main()), lost) == (False, ["not_kept"])
    assert [one.getMessage() for one in caplog.records] == [
        f"a turn of conversation {conversation.pk} can't be kept: WrongMasterKey"
    ]
    assert "secret" not in caplog.text


def test_it_writes_what_waits_though_nobody_runs_it_any_more(conversation: Conversation) -> None:
    async def main() -> bool:
        recorder = recorder_of(conversation, lambda reason: pytest.fail(reason))
        running = asyncio.create_task(recorder.run())
        running.cancel()
        recorder.record(FIRST)
        async with asyncio.timeout(TWO_SECONDS):
            return await recorder.drain()

    assert asyncio.run(main()) is True
    assert kept(conversation) == [FIRST]


def test_an_outage_loses_and_doubles_nothing(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    changed = dataclasses.replace(FIRST, text="my sentence", interrupted=True)

    async def main() -> bool:
        recorder = recorder_of(conversation, lambda reason: pytest.fail(reason))
        running = asyncio.create_task(recorder.run())
        for record in (FIRST, SECOND, changed):
            recorder.record(record)
            outage.asked.clear()
            assert await asyncio.to_thread(outage.asked.wait, TWO_SECONDS)
        outage.over = True
        async with asyncio.timeout(TWO_SECONDS):
            written = await recorder.drain()
        running.cancel()
        return written

    assert asyncio.run(main()) is True
    assert kept(conversation) == [changed, SECOND]


def test_what_waits_when_the_conversation_closes_is_written_when_the_database_is_back(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    monkeypatch.setattr(recorder_module, "DRAIN_DEADLINE_S", 0.05)

    async def main() -> list[bool]:
        recorder = recorder_of(conversation, lambda reason: pytest.fail(reason))
        running = asyncio.create_task(recorder.run())
        recorder.record(FIRST)
        recorder.record(SECOND)
        closed = await recorder.drain()
        running.cancel()
        await asyncio.wait([running])
        outage.over = True
        async with asyncio.timeout(TWO_SECONDS):
            await asyncio.gather(*recorder_module._writers)
        return [closed, await recorder.drain()]

    assert asyncio.run(main()) == [False, True]
    assert kept(conversation) == [FIRST, SECOND]
    assert not recorder_module._writers


def test_while_the_database_is_away_no_more_than_a_thousand_turns_wait(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    monkeypatch.setattr(recorder_module, "TURNS_WAITING", 2)
    lost: list[str] = []
    third = dataclasses.replace(SECOND, seq=3)

    async def main() -> bool:
        recorder = recorder_of(conversation, lost.append)
        for record in (FIRST, SECOND, third):
            recorder.record(record)
        outage.over = True
        async with asyncio.timeout(TWO_SECONDS):
            return await recorder.drain()

    assert asyncio.run(main()) is True
    assert (kept(conversation), lost) == ([FIRST, SECOND], ["not_kept"])
