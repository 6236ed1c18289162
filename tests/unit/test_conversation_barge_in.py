"""Speech over the avatar: paused first, judged then, and what was heard is exact."""

from __future__ import annotations

import asyncio

import pytest

from tests.actors import FallibleTts, Model, Script, words
from tests.stage import Stage
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.errors import BadEvent
from voice.table import State

REPLY = "One two three four five. Six seven eight nine ten. Eleven twelve thirteen fourteen fifteen."
"""Three seconds of speech."""
ASK = ((500, False), (1000, True), (700, False))
"""The avatar is about to speak after this."""


def stage_of(*says: str, browser: bool = True, partials: str | None = None, **changes: object) -> Stage:
    return Stage(
        stt=Script(["tell me", *says], partials=partials),
        llm=Model([words(REPLY), words("Good. As you like.")]),
        tts=FallibleTts(),
        pausable=browser,
        ahead_ms=2000.0 if browser else 300.0,
        **changes,  # type: ignore[arg-type]
    )


async def until_speaking(stage: Stage, for_ms: int) -> None:
    await stage.sound((500, False), (1000, True))
    await stage.silence_until("speaking")
    await stage.sound((for_ms, False))


def by_ear(stage: Stage, item: int = 0) -> str:
    """What came out of the client's loudspeaker, decoded from the sound."""
    assert isinstance(stage.conversation.cast.tts, FallibleTts)
    return " ".join(stage.conversation.cast.tts.words_in(list(stage.client.played.values())[item]))


@pytest.mark.parametrize("browser", [True, False], ids=["browser", "realtime"])
@pytest.mark.parametrize("after_ms", [80, 300, 700, 1140, 1500, 2440])
def test_an_interruption_keeps_exactly_what_was_heard(after_ms: int, browser: bool) -> None:
    stage = stage_of("stop it please", browser=browser)

    async def script() -> None:
        await until_speaking(stage, after_ms)
        await stage.sound((800, True), (4000, False))

    run_virtual(stage.act(script))
    _, reply, trainee, answer = stage.story()
    heard, unheard = reply[2], reply[3]
    assert heard == by_ear(stage)
    assert f"{heard} {unheard}".strip() == REPLY
    assert (trainee[1:], answer[1:3]) == (("speech", "stop it please", ""), ("reply", "Good. As you like."))
    assert stage.turns[2].interrupted
    assert [word.text for word in stage.turns[2].words] == heard.split()
    assert stage.turns[2].ended_ms <= stage.turns[2].started_ms + after_ms + 400
    model = stage.llm
    assert isinstance(model, Model)
    said = [("trainee", "tell me"), *([("avatar", heard)] if heard else []), ("trainee", "stop it please")]
    assert model.shown()[-1] == said
    assert stage.conversation.counters["interruptions"] == 1


def test_the_output_pauses_at_the_end_of_the_first_speech_window() -> None:
    stage = stage_of("stop it please")

    async def script() -> None:
        await until_speaking(stage, 500)
        script.began = stage.conversation.now()  # type: ignore[attr-defined]
        await stage.sound((800, True))

    run_virtual(stage.act(script))
    [paused_at] = [at for at, event in stage.heard if isinstance(event, wire.CoachOutputPause)]
    assert paused_at - script.began <= 2 * 32 + 20  # type: ignore[attr-defined]


def test_the_events_of_an_interruption_in_the_browser() -> None:
    stage = stage_of("stop it please")

    async def script() -> None:
        await until_speaking(stage, 700)
        await stage.sound((800, True), (300, False))

    run_virtual(stage.act(script))
    story = stage.types("response.output_audio.delta", "coach.partial", "coach.turn")
    at = story.index("coach.output.pause")
    assert story[at:] == [
        "coach.output.pause",
        "coach.state",
        "input_audio_buffer.speech_started",
        "output_audio_buffer.cleared",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "coach.state",
        "coach.state",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.done",
        "coach.state",
    ]


@pytest.mark.parametrize(
    ("said", "kind"),
    [("mm-hm", "backchannel"), ("yeah right", "backchannel"), ("", None), ("two three four", None)],
    ids=["backchannel", "two words of it", "noise", "echo"],
)
@pytest.mark.parametrize("browser", [True, False], ids=["browser", "realtime"])
def test_it_resumes_where_it_stopped_after_what_is_no_interruption(
    said: str, kind: str | None, browser: bool
) -> None:
    stage = stage_of(said, browser=browser)

    async def script() -> None:
        await until_speaking(stage, 700)
        await stage.sound((300, True), (6000, False))

    run_virtual(stage.act(script))
    assert by_ear(stage) == REPLY
    expected = [(1, "speech", "tell me", ""), (2, "reply", REPLY, "")]
    if kind:
        expected.append((3, kind, said, ""))
    assert stage.story() == expected
    assert not stage.turns[2].interrupted
    assert stage.types().count("input_audio_buffer.speech_started") == 1
    pauses = ["coach.output.pause", "coach.output.resume"] if browser else []
    assert [one for one in stage.types() if one.startswith("coach.output")] == pauses
    assert [one.response.status for one in stage.of(wire.ResponseDone)] == ["completed"]
    assert stage.conversation.counters["backchannels"] == (1 if kind else 0)


