"""How the avatar feels is told with who has the floor."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from avatars.sheets import Mood
from tests.actors import FallibleTts, Model, Script, words
from tests.stage import Stage
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.engines.base import Message
from voice.wire import Encoder

RUDE, KIND = "That is stupid.", "I am sorry."


class Feelings:
    """Angry after a rude turn, calm after a kind one; ``asked`` with how many turns, each time."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, history: Iterable[Message]) -> Mood:
        said = [one.text for one in history]
        self.asked.append(len(said))
        heard = [text for text in said if text in (RUDE, KIND)]
        return "tense" if not heard else "angry" if heard[-1] == RUDE else "calm"


def stage_with(feelings: Feelings, *replies: str, **scene: object) -> Stage:
    model = Model([words(reply) for reply in replies or ("Good.",)])
    stage = Stage(stt=Script([RUDE], delay_ms=100.0), llm=model, tts=FallibleTts())
    return stage.with_scene(mood=feelings, **scene)


def moods(stage: Stage) -> list[tuple[str, str | None]]:
    return [(event.state, event.mood) for event in stage.of(wire.CoachState)]


def test_a_turn_changes_the_mood_of_the_next_state_and_it_is_asked_once_for_each() -> None:
    feelings = Feelings()
    stage = stage_with(feelings, "Good.", "Fine.")

    async def script() -> None:
        for text in (RUDE, KIND):
            stage.conversation.receive(wire.CoachSay(type="coach.say", text=text))
            await asyncio.sleep(3)

    run_virtual(stage.act(script))
    assert moods(stage) == [
        ("listening", "tense"),
        ("thinking", "tense"),  # what is typed takes the floor first, and is kept then
        ("speaking", "angry"),
        ("listening", "angry"),
        ("thinking", "angry"),
        ("speaking", "calm"),
        ("listening", "calm"),
        ("ended", "calm"),
    ]
    assert feelings.asked == [0, 1, 2, 3, 4]


def test_what_is_spoken_counts_once_it_is_a_turn() -> None:
    feelings = Feelings()
    stage = stage_with(feelings)
    run_virtual(stage.play((500, False), (1000, True), (4000, False)))
    assert moods(stage) == [
        ("listening", "tense"),
        ("hearing", "tense"),
        ("deciding", "tense"),
        ("thinking", "angry"),
        ("speaking", "angry"),
        ("listening", "angry"),
        ("ended", "angry"),
    ]
    assert feelings.asked == [0, 1, 2]


def test_a_conversation_that_is_taken_up_begins_in_the_mood_it_was_left_in() -> None:
    history = {1: Message("trainee", RUDE), 2: Message("avatar", "Excuse me?")}
    stage = stage_with(Feelings(), history=history, next_seq=3)
    run_virtual(stage.play((500, False)))
    assert moods(stage) == [("listening", "angry"), ("ended", "angry")]


def test_without_a_mood_nothing_is_said_of_it() -> None:
    stage = Stage()
    run_virtual(stage.play((500, False)))
    assert moods(stage) == [("listening", None), ("ended", None)]
    told = Encoder(coach_events=True, binary=True).encode(stage.of(wire.CoachState)[0])
    assert isinstance(told, str)
    assert json.loads(told) == {
        "type": "coach.state",
        "state": "listening",
        "elapsed_ms": 0,
        "event_id": "event_1",
    }
