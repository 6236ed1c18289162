"""The production layout: a conversation on it, and one that moves from one web server to another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from tests.service.client import conversation, open_door, sign_in, spoken, start
from tests.service.production import Installation, installation, outage
from tests.service.served import wait_until


@pytest.fixture(scope="module")
def house(postgres: str, redis: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installation(postgres, redis, tmp_path_factory.mktemp("production"), COACH_LEASE_S="3") as house:
        house.start_speech_worker()
        house.start_celery()
        yield house


@pytest.fixture(scope="module")
def web(house: Installation) -> tuple[str, str]:
    return house.start_web("web1"), house.start_web("web2")


REPORT = """
import json, sys
from reports.analysis import report_json
print(json.dumps(report_json(conversation_id=sys.argv[1])))
"""


def report_of(house: Installation, conversation_id: str) -> dict[str, object]:
    code = REPORT.replace("sys.argv[1]", repr(conversation_id))
    return json.loads(house.manage("shell", "-v0", "-c", code).splitlines()[-1])


def test_a_conversation_gets_its_report_from_the_worker(house: Installation, web: tuple[str, str]) -> None:
    async def main() -> str:
        async with conversation(web[0], "angry-customer") as browser:
            await browser.wait_for("response.done")
            before = len(browser.events)
            await browser.say(
                await spoken("I am very sorry about your phone. I will send you a new one today.")
            )
            await browser.wait_for("response.done", after=before)
            await browser.send("coach.end")
            await browser.wait_for_close()
            return browser.conversation_id

    conversation_id = asyncio.run(main())
    wait_until(lambda: report_of(house, conversation_id)["status"] == "done", "the report")
    report = report_of(house, conversation_id)
    assert report["metrics"]["speech_rate"]["value"] > 60
    assert "analyse_conversation" in house.log("celery")
    assert "sorry" not in house.log("celery") + house.log("web1") + house.log("speech")


def test_a_conversation_goes_on_at_another_server(house: Installation, web: tuple[str, str]) -> None:
    """At once where its trainee goes on; once the lease has run out where its web server was killed."""

    async def main() -> None:
        async with sign_in(web[0]) as client, sign_in(web[1]) as other:
            path = f"/ws/voice/{await start(client, 'angry-customer')}/"
            async with open_door(client, web[0], path) as browser:
                await browser.set_up()
                await browser.wait_for("response.done")
                before = len(browser.events)
                await browser.send("coach.say", text="I am sorry that your phone is broken.")
                await browser.wait_for("response.done", after=before)
                said = browser.turns()
                async with open_door(other, web[1], path) as second:
                    await second.wait_for("session.created")
                    assert await browser.wait_for_close() == 4409
            async with open_door(client, web[0], path) as browser:
                await browser.wait_for("session.created")
                house.kill("web1")
                await browser.wait_for_close()
            browser = await _taken_over(other, web[1], path, said)
            assert browser is not None

    asyncio.run(main())


async def _taken_over(client: object, base: str, path: str, said: list[dict[str, object]]) -> object:
    """Try as a browser does, until the dead server's lease has run out."""
    async with asyncio.timeout(30):
        while True:
            async with open_door(client, base, path) as browser:  # type: ignore[arg-type]
                first = await browser.wait_until(lambda: browser.events and browser.events[0])
                if first["type"] == "error":
                    assert first["error"]["code"] == "conversation_elsewhere"
                    await browser.wait_for_close()
                    await asyncio.sleep(0.3)  # a browser waits before it tries again
                    continue
                await browser.set_up()
                before = len(browser.events)
                await browser.send("coach.say", text="Can I send you a new phone?")
                await browser.wait_for("response.done", after=before)
                typed, answer = browser.turns()[-2:]
                assert typed["seq"] == max(int(str(turn["seq"])) for turn in said) + 1
                assert answer["text"] not in {turn["text"] for turn in said}, "it has forgotten what it said"
                return browser


