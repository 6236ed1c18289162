"""A conversation from a page's own context in a real browser: its cookie, its Origin, its Content-Security-
Policy, sound at the rate that its sound card has."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.browser.browser import visit
from tests.service.served import Served, manage
from tests.speech import say

RATE = 48_000
TOLERANCE_MS = 150
AUDIBLE = 300.0
OPEN = Path(__file__).with_name("door.js").read_text()

STORED = """
import json
from memory.conversations import load_context
from memory.models import Conversation
from django_scopes import scopes_disabled
with scopes_disabled(): status = Conversation.objects.get(pk="{id}").status
turns = load_context(conversation_id="{id}").turns
print(json.dumps([status, [turn.to_json() for turn in turns]]))
"""


@pytest.fixture(scope="module")
def speech() -> str:
    """Something to say and the silence after it, in base64. Made before there is a browser: see there."""
    said = say("I am very sorry that your phone is broken. I will send you a new phone today.", rate=RATE)
    sound = np.concatenate([said, np.zeros(RATE * 3 // 2, np.int16)])
    return base64.b64encode(sound.astype("<i2").tobytes()).decode()


class Door:
    """The page's end of the conversation: see door.js."""

    def __init__(self, page: Page, **which: str) -> None:
        """``scenario`` begins a conversation, ``conversation`` takes one up again."""
        self.page = page
        self.conversation: str = page.evaluate(OPEN, which)

    @property
    def events(self) -> list[dict[str, Any]]:
        return list(self.page.evaluate("() => door.events"))

    def send(self, type_: str, **fields: Any) -> None:
        self.page.evaluate("event => door.send(event)", {"type": type_, **fields})

    def wait_for(self, type_: str, *, after: int = 0, **fields: Any) -> dict[str, Any]:
        event: dict[str, Any] = self.page.evaluate(
            "([fields, after]) => door.event(fields, after)", [{"type": type_, **fields}, after]
        )
        return event

    def wait_for_sound(self, item_id: str, ms: float) -> None:
        """Until so much of the item has come."""
        self.page.evaluate(
            "([id, bytes]) => door.until(() => "
            "(door.sound[id] ?? []).reduce((sum, piece) => sum + piece.length, 0) >= bytes, 'sound')",
            [item_id, ms * RATE / 1000 * 2],
        )

    def sound(self, item_id: str) -> np.ndarray:
        return np.frombuffer(base64.b64decode(self.page.evaluate("id => door.heard(id)", item_id)), "<i2")

    def turn_of(self, item_id: str) -> dict[str, Any]:
        """As last told."""
        told = [event for event in self.events if event["type"] == "coach.turn" and event["item_id"] == item_id]
        return dict(told[-1]["turn"])

    def turns(self) -> list[dict[str, Any]]:
        """As last told, in order."""
        latest = {event["turn"]["seq"]: event["turn"] for event in self.events if event["type"] == "coach.turn"}
        return [latest[seq] for seq in sorted(latest)]

    def reply(self, *, after: int, status: str = "completed") -> str:
        """Waits for the end of the next reply; the id of its item."""
        done = self.wait_for("response.done", after=after)
        assert done["response"]["status"] == status
        for event in self.events[after:]:
            if event["type"] == "response.output_item.added" and event["response_id"] == done["response"]["id"]:
                return str(event["item"]["id"])
        raise AssertionError("a reply without an item")


