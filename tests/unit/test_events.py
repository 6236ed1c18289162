"""Every event is documented with an example that is valid, and its page is current."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from voice import events as wire
from voice.papers import events_page, example

CLIENT = get_args(get_args(wire.ClientEvent)[0])
SERVER = get_args(wire.ServerEvent)
DOCS = Path(__file__).parents[2] / "docs"


def test_its_page_in_docs_is_current() -> None:
    assert (DOCS / "events.md").read_text() == events_page(), "run: python -m voice.events > docs/events.md"


def test_every_event_class_belongs_to_one_side_and_has_a_name_of_its_own() -> None:
    classes = {
        one
        for one in vars(wire).values()
        if isinstance(one, type) and issubclass(one, wire.Event) and one is not wire.Event
    }
    assert set(CLIENT) | set(SERVER) == classes
    names = [get_args(one.model_fields["type"].annotation)[0] for one in (*CLIENT, *SERVER)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("event", [*CLIENT, *SERVER], ids=lambda one: one.__name__)
def test_it_says_what_it_means_and_its_example_is_valid(event: type[wire.Event]) -> None:
    assert vars(event).get("__doc__"), "a docstring of its own"
    shown = example(event)
    made = event.model_validate(shown)
    assert shown.items() <= (made.model_dump(mode="json", exclude_none=True) | shown).items()
    assert made.type == shown["type"]


def test_events_can_not_be_changed_and_unknown_fields_are_ignored() -> None:
    event = wire.ResponseCreate.model_validate({"type": "response.create", "response": {"tools": []}})
    assert event.model_dump(exclude_none=True) == {"type": "response.create"}
    with pytest.raises(ValidationError):
        event.event_id = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "coach.playback", "item_id": "i", "played_ms": -1},
        {"type": "coach.playback", "item_id": "i", "played_ms": float("nan")},
        {"type": "coach.say", "text": ""},
        {"type": "coach.say", "text": "x" * (wire.MAX_TEXT + 1)},
        {"type": "session.update", "session": {"audio": {"input": {"format": {"rate": 7999}}}}},
        {"type": "conversation.item.truncate", "item_id": "i" * 129, "audio_end_ms": 0},
        {"type": "response.created"},
        {},
    ],
)
def test_what_is_out_of_bounds_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(wire.ClientEvent).validate_python(wrong)