MARK = "xyzzysecret"
BAD_FRAMES = [
    (f"{{not json {MARK}", "bad_event"),
    (f'{{"type": "{MARK}"}}', "bad_event"),
    ('{"type": ["coach.say"]}', "bad_event"),
    (f'{{"type": "conversation.item.create", "item": {{"role": "{MARK}"}}}}', "bad_event"),
    ('{"type": "nope", "event_id": "\\ud800"}', "bad_event"),
    (f'{{"type": "input_audio_buffer.append", "audio": "{MARK}%"}}', "bad_audio"),
    ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', "bad_audio"),  # three bytes
    ('{"type": "session.update", "session": {"audio": {"input": {"format": {"rate": 16000}}}}}', "bad_audio"),
    (MARK.encode() * 2, "bad_event"),  # this door takes no binary frames
    ('{"type": "conversation.item.create", "item": "' + MARK * 7_000 + '"}', "message_too_large"),
]


def test_the_realtime_door_answers_bad_input_and_writes_only_codes_to_the_log(
    house: Installation, web: tuple[str, str]
) -> None:
    token = house.manage("token", "create", "--user", "trainee@demo.test", "--name", "bad input").split()[-1]

    async def main() -> None:
        bearer = {"Authorization": f"Bearer {token}"}
        async with open_door(None, web[1], "/v1/realtime?model=lumina", **bearer) as caller:
            await caller.wait_for("response.done")
            for frame, code in BAD_FRAMES:
                before = len(caller.events)
                await caller.socket.send(frame)
                error = (await caller.wait_for("error", after=before))["error"]
                assert (error["code"], MARK in str(error)) == (code, False), frame[:60]
            before = len(caller.events)
            await caller.send("response.create")
            await caller.wait_for("response.done", after=before)

    asyncio.run(main())
    assert "realtime door: bad_audio" in house.log("web2")
    assert MARK not in house.log("web2")


STORED = """
import json
from memory.conversations import load_context
print(json.dumps([turn.to_json() for turn in load_context(conversation_id=ID).turns]))
"""


def test_nothing_is_lost_or_doubled_while_the_database_is_away(
    house: Installation, web: tuple[str, str], postgres: str
) -> None:
    async def main() -> tuple[str, list[dict[str, object]]]:
        async with conversation(web[1], "lumina") as browser:
            await browser.wait_for("response.done")
            with outage(postgres, house.environment["DATABASE_URL"]):
                for text in ("Hello Lumina, how are you?", "I have a hard talk tomorrow."):
                    before = len(browser.events)
                    await browser.send("coach.say", text=text)
                    await browser.wait_for("response.done", after=before)
            await browser.send("coach.end")
            await browser.wait_for_close()
            return browser.conversation_id, browser.turns()

    conversation_id, told = asyncio.run(main())
    code = STORED.replace("ID", repr(conversation_id))
    stored = json.loads(house.manage("shell", "-v0", "-c", code).splitlines()[-1])
    assert stored == told
    assert [turn["kind"] for turn in stored] == ["opening", "typed", "reply", "typed", "reply"]
    assert "OperationalError" in house.log("web2")
    assert "hard talk" not in house.log("web2")


ERASE = """
from accounts.models import User
from accounts.personal_data import erase_person
from avatars.models import Scenario
print(erase_person(person=User.everyone.get(email="coach@demo.test").pk).counts)
"""


def test_a_person_who_is_erased_is_hung_up_on(house: Installation, web: tuple[str, str]) -> None:
    """Another process erases; the one that holds the conversation is told through Redis."""

    async def main() -> None:
        async with sign_in(web[1], "coach@demo.test") as client:
            path = f"/ws/voice/{await start(client, 'lumina')}/"
            async with open_door(client, web[1], path) as browser:
                await browser.set_up()
                await browser.wait_for("response.done")
                erased = await asyncio.to_thread(house.manage, "shell", "-v0", "-c", ERASE)
                assert "'memory.Conversation': 1" in erased
                assert await browser.wait_for_close(within_s=10) == 1000
                assert browser.events[-1]["reason"] == "erased"

    asyncio.run(main())