def assert_it_sounds_as_long_as_its_turn(sound: np.ndarray, turn: dict[str, Any]) -> None:
    assert abs(len(sound) / RATE * 1000 - (turn["ended_ms"] - turn["started_ms"])) <= TOLERANCE_MS
    hop = RATE // 100
    loud = (sound[: len(sound) // hop * hop].reshape(-1, hop).astype(float) ** 2).mean(axis=1) > AUDIBLE**2
    assert loud.mean() > 0.5
    # Speech of 22 kHz made into 48 kHz has nothing up there; bytes taken for the wrong ones have noise.
    spectrum = np.abs(np.fft.rfft(sound.astype(float))) ** 2
    assert spectrum[len(spectrum) // 2 :].sum() < 0.01 * spectrum.sum()


def test_it_talks_with_a_page(speech: str, browser: Browser, base: str, house: Served) -> None:
    with visit(browser, base) as window:
        window.sign_in()
        door = Door(window.page, scenario="angry-customer")
        assert door.events[0]["type"] == "session.created"
        rates = {
            side: {"format": {"type": "audio/pcm", "rate": RATE}} for side in ("input", "output")
        }  # fmt: skip
        door.send("session.update", session={"type": "realtime", "audio": rates})
        audio = door.wait_for("session.updated")["session"]["audio"]
        assert [audio[side]["format"]["rate"] for side in ("input", "output")] == [RATE, RATE]

        opening = door.reply(after=0)
        assert_it_sounds_as_long_as_its_turn(door.sound(opening), door.turn_of(opening))

        before = len(door.events)
        window.page.evaluate("([speech, rate]) => door.speak(speech, rate)", [speech, RATE])
        spoken = door.reply(after=before)
        assert_it_sounds_as_long_as_its_turn(door.sound(spoken), door.turn_of(spoken))

        before = len(door.events)
        door.send("coach.say", text="You will have the new phone in your hands tomorrow morning.")
        typed = door.reply(after=before)

        before = len(door.events)
        door.send("coach.say", text="What else can I do for you, and what happened before?")
        item = door.wait_for("response.output_item.added", after=before)["item"]["id"]
        door.wait_for("coach.state", after=before, state="speaking")
        door.wait_for_sound(item, 500)
        window.page.wait_for_timeout(700)  # so much is listened to: the server goes by the clock
        door.send("response.cancel")
        assert door.reply(after=before, status="cancelled") == item
        assert door.wait_for("output_audio_buffer.cleared", after=before)

        door.send("coach.end")
        assert window.page.evaluate("() => door.until(() => door.closed, 'close')") == 1000
        over = door.events[-1]
        assert (over["type"], over["state"], over["reason"]) == ("coach.state", "ended", "hung_up")

        turns = door.turns()
        assert [(turn["speaker"], turn["kind"], turn["interrupted"]) for turn in turns] == [
            ("avatar", "opening", False),
            ("trainee", "speech", False),
            ("avatar", "reply", False),
            ("trainee", "typed", False),
            ("avatar", "reply", False),
            ("trainee", "typed", False),
            ("avatar", "reply", True),
        ]
        assert {"sorry", "phone"} <= set(turns[1]["text"].split())
        assert door.turn_of(typed) == turns[4]
        assert door.turn_of(item) == turns[6]
        assert turns[6]["text"]
        assert turns[6]["unheard_text"]
        assert [event for event in door.events if event["type"] == "error"] == []
        assert stored(house, door.conversation) == ("ended", turns)


def stored(house: Served, conversation: str) -> tuple[str, list[dict[str, Any]]]:
    """The status and the turns in the database."""
    done = manage(house.data, "shell", "--no-imports", "-c", STORED.replace("{id}", conversation))
    assert done.returncode == 0, done.stderr
    status, turns = json.loads(done.stdout)
    return status, turns


def test_a_page_that_is_reloaded_takes_the_conversation_up_again(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.sign_in()
        door = Door(window.page, scenario="lumina")
        door.reply(after=0)
        before = len(door.events)
        door.send("coach.say", text="I would like to talk about my day.")
        said = door.wait_for("coach.turn", after=before)["turn"]
        window.page.reload()
        door = Door(window.page, conversation=door.conversation)
        answer = door.turn_of(door.reply(after=0))  # which it still owed
        assert (said["speaker"], answer["speaker"]) == ("trainee", "avatar")
        assert answer["seq"] > said["seq"]
        assert answer["started_ms"] >= said["ended_ms"]
