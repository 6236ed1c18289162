"""What is told of guesses can be relied on."""

from __future__ import annotations

from voice import events as wire
from voice.errors import BadEvent, SttUnavailable
from voice.hearing import Hearing
from voice.narrator import Narrator, error_event


def told(*guesses: str, announced: bool = True) -> tuple[list[str], list[str]]:
    events: list[wire.ServerEvent] = []
    narrator = Narrator(events.append)
    hearing = Hearing("item_1", 0.0, None, 0.0, 0.0, announced=announced)
    for guess in guesses:
        narrator.partial(hearing, guess)
    deltas = [event.delta for event in events if isinstance(event, wire.TranscriptionDelta)]
    return deltas, [event.text for event in events if isinstance(event, wire.CoachPartial)]


def test_a_delta_is_what_two_guesses_in_a_row_agree_on() -> None:
    guesses = ("i have", "i have a", "i have a question", "i have a question now")
    deltas, partials = told(*guesses)
    assert deltas == ["i have", " a", " question"]
    assert partials == list(guesses)


def test_what_was_told_is_not_taken_back_and_not_told_twice() -> None:
    assert told("i have", "i have a", "we have a", "we have a", "i have a", "i have a b", "i have a b")[0] == [
        "i have",
        " a",
        " b",
    ]


def test_over_the_avatar_no_delta_is_told_before_it_is_a_turn() -> None:
    assert told("yeah", "yeah right", "yeah right", announced=False) == (
        [],
        ["yeah", "yeah right", "yeah right"],
    )


def test_an_error_names_code_hint_and_the_event_that_caused_it() -> None:
    mine = error_event(BadEvent("No such thing.", hint="Try another."), "event_9").error
    assert mine.model_dump() == {
        "type": "invalid_request_error",
        "code": "bad_event",
        "message": "No such thing.",
        "hint": "Try another.",
        "event_id": "event_9",
        "param": None,
    }
    assert error_event(SttUnavailable()).error.type == "server_error"