@pytest.mark.parametrize("said", ["what can i do", "for my work"], ids=["alike", "still to come"])
def test_words_that_the_avatar_has_not_said_yet_are_no_echo(said: str) -> None:
    stage = stage_of(said)
    reply = (
        "I bought this phone from you and I want to know what you can do because I need it for my work now ."
    )
    stage.llm = Model([words(reply), words("Good.")])

    async def script() -> None:
        await until_speaking(stage, 400)
        await stage.sound((450, True), (3000, False))

    run_virtual(stage.act(script))
    assert [one[1:3] for one in stage.story()] == [
        ("speech", "tell me"),
        ("reply", by_ear(stage)),
        ("speech", said),
        ("reply", "Good."),
    ]


def test_words_of_long_ago_are_no_echo() -> None:
    stage = stage_of("two three four")
    stage.llm = Model([words(REPLY + " " + REPLY), words("Good.")])

    async def script() -> None:
        await until_speaking(stage, 3000)
        await stage.sound((450, True), (3000, False))

    run_virtual(stage.act(script))
    assert stage.story()[2][1:3] == ("speech", "two three four")


def test_the_words_after_a_pause_are_dated_when_they_were_played() -> None:
    stage = stage_of("mm-hm")

    async def script() -> None:
        await until_speaking(stage, 700)
        await stage.sound((300, True), (6000, False))

    run_virtual(stage.act(script))
    [pause] = [at for at, event in stage.heard if isinstance(event, wire.CoachOutputPause)]
    [resume] = [at for at, event in stage.heard if isinstance(event, wire.CoachOutputResume)]
    turn = stage.turns[2]
    lasted = turn.ended_ms - turn.started_ms
    assert lasted == pytest.approx(3000 + resume - pause, abs=1)
    before = [word for word in turn.words if word.end_ms <= pause]
    after = [word for word in turn.words if word.start_ms >= resume]
    assert len(before) + len(after) >= len(turn.words) - 1


def test_a_backchannel_again_and_again_never_adds_up_to_an_interruption() -> None:
    stage = stage_of("uh-huh")

    async def script() -> None:
        await until_speaking(stage, 200)
        for _ in range(6):
            await stage.sound((300, True), (500, False))
        await stage.sound((5000, False))

    run_virtual(stage.act(script))
    assert by_ear(stage) == REPLY
    assert [kind for _, kind, _, _ in stage.story()] == ["speech", "reply", *["backchannel"] * 6]
    assert stage.conversation.counters["interruptions"] == 0


def test_one_long_murmur_does_not_take_the_floor_and_is_kept_once() -> None:
    stage = stage_of("yeah right okay")

    async def script() -> None:
        await until_speaking(stage, 200)
        await stage.sound((2500, True), (6000, False))

    run_virtual(stage.act(script))
    assert by_ear(stage) == REPLY
    assert stage.story() == [
        (1, "speech", "tell me", ""),
        (2, "reply", REPLY, ""),
        (3, "backchannel", "yeah right okay", ""),
    ]


def test_a_murmur_that_becomes_a_sentence_takes_the_floor_after_all() -> None:
    script_of = Script(["tell me", "yeah yeah but listen to me"], partials="yeah yeah")
    stage = stage_of()
    stage.stt = script_of

    async def script() -> None:
        await until_speaking(stage, 200)
        await stage.sound((1900, True))
        assert stage.conversation.machine.state is State.SPEAKING
        script_of.partials = None
        await stage.sound((600, True), (4000, False))

    run_virtual(stage.act(script))
    assert [one[1:3] for one in stage.story()] == [
        ("speech", "tell me"),
        ("reply", by_ear(stage)),
        ("speech", "yeah yeah but listen to me"),
        ("reply", "Good. As you like."),
    ]
    assert stage.turns[2].interrupted


def test_who_still_speaks_when_the_avatar_has_finished_is_heard() -> None:
    stage = stage_of("yeah yeah right")
    stage.llm = Model([words("One two three four five."), words("Good.")])

    async def script() -> None:
        await until_speaking(stage, 100)
        await stage.sound((4000, True), (4000, False))

    run_virtual(stage.act(script))
    assert [one[1:3] for one in stage.story()] == [
        ("speech", "tell me"),
        ("reply", "One two three four five."),
        ("speech", "yeah yeah right"),
        ("reply", "Good."),
    ]


