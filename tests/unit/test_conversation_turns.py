"""Simple turns, speculation, and speech while the avatar is still thinking."""

from __future__ import annotations

import asyncio

import pytest

from tests.actors import FallibleTts, Model, Script, words
from tests.stage import Stage, frame
from tests.virtual_time import run_virtual
from voice import events as wire
from voice.engines.base import Message
from voice.engines.timed import TimedLlm, TimedStt, TimedTts
from voice.verdicts import TurnSettings

ONE_TURN = ((500, False), (1000, True), (4000, False))
# Speech of 1,000 ms from 500 on: the last window with speech in it ends at 1,504 ms of sound.
SPEECH_END = 1504
AVATAR_TURN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
]


def test_a_simple_turn_is_told_in_full_and_in_order() -> None:
    stage = Stage()
    assert run_virtual(stage.play(*ONE_TURN)) == "test_over"
    assert stage.types("response.output_audio.delta") == [
        "coach.state",
        "coach.state",
        "input_audio_buffer.speech_started",
        "coach.partial",
        "coach.state",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.done",
        "coach.turn",
        *AVATAR_TURN,
        "coach.state",
        "response.output_audio_transcript.delta",
        "coach.timings",
        "coach.state",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "coach.turn",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "coach.state",
        "coach.state",
    ]
    assert stage.states() == [
        (0, "listening"),
        (520, "hearing"),
        (1600, "deciding"),
        (2004, "thinking"),
        (2064, "speaking"),
        (3064, "listening"),
        (5500, "ended"),
    ]
    assert stage.story() == [(1, "speech", "hello there", ""), (2, "reply", "Sure, I can do that.", "")]


@pytest.mark.parametrize("window_ms", [200.0, 500.0, 900.0])
@pytest.mark.parametrize("first_ms", [50.0, 200.0, 600.0])
def test_the_gap_is_the_longer_of_window_and_engines_not_their_sum(window_ms: float, first_ms: float) -> None:
    stage = Stage(llm=TimedLlm(("Sure", "."), first_ms=first_ms, token_ms=10))
    stage.with_scene(turns=TurnSettings(window_ms=window_ms, speculate_after_ms=100))
    run_virtual(stage.play(*ONE_TURN))
    engines_ms = 100 + first_ms + 10 + 100
    timings = stage.turns[2].timings
    assert timings == {
        "vad_lag_ms": 0.0,
        "stt_ms": 100.0,
        "endpoint_ms": window_ms,
        "response_gap_ms": max(window_ms, 100 + engines_ms),
        "llm_first_token_ms": first_ms,
        "tts_first_audio_ms": 100.0,
    }


def test_the_first_phrase_is_spoken_before_the_model_has_finished() -> None:
    model = TimedLlm(words("Sure. And a good deal more of that sort to come."), token_ms=400)
    stage = Stage(llm=model)
    run_virtual(stage.play(*ONE_TURN, then_s=6))
    spoke_at = next(at for at, event in stage.heard if isinstance(event, wire.OutputAudioDelta))
    assert spoke_at == SPEECH_END + 100 + 100 + 200 + 100
    assert stage.story()[1] == (2, "reply", "Sure. And a good deal more of that sort to come.", "")
    assert stage.turns[2].started_ms == spoke_at


