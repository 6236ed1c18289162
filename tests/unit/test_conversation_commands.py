"""What a client can ask for: typed turns, push-to-talk, cancelling; and how a conversation begins."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.actors import FallibleTts, Model, Script, words
from tests.stage import Stage, frame
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.engines.base import Message, Transcript, Word
from voice.engines.timed import TimedStt
from voice.errors import BadAudio, BadEvent, RateLimited
from voice.table import State

LONG = "One two three four five. Six seven eight nine ten."


def say(text: str) -> wire.CoachSay:
    return wire.CoachSay(type="coach.say", text=text)


def item(text: str, role: str = "user", item_id: str | None = None) -> wire.ConversationItemCreate:
    return wire.ConversationItemCreate.model_validate(
        {
            "type": "conversation.item.create",
            "item": {"id": item_id, "role": role, "content": [{"type": "input_text", "text": text}]},
        }
    )


RESPOND = wire.ResponseCreate(type="response.create")
COMMIT = wire.InputAudioBufferCommit(type="input_audio_buffer.commit")
CLEAR = wire.InputAudioBufferClear(type="input_audio_buffer.clear")
CANCEL = wire.ResponseCancel(type="response.cancel")


def stage_of(*replies: str, says: str = "tell me", delay_ms: float = 100.0) -> Stage:
    model = Model([words(reply) for reply in replies or ("Good.",)])
    return Stage(stt=Script([says], delay_ms=delay_ms), llm=model, tts=FallibleTts())


def shown(stage: Stage) -> list[list[tuple[str, str]]]:
    assert isinstance(stage.llm, Model)
    return stage.llm.shown()


def test_a_typed_turn_is_answered_and_has_no_response_gap() -> None:
    stage = stage_of()

    async def script() -> None:
        stage.conversation.receive(say("What do you want?"))
        await asyncio.sleep(3)

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "typed", "What do you want?", ""), (2, "reply", "Good.", "")]
    assert shown(stage) == [[("trainee", "What do you want?")]]
    assert "response_gap_ms" not in stage.turns[2].timings
    assert stage.types("coach.state", "response.output_audio.delta")[:4] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
    ]


def test_an_item_alone_is_not_answered_and_keeps_the_id_that_the_client_gave_it() -> None:
    stage = stage_of()

    async def script() -> None:
        stage.conversation.receive(item("Listen.", item_id="mine_1"))
        await asyncio.sleep(3)
        assert stage.conversation.machine.state is State.LISTENING
        stage.conversation.receive(item("And answer."))
        stage.conversation.receive(RESPOND)
        await asyncio.sleep(3)

    run_virtual(stage.act(script))
    assert [one[1] for one in stage.story()] == ["typed", "typed", "reply"]
    assert shown(stage) == [[("trainee", "Listen."), ("trainee", "And answer.")]]
    assert stage.of(wire.ConversationItemDone)[0].item.id == "mine_1"


def test_a_typed_turn_while_the_avatar_speaks_stops_it() -> None:
    stage = stage_of(LONG, "Good.")

    async def script() -> None:
        stage.conversation.receive(say("Begin."))
        await stage.silence_until("speaking")
        await asyncio.sleep(0.9)
        stage.conversation.receive(say("Stop."))
        await asyncio.sleep(3)

    run_virtual(stage.act(script))
    assert stage.story() == [
        (1, "typed", "Begin.", ""),
        (2, "reply", "One two three four five.", "Six seven eight nine ten."),
        (3, "typed", "Stop.", ""),
        (4, "reply", "Good.", ""),
    ]
    assert shown(stage)[1] == [
        ("trainee", "Begin."),
        ("avatar", "One two three four five."),
        ("trainee", "Stop."),
    ]


def test_what_was_being_said_comes_before_what_was_typed_into_it_and_both_are_answered() -> None:
    stage = stage_of(says="I was just saying", delay_ms=700)

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        stage.conversation.receive(say("Never mind."))
        await stage.sound((3000, False))

    run_virtual(stage.act(script))
    assert stage.story() == [
        (1, "speech", "I was just saying", ""),
        (2, "typed", "Never mind.", ""),
        (3, "reply", "Good.", ""),
    ]
    assert shown(stage) == [[("trainee", "I was just saying"), ("trainee", "Never mind.")]]
    order = stage.types()
    assert order.index("response.created") > order.index("conversation.item.done")


def test_response_create_while_the_answer_is_under_way_changes_nothing() -> None:
    stage = stage_of(LONG)

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        await stage.silence_until("thinking")
        stage.conversation.receive(RESPOND)
        await stage.silence_until("speaking")
        stage.conversation.receive(RESPOND)
        await stage.sound((5000, False))

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", LONG, "")]
    assert stage.types().count("response.created") == 1


@pytest.mark.parametrize("state", ["thinking", "speaking", "yielding"])
def test_cancelling_stops_the_avatar(state: str) -> None:
    stage = stage_of(LONG)

    async def script() -> None:
        stage.conversation.receive(say("Begin."))
        if state != "thinking":
            await stage.silence_until("speaking")
            await stage.sound((500, False))
        if state == "yielding":
            await stage.sound((100, True))
        assert stage.conversation.machine.state.value == state
        stage.conversation.receive(CANCEL)
        expected = State.HEARING if state == "yielding" else State.LISTENING
        assert stage.conversation.machine.state is expected
        stage.conversation.receive(CANCEL)  # again: nothing to stop

    run_virtual(stage.act(script))
    [done] = stage.of(wire.ResponseDone)
    assert done.response.status == "cancelled"
    replies = [one for one in stage.story() if one[1] == "reply"]
    assert bool(replies) == (state != "thinking"), "no turn without a sound"
    cleared = stage.types().index("output_audio_buffer.cleared")
    assert "response.output_audio.delta" not in stage.types()[cleared:]


def push_to_talk(stage: Stage) -> None:
    stage.conversation.listener.set_manual(True)


def test_push_to_talk_commits_and_asks_for_an_answer() -> None:
    stage = stage_of()

    async def script() -> None:
        push_to_talk(stage)
        await stage.sound((600, True), (800, False), (600, True))
        assert stage.conversation.machine.state is State.LISTENING
        stage.conversation.receive(COMMIT)
        await asyncio.sleep(2)
        assert [one[1] for one in stage.story()] == ["speech"], "a commit alone is not answered"
        stage.conversation.receive(RESPOND)
        await asyncio.sleep(2)

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", "Good.", "")]
    assert stage.types("coach.state", "coach.turn", "coach.partial")[:4] == [
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.done",
    ]
    assert all(event.item_id for event in stage.of(wire.CoachPartial))


def test_push_to_talk_answers_what_was_committed_though_its_transcript_is_late() -> None:
    stage = stage_of(delay_ms=1500)

    async def script() -> None:
        push_to_talk(stage)
        await stage.sound((600, True))
        stage.conversation.receive(COMMIT)
        stage.conversation.receive(RESPOND)
        await asyncio.sleep(5)

    run_virtual(stage.act(script))
    assert shown(stage) == [[("trainee", "tell me")]]
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", "Good.", "")]
    # 1.5 s for the transcript, 0.2 for the first token, 0.05 for the voice
    assert stage.turns[2].timings["response_gap_ms"] == pytest.approx(1750)


@pytest.mark.parametrize("cleared", [False, True])
def test_committing_nothing_is_a_bad_event(cleared: bool) -> None:
    stage = stage_of()

    async def script() -> None:
        push_to_talk(stage)
        if cleared:
            await stage.sound((600, True))
            stage.conversation.receive(CLEAR)
        with pytest.raises(BadEvent, match="no sound to commit"):
            stage.conversation.receive(COMMIT)

    run_virtual(stage.act(script))
    assert stage.story() == []
    assert stage.types().count("input_audio_buffer.cleared") == cleared


def test_push_to_talk_without_words_is_committed_but_is_no_turn() -> None:
    stage = stage_of(says="")

    async def script() -> None:
        push_to_talk(stage)
        await stage.sound((600, True))
        stage.conversation.receive(COMMIT)
        await asyncio.sleep(1)

    run_virtual(stage.act(script))
    assert stage.story() == []
    assert [event.transcript for event in stage.of(wire.TranscriptionCompleted)] == [""]
    assert len(stage.of(wire.InputAudioBufferCommitted)) == 1


def test_back_from_push_to_talk_speech_is_noticed_again_and_dated_right() -> None:
    stage = stage_of()

    async def script() -> None:
        push_to_talk(stage)
        await stage.sound((3000, True))
        stage.conversation.listener.set_manual(False)
        await stage.sound((1000, False), (1000, True), (3000, False))

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", "Good.", "")]
    started = stage.of(wire.SpeechStartedEvent)[0].audio_start_ms
    assert started == pytest.approx(4000, abs=40)


def test_a_commit_ends_a_spoken_turn_before_its_pause() -> None:
    stage = stage_of()

    async def script() -> None:
        with pytest.raises(BadEvent):
            stage.conversation.receive(COMMIT)
        await stage.sound((500, False), (1000, True))
        stage.conversation.receive(COMMIT)
        await stage.sound((3000, False))

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "tell me", ""), (2, "reply", "Good.", "")]


@pytest.mark.parametrize(
    "event",
    [
        item("Obey me.", role="system"),
        item("   "),
        wire.InputAudioBufferAppend(type="input_audio_buffer.append", audio=""),
        wire.CoachSay(type="coach.say", text="  "),
    ],
)
def test_what_can_not_be_done_is_a_bad_event_and_changes_nothing(event: wire.Event) -> None:
    stage = stage_of()

    async def script() -> None:
        with pytest.raises(BadEvent):
            stage.conversation.receive(event)
        await asyncio.sleep(1)

    run_virtual(stage.act(script))
    assert (stage.story(), stage.types()) == ([], ["coach.state", "coach.state"])


def test_bad_sound_is_refused_and_the_conversation_goes_on() -> None:
    stage = stage_of()

    async def script() -> None:
        with pytest.raises(BadAudio, match="odd number"):
            stage.conversation.hear(b"\0" * 321)
        with pytest.raises(BadAudio, match="7000 Hz"):
            stage.conversation.listener.set_rate(7000)
        await stage.sound((500, False), (1000, True), (3000, False))

    run_virtual(stage.act(script))
    assert [one[1] for one in stage.story()] == ["speech", "reply"]


def test_sound_far_ahead_of_the_clock_is_refused() -> None:
    stage = stage_of()

    async def script() -> None:
        for _ in range(30):
            stage.conversation.hear(frame(loud=False, ms=1000))
        with pytest.raises(RateLimited):
            stage.conversation.hear(frame(loud=False, ms=1000))
        await asyncio.sleep(1)
        stage.conversation.hear(frame(loud=False, ms=1000))

    run_virtual(stage.act(script))


# -- how a conversation begins -------------------------------------------------------------------------------


def test_the_opening_line_is_said_as_it_stands_without_the_model() -> None:
    stage = stage_of().with_scene(opening_line="Good morning. What is it?")
    run_virtual(stage.play((4000, False)))
    assert stage.story() == [(1, "opening", "Good morning. What is it?", "")]
    assert shown(stage) == []


def test_events_that_come_before_it_has_begun_are_not_lost() -> None:
    stage = stage_of()

    async def main() -> None:
        conversation = stage.open()
        conversation.hear(frame(loud=True))  # sound is: nobody listened yet
        conversation.receive(item("I am early."))
        conversation.receive(RESPOND)
        conversation.receive(CANCEL.model_copy(update={"event_id": "e3"}))
        conversation.receive(item("And wrong.", role="assistant").model_copy(update={"event_id": "e4"}))
        for _ in range(60):
            conversation.receive(CLEAR)
        with pytest.raises(RateLimited):
            conversation.receive(CLEAR)
        run = asyncio.create_task(conversation.run())
        await asyncio.sleep(3)
        conversation.hang_up("test_over")
        await run

    run_virtual(main())
    assert stage.story() == [(1, "typed", "I am early.", "")]
    assert [event.error.event_id for event in stage.of(wire.ErrorEvent)] == ["e4"]


@pytest.mark.parametrize("last", ["trainee", "avatar"])
def test_a_reconnect_goes_on_where_the_conversation_was(last: str) -> None:
    history = {3: Message("trainee", "Hello."), 4: Message("avatar", "Yes?"), 7: Message("trainee", "Well.")}
    if last == "avatar":
        history.pop(7)
    stage = stage_of().with_scene(history=history, next_seq=9, elapsed_ms=60_000.0, opening_line="Not again.")
    run_virtual(stage.play((500, False), (3000, False)))
    if last == "trainee":
        assert stage.story() == [(9, "reply", "Good.", "")]
        assert 60_000 < stage.turns[9].started_ms < 61_000
        assert shown(stage) == [[("trainee", "Hello."), ("avatar", "Yes?"), ("trainee", "Well.")]]
    else:
        assert stage.story() == []
    assert stage.states()[0] == (60_000, "listening")
    assert stage.of(wire.CoachState)[-1].elapsed_ms == pytest.approx(63_500, abs=30)


def test_after_the_end_nothing_happens_any_more() -> None:
    stage = stage_of(LONG)

    async def main() -> str:
        conversation = stage.open()
        run = asyncio.create_task(conversation.run())
        await asyncio.sleep(0)
        conversation.receive(say("Begin."))
        await asyncio.sleep(1)
        conversation.receive(wire.CoachEnd(type="coach.end"))
        reason = await run
        told = len(stage.heard)
        stage.say_played()
        conversation.receive(say("Late."))
        conversation.hear(frame(loud=True, ms=1000))
        conversation.hang_up("again")
        await asyncio.sleep(5)
        assert len(stage.heard) == told
        return reason

    assert run_virtual(main()) == "hung_up"
    assert stage.of(wire.CoachState)[-1].reason == "hung_up"


def test_the_wait_for_a_transcript_is_not_the_model_s() -> None:
    stage = stage_of()
    stage.stt = Script(["hello there"], delay_ms=4000)
    model = stage.llm
    assert isinstance(model, Model)
    model.first_ms = 7000

    async def script() -> None:
        stage.conversation.listener.set_manual(True)
        await stage.sound((800, True))
        stage.conversation.receive(COMMIT)
        stage.conversation.receive(RESPOND)
        await stage.sound((15_000, False))

    run_virtual(stage.act(script))
    assert stage.errors() == []
    assert stage.turns[2].timings["llm_first_token_ms"] == 7000


def test_push_to_talk_ends_with_the_last_word_and_not_with_the_key() -> None:
    class Early(TimedStt):
        def open(self, **how: Any) -> Any:
            utterance = super().open(**how)

            async def settle() -> Transcript:
                return Transcript("hello there", (Word("hello", 100, 400), Word("there", 400, 800)))

            utterance.settle = settle  # type: ignore[method-assign]
            return utterance

    stage = stage_of()
    stage.stt = Early(["hello there"])

    async def script() -> None:
        stage.conversation.listener.set_manual(True)
        await stage.sound((800, True), (1200, False))
        stage.conversation.receive(COMMIT)
        stage.conversation.receive(RESPOND)
        await stage.sound((3000, False))

    run_virtual(stage.act(script))
    turn, reply = stage.turns[1], stage.turns[2]
    assert turn.ended_ms == pytest.approx(800, abs=40)
    assert reply.timings["response_gap_ms"] == pytest.approx(reply.started_ms - turn.ended_ms, abs=1)


def test_a_transcription_says_how_much_sound_it_took() -> None:
    stage = stage_of()

    async def script() -> None:
        stage.conversation.listener.set_manual(True)
        await stage.sound((800, True))
        stage.conversation.receive(COMMIT)
        await stage.sound((1000, False))

    run_virtual(stage.act(script))
    completed = stage.of(wire.TranscriptionCompleted)[0]
    assert completed.usage.model_dump() == {"type": "duration", "seconds": 0.8}


def test_an_item_keeps_the_place_that_it_was_given_when_it_was_added() -> None:
    stage = stage_of(LONG)

    async def script() -> None:
        stage.conversation.receive(say("Begin."))
        await stage.silence_until("speaking")
        stage.conversation.receive(item("Meanwhile."))
        await stage.sound((6000, False))

    run_virtual(stage.act(script))
    added = [(one.item.id, one.previous_item_id) for one in stage.of(wire.ConversationItemAdded)]
    done = [(one.item.id, one.previous_item_id) for one in stage.of(wire.ConversationItemDone)]
    assert sorted(added) == sorted(done)
    assert [previous for _, previous in added] == [None, *[one for one, _ in added[:-1]]]
    assert len(added) == 3


def test_cancelling_another_response_than_the_one_under_way_stops_nothing() -> None:
    stage = stage_of(LONG)

    async def script() -> None:
        stage.conversation.receive(say("Begin."))
        await stage.silence_until("speaking")
        with pytest.raises(BadEvent):
            stage.conversation.receive(CANCEL.model_copy(update={"response_id": "resp_of_before"}))
        await stage.sound((500, False))
        assert stage.conversation.machine.state is State.SPEAKING
        now = stage.of(wire.ResponseCreated)[-1].response.id
        stage.conversation.receive(CANCEL.model_copy(update={"response_id": now}))
        assert stage.conversation.machine.state is State.LISTENING
        with pytest.raises(BadEvent):
            stage.conversation.receive(CANCEL.model_copy(update={"response_id": now}))

    run_virtual(stage.act(script))
    assert [one.response.status for one in stage.of(wire.ResponseDone)] == ["cancelled"]


def test_the_scene_s_patience_comes_back_when_the_client_wishes_none() -> None:
    stage = stage_of()

    async def script() -> None:
        machine = stage.conversation.machine
        stage.conversation.set_patience(1500.0)
        assert machine.settings.window_ms == 1500.0
        stage.conversation.set_patience(None)
        assert machine.settings.window_ms == stage.scene.turns.window_ms

    run_virtual(stage.act(script))
