"""What goes wrong is told, and the conversation goes on or ends; it never hangs, and nothing said is lost."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.records import TurnRecord
from tests.actors import UNAVAILABLE, FallibleTts, Model, Script, words
from tests.stage import LoudnessVad, Stage
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.engines.base import VadStream
from voice.errors import SttUnavailable
from voice.table import State

TURN = ((500, False), (1000, True), (4000, False))
LONG = "One two three four five. Six seven eight nine ten."


def stage_of(stt: Script | None = None, llm: Model | None = None, tts: FallibleTts | None = None) -> Stage:
    return Stage(stt=stt or Script(["tell me"]), llm=llm or Model([words(LONG)]), tts=tts or FallibleTts())


# -- engines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure", [SttUnavailable(), SttUnavailable("not open"), "hang"], ids=["fails", "does not open", "hangs"]
)
def test_a_recognizer_that_fails_is_told_of_and_the_next_turn_is_understood(
    failure: str | SttUnavailable,
) -> None:
    stage = stage_of(stt=Script([failure, "tell me"]))

    async def script() -> None:
        await stage.sound((500, False), (1000, True), (7000, False))
        assert stage.conversation.machine.state is State.LISTENING
        assert stage.story() == []
        stage.stt.says = ["tell me"]  # type: ignore[union-attr]
        await stage.sound((1000, True), (4000, False))

    run_virtual(stage.act(script))
    assert [event.error.code for event in stage.of(wire.TranscriptionFailed)] == ["stt_unavailable"]
    assert stage.errors() == ["stt_unavailable"]
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", LONG, "")]
    assert stage.stt.opened == stage.stt.closed  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("tokens", "code"),
    [([UNAVAILABLE], "llm_unavailable"), (["hang"], "llm_timeout"), ([], "llm_unavailable"),
     ([" ", "\n"], "llm_unavailable")],
    ids=["fails", "hangs", "empty", "blank"],
)  # fmt: skip
def test_a_model_without_a_first_token_fails_the_reply_and_the_next_turn_is_answered(
    tokens: list[Any], code: str
) -> None:
    model = Model([tokens, words("Good.")])
    stage = stage_of(llm=model)
    run_virtual(stage.play(*TURN, (5000, False), *TURN))
    assert stage.errors() == [code]
    assert [one.response.status for one in stage.of(wire.ResponseDone)] == ["failed", "completed"]
    details = stage.of(wire.ResponseDone)[0].response.status_details
    assert details is not None
    assert details.model_dump() == {
        "type": "failed",
        "reason": None,
        "error": {"type": "server_error", "code": code},
    }
    assert stage.story() == [
        (1, "speech", "tell me", ""),
        (2, "speech", "tell me", ""),
        (3, "reply", "Good.", ""),
    ]
    assert model.shown()[1] == [("trainee", "tell me"), ("trainee", "tell me")]


@pytest.mark.parametrize(("last", "code"), [(UNAVAILABLE, "llm_unavailable"), ("hang", "llm_timeout")])
def test_a_model_that_breaks_off_is_heard_out_as_far_as_it_came(last: Any, code: str) -> None:
    stage = stage_of(llm=Model([[*words("One two three."), " Four", last]]))
    run_virtual(stage.play(*TURN, (9000, False)))
    assert stage.errors() == [code]
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", "One two three. Four", "")]
    assert [one.response.status for one in stage.of(wire.ResponseDone)] == ["completed"]


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("how", ["fails_at", "hangs_at"])
def test_a_voice_that_fails_goes_on_in_writing_and_what_was_written_counts_as_heard(at: int, how: str) -> None:
    tts = FallibleTts(**{how: at})
    stage = stage_of(tts=tts)
    run_virtual(stage.play(*TURN, (9000, False)))
    assert stage.errors() == ["tts_unavailable"]
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", LONG, "")]
    turn = stage.turns[2]
    assert turn.words_estimated
    assert [word.text for word in turn.words] == LONG.split()
    assert all(turn.started_ms <= word.start_ms <= word.end_ms for word in turn.words)
    assert tts.open_voices == 0
    assert bool(stage.client.played) is (at == 1)


def test_a_failure_of_a_speculation_is_told_only_if_the_reply_is_wanted() -> None:
    stage = stage_of(llm=Model([[UNAVAILABLE], words("Good.")], first_ms=10))
    run_virtual(stage.play((500, False), (1000, True), (350, False), (1000, True), (4000, False)))
    assert stage.errors() == []
    assert [one[1] for one in stage.story()] == ["speech", "reply"]


def test_a_reply_that_fails_while_it_is_withheld_leaves_the_floor_to_the_trainee() -> None:
    model = Model([[UNAVAILABLE], words("Good.")], first_ms=1000)
    stage = stage_of(stt=Script(["tell me", "yes"]), llm=model)
    run_virtual(stage.play((500, False), (1000, True), (700, False), (700, True), (5000, False)))
    assert stage.errors() == ["llm_unavailable"]
    # With nothing left to go on with, "yes" is a turn and no backchannel.
    assert stage.story() == [
        (1, "speech", "tell me", ""),
        (2, "speech", "yes", ""),
        (3, "reply", "Good.", ""),
    ]


@pytest.mark.parametrize("failure", [SttUnavailable(), "hang"], ids=["fails", "hangs"])
def test_a_turn_that_can_not_be_settled_is_kept_as_it_was_guessed(failure: str | SttUnavailable) -> None:
    stage = stage_of(stt=Script([failure], partials="tell me more"))
    run_virtual(stage.play((500, False), (1000, True), (9000, False)))
    assert stage.errors() == []
    assert stage.of(wire.TranscriptionFailed) == []
    assert stage.story() == [(1, "speech", "tell me more", ""), (2, "reply", LONG, "")]
    turn = stage.turns[1]
    assert turn.words_estimated
    assert [word.text for word in turn.words] == ["tell", "me", "more"]
    assert (turn.words[0].start_ms, turn.words[-1].end_ms) == (480, pytest.approx(turn.ended_ms, abs=600))


def test_a_turn_whose_task_is_cancelled_before_its_first_step_is_kept() -> None:
    stage = stage_of(stt=Script(["tell me"], delay_ms=2000))

    async def main() -> None:
        run = asyncio.create_task(stage.open().run())
        await asyncio.sleep(0)
        stage.conversation.listener.set_manual(True)
        await stage.sound((1000, True))
        stage.conversation.receive(wire.InputAudioBufferCommit(type="input_audio_buffer.commit"))
        stage.conversation.receive(
            wire.ConversationItemCreate(
                type="conversation.item.create",
                item=wire.Item(role="user", content=[wire.Content(type="input_text", text="And this.")]),
            )
        )
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    run_virtual(main())
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "typed", "And this.", "")]
    assert stage.stt.opened == stage.stt.closed  # type: ignore[union-attr]


def test_a_process_that_dies_in_the_middle_of_a_phrase_loses_less_than_two_seconds_of_it() -> None:
    count = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen."
    stage = stage_of(llm=Model([words(count)]))
    kept: list[str] = []

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        await stage.silence_until("speaking")
        await stage.sound((2000, False))
        kept.append(stage.turns[2].text)
        told = len(stage.of(wire.CoachTurn))
        await stage.sound((500, False))
        assert len(stage.of(wire.CoachTurn)) == told == 1, "the client is told once it is over"

    run_virtual(stage.act(script))
    assert len(kept[0].split()) >= 7
    assert count.startswith(kept[0])


# -- faults of ours ------------------------------------------------------------------------------------------


class Fault(Exception):
    pass


def breaking(*_: object, **__: object) -> Any:
    raise Fault


class BreakingVad(LoudnessVad):
    """Breaks when it is fed, or calls back with nonsense later, out of the event loop."""

    def __init__(self, *, later: bool) -> None:
        self._later = later

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        stream = super().open(on_window)
        stream.feed = breaking  # type: ignore[method-assign]
        if self._later:
            loop = asyncio.get_running_loop()
            stream.feed = lambda _: loop.call_later(0.001, on_window, 1.0)  # type: ignore[method-assign]
        return stream


def break_vad(stage: Stage) -> None:
    stage.vad = BreakingVad(later=False)


def break_stt(stage: Stage) -> None:
    stage.stt = Script([Fault()])


def break_partial(stage: Stage) -> None:
    class Partials(Script):
        def open(self, **how: Any) -> Any:
            utterance = super().open(**how)
            utterance.partial = breaking  # type: ignore[method-assign]
            return utterance

    stage.stt = Partials(["tell me"])


def break_feed_later(stage: Stage) -> None:
    class Opens(Script):
        open = breaking

    stage.stt = Opens(["tell me"])
    stage.vad = BreakingVad(later=True)


def break_llm(stage: Stage) -> None:
    stage.llm = Model([["One", Fault()]])


def break_tts(stage: Stage) -> None:
    class Opens(FallibleTts):
        open = breaking

    stage.tts = Opens()


def break_prompt(stage: Stage) -> None:
    stage.with_scene(prompt=breaking)


def break_closing(stage: Stage) -> None:
    stage.with_scene(is_closing=breaking)


def break_record(stage: Stage) -> None:
    def record(turn: TurnRecord) -> None:
        if turn.speaker == "trainee":
            raise Fault

    stage.record = record  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "sabotage",
    [break_vad, break_stt, break_partial, break_feed_later, break_llm, break_tts, break_prompt, break_closing,
     break_record],
    ids=lambda one: one.__name__,
)  # fmt: skip
def test_a_fault_of_ours_ends_the_conversation_with_internal_and_leaves_nothing_running(
    sabotage: Callable[[Stage], None],
) -> None:
    stage = stage_of()
    sabotage(stage)

    async def main() -> None:
        with pytest.raises(Fault):
            await stage.play(*TURN, (20_000, False))
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())
    assert stage.errors() == ["internal"]
    last = stage.of(wire.CoachState)[-1]
    assert (last.state, last.reason) == ("ended", "internal")
    assert last.elapsed_ms < 10_000, "at once, not only when somebody hangs up"


# -- the end -------------------------------------------------------------------------------------------------


async def until(stage: Stage, state: str) -> None:
    if state == "listening":
        await stage.sound((500, False))
        return
    await stage.sound((500, False), (1000, True))
    if state in ("yielding", "speaking"):
        await stage.silence_until("speaking")
        await stage.sound((900, False))
    if state == "yielding":
        await stage.sound((200, True))
    if state in ("deciding", "thinking"):
        await stage.silence_until(state)
    assert stage.conversation.machine.state.value == state


KEPT = {
    "listening": [],
    "hearing": [(1, "speech", "tell me", "")],
    "deciding": [(1, "speech", "tell me", "")],
    "thinking": [(1, "speech", "tell me", "")],
    "speaking": [
        (1, "speech", "tell me", ""),
        (2, "reply", "One two three four five.", "Six seven eight nine ten."),
    ],
    "yielding": [
        (1, "speech", "tell me", ""),
        (2, "reply", "One two three four five.", "Six seven eight nine ten."),
        (3, "speech", "tell me", ""),
    ],
}


@pytest.mark.parametrize("state", KEPT)
@pytest.mark.parametrize("how", ["hang up", "cancel"])
def test_whenever_it_ends_what_was_said_and_heard_is_kept(state: str, how: str) -> None:
    llm = Model([words(LONG)], first_ms=600)
    stage = stage_of(stt=Script(["tell me"], delay_ms=150), llm=llm)

    async def main() -> None:
        run = asyncio.create_task(stage.open().run())
        await asyncio.sleep(0)
        await until(stage, state)
        if how == "hang up":
            stage.conversation.hang_up("left")
            assert await run == "left"
        else:
            run.cancel()
            with pytest.raises(asyncio.CancelledError):
                await run
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())
    expected = KEPT[state]
    if how == "cancel" and state == "yielding":
        expected = expected[:2]  # there was no guess yet
    assert stage.story() == expected
    assert stage.stt.opened == stage.stt.closed  # type: ignore[union-attr]
    assert stage.tts.open_voices == 0  # type: ignore[union-attr]


def test_hanging_up_keeps_what_was_not_committed_yet() -> None:
    stage = stage_of()

    async def script() -> None:
        stage.conversation.listener.set_manual(True)
        await stage.sound((600, True))

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "tell me", "")]


def test_hanging_up_before_it_has_begun_ends_it_at_once() -> None:
    stage = stage_of()

    async def main() -> str:
        conversation = stage.open()
        conversation.hang_up("shutdown")
        return await conversation.run()

    assert run_virtual(main()) == "shutdown"
    assert stage.types() == ["coach.state"]


def test_an_hour_of_conversation_leaves_nothing_behind() -> None:
    stage = stage_of().with_scene(time_limit_s=7200.0)
    stage.frame_ms = 200
    counts: list[tuple[int, int]] = []

    def snapshot() -> None:
        gc.collect()
        stage.heard.clear()
        kinds = ("Task", "Reply", "Hearing", "Playout", "TimerHandle", "_Scripted", "_Tones")
        alive = [one for one in gc.get_objects() if type(one).__name__ in kinds]
        counts.append((len(alive), len(asyncio.all_tasks())))

    async def script() -> None:
        for minute in range(60):
            for _ in range(6):
                await stage.sound((1000, True), (9000, False))
                stage.client.played.clear()
                stage.client.item = ""
            if minute in (1, 59):
                snapshot()

    run_virtual(stage.act(script))
    assert counts[0] == counts[1]
    assert len(stage.turns) == 720
    assert stage.conversation.listener.heard_until_ms == pytest.approx(3_600_000, abs=400)


# -- anything can go wrong at any time -----------------------------------------------------------------------

SAID = st.sampled_from(["tell me", "mm-hm", "", "hang", "one two three", SttUnavailable()])
TOKENS = st.sampled_from(["One", " two.", " Three", " four.", " ", UNAVAILABLE, "hang"])
SOUND = st.tuples(st.integers(5, 60).map(lambda count: count * 20), st.booleans())


@settings(max_examples=60, deadline=None)
@given(
    said=st.lists(SAID, min_size=1, max_size=5),
    replies=st.lists(st.lists(TOKENS, max_size=8), min_size=1, max_size=4),
    fails_at=st.none() | st.integers(0, 4),
    sounds=st.lists(SOUND, min_size=1, max_size=12),
    browser=st.booleans(),
    commands=st.lists(st.sampled_from(["say", "respond", "cancel", "commit", "mute", "none"]), max_size=12),
)
def test_whatever_fails_the_conversation_comes_to_rest_and_ends(
    said: list[Any], replies: list[list[Any]], fails_at: int | None, sounds: list[tuple[int, bool]],
    browser: bool, commands: list[str],
) -> None:  # fmt: skip
    stage = stage_of(Script(said), Model(replies), FallibleTts(fails_at=fails_at))
    stage.pausable, stage.ahead_ms = browser, 2000.0 if browser else 300.0
    events: dict[str, wire.Event] = {
        "say": wire.CoachSay(type="coach.say", text="I type."),
        "respond": wire.ResponseCreate(type="response.create"),
        "cancel": wire.ResponseCancel(type="response.cancel"),
    }

    async def script() -> None:
        for at, sound in enumerate(sounds):
            await stage.sound(sound)
            command = commands[at] if at < len(commands) else "none"
            if command in events:
                stage.conversation.receive(events[command])
            elif command == "mute":
                await asyncio.sleep(1.5)
        await stage.sound((1000, False))
        await asyncio.sleep(60)
        assert stage.conversation.machine.state is State.LISTENING, "it came to rest"

    assert run_virtual(stage.act(script)) == "test_over"
    numbers = [seq for seq, *_ in stage.story()]
    assert numbers == list(range(1, len(numbers) + 1)), "no number is left out"
    assert stage.stt.opened == stage.stt.closed  # type: ignore[union-attr]
    assert stage.tts.open_voices == 0  # type: ignore[union-attr]
    created, done = len(stage.of(wire.ResponseCreated)), len(stage.of(wire.ResponseDone))
    assert created == done