def test_no_first_sound_is_lost_the_recognizer_gets_the_pre_roll() -> None:
    class Measured(TimedStt):
        fed: list[int] = []

        def open(self, *, language: str, hints: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
            utterance = super().open(language=language, hints=hints)
            feed = utterance.feed
            utterance.feed = lambda samples: (self.fed.append(len(samples)), feed(samples))[1]  # type: ignore[method-assign]
            return utterance

    stt = Measured(["hello there"])
    stage = Stage(stt=stt)
    run_virtual(stage.play(*ONE_TURN))
    # From 240 ms before the speech (window at 480) until the turn was decided at 2,004.
    assert sum(stt.fed) / 16 == pytest.approx(2004 - 240, abs=20)
    assert (stage.turns[1].started_ms, stage.turns[1].words[0].start_ms) == (480.0, 240.0)


def test_speech_that_goes_on_throws_the_speculation_away_and_cancels_it_upstream() -> None:
    stage = Stage(llm=TimedLlm(("Sure", "."), first_ms=200))
    run_virtual(stage.play((500, False), (1000, True), (300, False), (1000, True), (3000, False)))
    assert isinstance(stage.llm, TimedLlm)
    assert (len(stage.llm.requests), stage.llm.cancelled) == (2, 1)
    assert stage.conversation.counters == {
        "speculations": 2,
        "speculations_dropped": 1,
        "backchannels": 0,
        "interruptions": 0,
        "illegal_events": 0,
    }
    assert stage.story() == [(1, "speech", "hello there", ""), (2, "reply", "Sure.", "")]
    assert stage.types().count("response.created") == 1
    assert stage.types().count("input_audio_buffer.speech_started") == 1


def test_it_speculates_three_times_in_a_turn_at_most() -> None:
    stage = Stage()
    hesitant = [(400, True), (400, False)] * 6
    run_virtual(stage.play((500, False), *hesitant, (4000, False)))
    assert isinstance(stage.llm, TimedLlm)
    assert stage.conversation.counters["speculations"] == 3
    # The fourth request is the answer, asked for once the window was over.
    assert len(stage.llm.requests) == 4
    assert [kind for _, kind, _, _ in stage.story()] == ["speech", "reply"]


def test_the_speculative_request_shows_the_model_the_pending_turn_once() -> None:
    stage = Stage(texts=("first", "second"))
    run_virtual(stage.play(*ONE_TURN, (1000, True), (4000, False)))
    assert isinstance(stage.llm, TimedLlm)
    assert [request.history for request in stage.llm.requests] == [
        (Message("trainee", "first"),),
        (
            Message("trainee", "first"),
            Message("avatar", "Sure, I can do that."),
            Message("trainee", "second"),
        ),
    ]


def test_noise_without_words_is_no_turn() -> None:
    stage = Stage(stt=Script([""]))
    run_virtual(stage.play(*ONE_TURN))
    assert stage.story() == []
    assert [state for _, state in stage.states()] == ["listening", "hearing", "deciding", "listening", "ended"]
    assert stage.types()[-3:] == ["input_audio_buffer.speech_stopped", "coach.state", "coach.state"]


@pytest.mark.parametrize("cough", ["", "mm-hm"])
def test_a_cough_while_the_avatar_thinks_does_not_kill_the_answer(cough: str) -> None:
    model = Model([words("Sure, I can do that.")], first_ms=1500)
    stage = Stage(stt=Script(["what is it", cough]), llm=model)
    run_virtual(stage.play((500, False), (1000, True), (700, False), (200, True), (5000, False)))
    kept = [(1, "speech", "what is it", "")]
    if cough:
        kept.append((2, "backchannel", "mm-hm", ""))
    kept.append((len(kept) + 1, "reply", "Sure, I can do that.", ""))
    assert stage.story() == kept
    assert (len(model.requests), model.cancelled) == (1, 0)
    assert "hearing" in [state for _, state in stage.states()][3:]
    assert stage.types().count("input_audio_buffer.speech_started") == 1, "the cough is not announced"


def test_a_real_turn_while_the_avatar_thinks_discards_the_answer_and_both_are_answered() -> None:
    model = Model([words("One answer."), words("The other answer.")], first_ms=1500)
    stage = Stage(stt=Script(["what is it", "wait there is more"]), llm=model)
    run_virtual(stage.play((500, False), (1000, True), (700, False), (600, True), (6000, False)))
    assert stage.story() == [
        (1, "speech", "what is it", ""),
        (2, "speech", "wait there is more", ""),
        (3, "reply", "The other answer.", ""),
    ]
    assert model.cancelled == 1
    assert model.shown()[-1] == [("trainee", "what is it"), ("trainee", "wait there is more")]
    assert [one.response.status for one in stage.of(wire.ResponseDone)] == ["cancelled", "completed"]


def test_several_phrases_are_spoken_without_a_seam_and_their_words_timed() -> None:
    tts = FallibleTts()
    stage = Stage(llm=Model([words("One two. Three four. Five six.")]), tts=tts)
    run_virtual(stage.play(*ONE_TURN))
    [pcm] = stage.client.played.values()
    assert tts.words_in(pcm) == ["One", "two.", "Three", "four.", "Five", "six."]
    starts = [word.start_ms - stage.turns[2].started_ms for word in stage.turns[2].words]
    assert starts == pytest.approx([0, 200, 400, 600, 800, 1000])
    assert not stage.turns[2].words_estimated


def test_an_engine_without_timings_says_that_its_words_are_estimated() -> None:
    stage = Stage(tts=TimedTts(timings=False))
    run_virtual(stage.play(*ONE_TURN))
    assert stage.turns[2].words_estimated
    assert stage.turns[2].words[-1].end_ms == pytest.approx(stage.turns[2].ended_ms)


def test_a_sound_that_stops_arriving_ends_the_speech_in_it() -> None:
    stage = Stage()

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        await asyncio.sleep(5)

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "hello there", ""), (2, "reply", "Sure, I can do that.", "")]


def test_a_file_that_is_sent_at_once_is_answered_at_once() -> None:
    stage = Stage()

    async def script() -> None:
        for loud, ms in ((False, 500), (True, 8000)):
            stage.conversation.hear(frame(loud=loud, ms=ms))
        await asyncio.sleep(4)

    run_virtual(stage.act(script))
    assert stage.story() == [(1, "speech", "hello there", ""), (2, "reply", "Sure, I can do that.", "")]
    spoke_at = next(at for at, event in stage.heard if isinstance(event, wire.OutputAudioDelta))
    assert spoke_at < 2_500, "not only once the clock has caught up with 8.5 s of sound"
