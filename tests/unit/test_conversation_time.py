"""Silence, idleness and the time limit."""

from __future__ import annotations

import asyncio

import pytest

from tests.actors import FallibleTts, Model, Script, words
from tests.stage import Stage
from tests.virtual_time import run_virtual
from voice.engines.base import ReplyRequest
from voice.engines.timed import TimedLlm


def replies(request: ReplyRequest) -> list[str]:
    return words({"closing": "Time is up.", "silence": "Still there?"}.get(request.occasion, "I see."))


def stage_of(*says: str, **scene: object) -> Stage:
    stage = Stage(stt=Script(says or ["tell me"]), llm=TimedLlm(replies), tts=FallibleTts(), frame_ms=100)
    return stage.with_scene(**scene)


def kinds(stage: Stage) -> list[str]:
    return [kind for _, kind, _, _ in stage.story()]


def test_it_asks_twice_in_a_row_whether_the_trainee_is_still_there() -> None:
    stage = stage_of(silence_prompt_s=12.0, idle_limit_s=120.0)
    run_virtual(stage.play((500, False), (1000, True), (60_000, False), (1000, True), (60_000, False)))
    assert kinds(stage) == ["speech", "reply", "silence", "silence"] * 2
    first = stage.turns[3].started_ms - stage.turns[2].ended_ms
    assert first == pytest.approx(12_000, abs=800)


def test_noise_does_not_make_it_ask_for_ever() -> None:
    stage = stage_of("tell me", "", silence_prompt_s=5.0, idle_limit_s=600.0)
    noise = [(1000, True), (7000, False)] * 12
    run_virtual(stage.play((500, False), (1000, True), (3000, False), *noise))
    assert kinds(stage) == ["speech", "reply", "silence", "silence"]


@pytest.mark.parametrize("prompt_s", [0.0, 12.0])
def test_an_idle_conversation_ends_by_itself_and_prompts_do_not_keep_it_alive(prompt_s: float) -> None:
    stage = stage_of(silence_prompt_s=prompt_s, idle_limit_s=60.0)
    assert run_virtual(stage.play((500, False), (1000, True), (200_000, False))) == "idle"
    assert stage.states()[-1][0] == pytest.approx(stage.turns[2].ended_ms + 60_000, abs=500)


def test_at_the_time_limit_the_avatar_closes_the_scene() -> None:
    stage = stage_of(time_limit_s=20.0)
    assert run_virtual(stage.play((500, False), (1000, True), (60_000, False))) == "time_limit"
    assert kinds(stage) == ["speech", "reply", "closing"]
    assert stage.turns[3].text == "Time is up."
    assert stage.turns[3].started_ms == pytest.approx(20_000, abs=700)


def test_a_turn_that_ends_after_the_time_limit_is_answered_with_the_closing() -> None:
    stage = stage_of(time_limit_s=20.0)
    assert run_virtual(stage.play((15_000, False), (10_000, True), (60_000, False))) == "time_limit"
    assert kinds(stage) == ["speech", "closing"]
    assert stage.turns[2].started_ms == pytest.approx(25_500, abs=200)


def test_it_cuts_in_on_a_trainee_who_does_not_end_and_keeps_what_he_said() -> None:
    stage = stage_of("and so on and on", time_limit_s=20.0)
    assert run_virtual(stage.play((15_000, False), (60_000, True))) == "time_limit"
    assert stage.story() == [(1, "speech", "and so on and on", ""), (2, "closing", "Time is up.", "")]
    assert stage.turns[2].started_ms == pytest.approx(40_000, abs=1000)
    assert isinstance(stage.llm, TimedLlm)
    assert [one.text for one in stage.llm.requests[-1].history] == ["and so on and on"]


def test_an_impatient_avatar_takes_the_floor_from_a_trainee_who_goes_on_and_on() -> None:
    stage = stage_of("and so on and on", cut_in_after_s=10.0)

    async def script() -> None:
        # A pause shorter than the window does not begin the ten seconds anew.
        await stage.sound((500, False), (4000, True), (200, False), (6200, True), (4000, False))

    assert run_virtual(stage.act(script)) == "test_over"
    assert stage.story() == [(1, "speech", "and so on and on", ""), (2, "reply", "I see.", "")]
    assert stage.turns[2].started_ms == pytest.approx(10_500, abs=1000)


@pytest.mark.parametrize("limit_s", [0.0, 10.0])
def test_it_lets_finish_whoever_stays_below_its_limit(limit_s: float) -> None:
    stage = stage_of("tell me", "and this", cut_in_after_s=limit_s)
    run_virtual(stage.play((500, False), (9000, True), (4000, False), (9000, True), (4000, False)))
    assert kinds(stage) == ["speech", "reply", "speech", "reply"]
    # Each reply begins after the turn's window, and not before the turn has ended.
    assert all(stage.turns[seq].started_ms >= stage.turns[seq - 1].ended_ms for seq in (2, 4))


def test_who_talks_over_the_closing_as_well_is_hung_up_on_in_the_end() -> None:
    stage = stage_of("and so on", "and on and on", time_limit_s=20.0)

    async def script() -> None:
        await stage.sound((15_000, False), (25_300, True), (300, False), (60_000, True))

    assert run_virtual(stage.act(script)) == "time_limit"
    assert stage.states()[-1][0] <= 81_000
    assert stage.story()[-1][:3] == (3, "speech", "and on and on")


def test_the_scene_ends_when_the_avatar_says_its_closing_words() -> None:
    stage = stage_of(is_closing=lambda text: text == "I see.")
    assert run_virtual(stage.play((500, False), (1000, True), (60_000, False))) == "scene_closed"
    assert stage.story()[-1] == (2, "reply", "I see.", "")


def test_an_interrupted_closing_line_does_not_end_the_scene() -> None:
    stage = stage_of("tell me", "wait stop there", is_closing=lambda text: "end" in text)
    stage.llm = Model([words("This is now the very end of our talk."), words("What?")])

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        await stage.silence_until("speaking")
        await stage.sound((500, False), (700, True), (4000, False))

    assert run_virtual(stage.act(script)) == "test_over"
    assert kinds(stage) == ["speech", "reply", "speech", "reply"]


def test_a_closing_that_fails_still_ends_the_conversation() -> None:
    stage = stage_of(time_limit_s=5.0)
    stage.llm = Model([["hang"]])
    assert run_virtual(stage.play((60_000, False))) == "time_limit"
    assert stage.errors() == ["llm_timeout"]


def test_a_long_reply_is_not_idleness() -> None:
    stage = stage_of(idle_limit_s=10.0, time_limit_s=600.0)
    stage.llm = Model([words(" ".join(["word"] * 75) + ".")])

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        await asyncio.sleep(22)

    assert run_virtual(stage.act(script)) == "test_over"


def test_who_broke_off_for_mere_noise_asks_at_once_and_not_for_ever() -> None:
    stage = stage_of("tell me", "", silence_prompt_s=12.0, idle_limit_s=600.0)
    stage.llm = Model([words("One two three four five six seven eight nine ten eleven twelve.")])

    async def script() -> None:
        await stage.sound((500, False), (1000, True))
        for _ in range(4):
            await stage.silence_until("speaking", "listening")
            await stage.sound((500, False), (1700, True), (2000, False))

    run_virtual(stage.act(script))
    assert kinds(stage) == ["speech", "reply", "silence", "silence"]
    assert stage.turns[2].interrupted
    assert stage.turns[3].started_ms - stage.turns[2].ended_ms < 3_500, "not only after 12 s"
