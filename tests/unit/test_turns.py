"""The turn table is complete, its page is current, and the machine that walks it never gets stuck."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.papers import turns_page
from voice.segmenter import SpeechPaused, SpeechStarted
from voice.table import (
    IGNORED,
    TRANSITIONS,
    Action,
    AudioStarted,
    CommitTurn,
    Do,
    Event,
    FalseAlarm,
    HungUp,
    IllegalEvent,
    Interrupted,
    NothingSaid,
    OpenUtterance,
    PlaybackFinished,
    ReplyFailed,
    ReplyRequested,
    StartReply,
    State,
    TextHeard,
    TurnEnded,
)
from voice.turns import TurnMachine, TurnSettings

EVENTS: tuple[type[Event], ...] = get_args(Event)
DOCS = Path(__file__).parents[2] / "docs"


def made(event: type[Event], now: float = 0.0) -> Event:
    if event in (SpeechStarted, SpeechPaused):
        return event(now)  # type: ignore[call-arg]
    return TextHeard("wait", final=True) if event is TextHeard else event()  # type: ignore[call-arg]


def test_its_page_in_docs_is_current() -> None:
    assert (DOCS / "turns.md").read_text() == turns_page(), "run: python -m voice.turns > docs/turns.md"


def test_no_event_is_both_a_transition_and_ignored() -> None:
    assert {state: set(TRANSITIONS[state]) & IGNORED[state] for state in State} == {
        state: set() for state in State
    }


def test_every_state_can_be_reached_and_hung_up_in() -> None:
    reached = {following for row in TRANSITIONS.values() for following in row.values()}
    assert reached == set(State)
    assert all(TRANSITIONS[state][HungUp] is State.ENDED for state in State if state is not State.ENDED)
    assert IGNORED[State.ENDED] == set(EVENTS)


@pytest.mark.parametrize("strict", [True, False], ids=["tests", "production"])
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", EVENTS)
def test_an_illegal_event_raises_in_tests_and_is_counted_in_production(
    event: type[Event], state: State, strict: bool
) -> None:
    if event in TRANSITIONS[state]:
        return
    machine = TurnMachine(state=state, strict=strict)
    illegal = event not in IGNORED[state]
    with pytest.raises(IllegalEvent) if illegal and strict else contextlib.nullcontext():
        assert machine.handle(made(event), 0.0) == []
    assert (machine.state, machine.illegal) == (state, int(illegal))


def test_a_turn_from_first_sound_to_last() -> None:
    machine = TurnMachine()
    assert machine.handle(SpeechStarted(500), 532) == [OpenUtterance(500)]
    assert machine.handle(TextHeard("hello"), 900) == []
    assert machine.handle(SpeechPaused(1500), 1596) == []
    assert (machine.state, machine.deadline) == (State.DECIDING, 1600)
    assert machine.tick(1600) == [Do.SETTLE]
    assert machine.deadline is None
    assert machine.handle(TextHeard("hello there", final=True), 1700) == [StartReply("answer", withheld=True)]
    assert machine.deadline == 2000
    assert machine.tick(2000) == [CommitTurn(1500), Do.RELEASE_REPLY]
    assert machine.handle(AudioStarted(), 2100) == []
    assert machine.state is State.SPEAKING
    assert machine.handle(PlaybackFinished(), 3000) == []
    assert (machine.state, machine.deadline) == (State.LISTENING, None)


def test_a_settled_text_that_is_stale_is_not_believed() -> None:
    machine = TurnMachine()
    machine.handle(SpeechStarted(500), 532)
    machine.handle(SpeechPaused(1500), 1600)
    machine.handle(SpeechStarted(1650), 1682)
    assert machine.handle(TextHeard("half of it", final=True), 1700) == []
    machine.handle(SpeechPaused(2500), 2560)
    assert machine.handle(TextHeard("half of it", final=True), 2570) == []
    assert machine.tick(2600) == [Do.SETTLE]
    assert machine.handle(TextHeard("older guess"), 2610) == []


@pytest.mark.parametrize(
    ("before", "actions"),
    [
        ([], [StartReply()]),
        ([SpeechStarted(0)], [CommitTurn(None), StartReply()]),
        ([SpeechStarted(0), SpeechPaused(500)], [CommitTurn(500), StartReply()]),
        ([ReplyRequested()], [Do.DISCARD_REPLY, StartReply()]),
        ([ReplyRequested(), AudioStarted()], [Do.STOP_REPLY, StartReply()]),
        ([ReplyRequested(), SpeechStarted(0)], [Do.DISCARD_REPLY, CommitTurn(None), StartReply()]),
        (
            [ReplyRequested(), AudioStarted(), SpeechStarted(0)],
            [Do.STOP_REPLY, CommitTurn(None), StartReply()],
        ),
    ],
    ids=["listening", "hearing", "deciding", "thinking", "speaking", "withheld", "yielding"],
)
def test_a_reply_can_be_requested_in_every_state(before: list[Event], actions: list[Action]) -> None:
    machine = TurnMachine()
    for event in before:
        machine.handle(event, 0.0)
    assert machine.handle(ReplyRequested(), 10.0) == actions
    assert (machine.state, machine.deadline) == (State.THINKING, None)


def test_playback_that_ends_while_it_yields_leaves_the_floor_to_who_speaks() -> None:
    machine = TurnMachine()
    for event in (ReplyRequested(), AudioStarted(), SpeechStarted(100), SpeechPaused(300)):
        machine.handle(event, 320)
    assert machine.handle(PlaybackFinished(), 330) == []
    assert machine.state is State.DECIDING
    assert machine.handle(TextHeard("yes", final=True), 340) == [StartReply("answer", withheld=True)]


class World:
    """Lets only happen what can happen, and remembers what is owed."""

    def __init__(self) -> None:
        self.machine = TurnMachine(TurnSettings(), playing_text="the quick brown fox")
        self.now = 0.0
        self.talking = self.settling = self.replying = self.audible = False

    def tell(self, event: Event) -> None:
        self.carry_out(self.machine.handle(event, self.now))

    def carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Do.SETTLE:
                    self.settling = True
                case StartReply():
                    assert not self.replying, "two replies at once"
                    self.replying, self.audible = True, False
                case Do.STOP_REPLY | Do.DISCARD_REPLY:
                    self.replying = self.audible = False
                case Do.RELEASE_REPLY if not self.replying:
                    self.tell(ReplyFailed())

    def do(self, step: str, text: str, wait_ms: int) -> None:
        machine = self.machine
        self.now += wait_ms
        match step:
            case "speech":
                self.talking = not self.talking
                self.tell(SpeechStarted(self.now) if self.talking else SpeechPaused(self.now))
            case "guess":
                self.tell(TextHeard(text))
            case "settled" if self.settling:
                self.settling = False
                self.tell(TextHeard(text, final=True))
            case "audio" if self.replying and machine.state is State.THINKING and not self.audible:
                self.audible = True
                self.tell(AudioStarted())
            case "played" if self.replying and machine.state in (State.SPEAKING, State.THINKING):
                self.replying = False
                self.tell(PlaybackFinished())
            case "failed" if self.replying and not machine.speculating:
                self.replying = False
                self.tell(ReplyFailed())
            case "request":
                self.tell(ReplyRequested())
        due = machine.deadline
        if due is not None and due <= self.now:
            self.carry_out(machine.tick(self.now))

    def settle_down(self) -> None:
        """Everything that is owed is delivered, and nobody says anything new."""
        for _ in range(20):
            if self.talking:
                self.do("speech", "", 10)
            self.do("settled", "", 10)
            self.do("audio", "", 10)
            self.do("played", "", 10)
            due = self.machine.deadline
            self.do("wait", "", 0 if due is None else max(0, round(due - self.now) + 1))

    @property
    def stuck(self) -> bool:
        waiting = self.talking or self.settling or self.replying or self.machine.deadline is not None
        return self.machine.state not in (State.LISTENING, State.ENDED) and not waiting


STEP = st.tuples(
    st.sampled_from(["speech", "speech", "guess", "settled", "audio", "played", "failed", "request", "wait"]),
    st.sampled_from(["", "mm-hm", "wait a moment", "quick brown fox"]),
    st.sampled_from([0, 20, 100, 400, 600, 1600]),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(STEP, max_size=40))
def test_whatever_happens_something_is_still_to_come_and_it_comes_to_rest(
    steps: list[tuple[str, str, int]],
) -> None:
    world = World()
    for step in steps:
        world.do(*step)
        assert not world.stuck, (world.machine.state, step)
    world.settle_down()
    assert world.machine.state is State.LISTENING
    world.tell(HungUp())
    assert (world.machine.state, world.replying, world.machine.deadline) == (State.ENDED, False, None)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 2000)), max_size=40))
def test_production_survives_any_sequence_of_events_whatever_the_table_says(
    events: list[tuple[type[Event], int]],
) -> None:
    internal = {TurnEnded, NothingSaid, Interrupted, FalseAlarm}
    machine, now = TurnMachine(strict=False), 0.0
    for event, wait in events:
        now += wait
        if event not in internal:
            before, illegal = machine.state, machine.illegal
            machine.handle(made(event, now), now)
            if event not in TRANSITIONS[before]:
                assert machine.state is before
                assert machine.illegal - illegal == (event not in IGNORED[before])
        machine.tick(now)