@pytest.mark.parametrize(("ms", "interrupted"), [(300, False), (900, True)])
def test_a_recognizer_that_is_late_is_answered_for_by_the_length_of_the_speech(
    ms: int, interrupted: bool
) -> None:
    stage = stage_of("stop it please", partials="")

    async def script() -> None:
        await until_speaking(stage, 300)
        assert isinstance(stage.stt, Script)
        stage.stt.delay_ms = 3000
        await stage.sound((ms, True), (6000, False))

    run_virtual(stage.act(script))
    assert stage.turns[2].interrupted is interrupted


@pytest.mark.parametrize(("browser", "limit"), [(True, 2000.0), (False, 300.0)], ids=["browser", "realtime"])
def test_the_client_never_holds_more_sound_than_it_may(browser: bool, limit: float) -> None:
    stage = stage_of("mm-hm", browser=browser)

    async def script() -> None:
        acks = asyncio.ensure_future(stage.acknowledging() if browser else asyncio.sleep(0))
        await until_speaking(stage, 700)
        await stage.sound((300, True), (6000, False))
        acks.cancel()

    run_virtual(stage.act(script))
    assert by_ear(stage) == REPLY
    assert limit - 100 < stage.client.most_ahead_ms <= limit + 1


def test_a_browser_that_plays_late_is_believed() -> None:
    stage = stage_of("stop it please")

    async def script() -> None:
        await until_speaking(stage, 0)
        stage.client._playing = False  # its sound card takes a second to start
        asyncio.get_running_loop().call_later(1.0, lambda: setattr(stage.client, "_playing", True))
        acks = asyncio.ensure_future(stage.acknowledging())
        await stage.sound((1800, False))
        await stage.sound((100, True))
        stage.say_played()  # as the page does after coach.output.pause
        await stage.sound((700, True), (4000, False))
        acks.cancel()

    run_virtual(stage.act(script))
    assert stage.story()[1][2] == by_ear(stage) == "One two three four five."


def test_sending_stops_at_first_speech_though_the_client_knows_no_pause() -> None:
    stage = stage_of("stop it please", browser=False)

    async def script() -> None:
        await until_speaking(stage, 700)
        await stage.sound((100, True))
        before = len(stage.of(wire.OutputAudioDelta))
        await stage.sound((300, True))
        assert len(stage.of(wire.OutputAudioDelta)) == before
        assert stage.types().count("input_audio_buffer.speech_started") == 1, "not decided yet"
        await stage.sound((500, True))
        assert stage.types().count("input_audio_buffer.speech_started") == 2
        assert len(stage.of(wire.OutputAudioDelta)) == before

    run_virtual(stage.act(script))


def test_a_truncation_corrects_what_was_heard_and_what_the_model_is_shown() -> None:
    stage = stage_of("stop it please", browser=False)

    async def script() -> None:
        await until_speaking(stage, 1500)
        await stage.sound((700, True))
        stage.conversation.receive(
            wire.ConversationItemTruncate(
                type="conversation.item.truncate", item_id=stage.client.item, audio_end_ms=880
            )
        )
        await stage.sound((4000, False))

    run_virtual(stage.act(script))
    assert stage.story()[1] == (2, "reply", "One two three four", REPLY.removeprefix("One two three four "))
    assert stage.turns[2].ended_ms == stage.turns[2].started_ms + 880
    assert isinstance(stage.llm, Model)
    assert ("avatar", "One two three four") in stage.llm.shown()[-1]
    assert [event.audio_end_ms for event in stage.of(wire.ConversationItemTruncated)] == [880]


def test_truncating_what_is_being_said_stops_it() -> None:
    stage = stage_of("", browser=False)

    async def script() -> None:
        await until_speaking(stage, 1500)
        stage.conversation.receive(
            wire.ConversationItemTruncate(
                type="conversation.item.truncate", item_id=stage.client.item, audio_end_ms=99_999_999
            )
        )
        assert stage.conversation.machine.state is State.LISTENING
        with pytest.raises(BadEvent):
            stage.conversation.receive(
                wire.ConversationItemTruncate(
                    type="conversation.item.truncate", item_id="item_of_nobody", audio_end_ms=0
                )
            )

    run_virtual(stage.act(script))
    # Not more than was sent counts as heard: 1.5 s and the 300 ms that the client held.
    assert stage.story()[1][2] == "One two three four five. Six seven eight nine"
