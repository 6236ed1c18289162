"""The sound's own clock: gaps, late sound, a crystal that runs fast."""

from __future__ import annotations

import asyncio

import pytest

from tests.stage import Stage, frame
from tests.virtual_time import run_virtual
from voice import events as wire


def starts(stage: Stage) -> list[int]:
    return [event.audio_start_ms for event in stage.of(wire.SpeechStartedEvent)]


def test_after_a_gap_sound_is_dated_by_the_clock() -> None:
    stage = Stage()

    async def script() -> None:
        await stage.sound((1000, False))
        await asyncio.sleep(7)
        await stage.sound((500, False), (1000, True), (2000, False))

    run_virtual(stage.act(script))
    assert starts(stage) == [pytest.approx(8500, abs=40)]


def test_sound_that_was_only_late_is_not_dated_late() -> None:
    stage = Stage()

    async def script() -> None:
        await stage.sound((1000, False))
        await asyncio.sleep(1.5)
        stage.conversation.hear(frame(loud=False, ms=20))
        for _ in range(74):  # the network had held it back
            stage.conversation.hear(frame(loud=False, ms=20))
        await stage.sound((500, False), (1000, True), (2000, False))

    run_virtual(stage.act(script))
    assert starts(stage) == [pytest.approx(3000, abs=60)]
    assert stage.conversation.listener.heard_until_ms == pytest.approx(stage.conversation.now(), abs=60)


@pytest.mark.parametrize("pace", [0.98, 1.02])
def test_a_client_whose_clock_is_off_is_put_right_in_silence(pace: float) -> None:
    stage = Stage()

    async def script() -> None:
        for _ in range(60):
            for at in range(50):
                await asyncio.sleep(0.02 / pace)
                stage.conversation.hear(frame(loud=at < 10))
        await stage.sound((1000, False))

    run_virtual(stage.act(script))
    assert abs(stage.conversation.listener.heard_until_ms - stage.conversation.now()) < 700


def test_speech_in_any_rate_is_understood() -> None:
    stage = Stage()

    async def script() -> None:
        stage.conversation.listener.set_rate(48_000)
        for loud, ms in ((False, 500), (True, 1000), (False, 2000)):
            for _ in range(ms // 20):
                await asyncio.sleep(0.02)
                stage.conversation.hear(frame(loud=loud, ms=60))  # 60 ms at 16 kHz are 20 ms at 48

    run_virtual(stage.act(script))
    assert starts(stage) == [pytest.approx(500, abs=40)]
    assert stage.story() == [(1, "speech", "hello there", ""), (2, "reply", "Sure, I can do that.", "")]


@pytest.mark.parametrize("stall_s", [0.9, 1.2, 1.5, 1.9])
def test_speech_that_the_network_holds_back_in_its_middle_is_one_turn_dated_right(stall_s: float) -> None:
    stage = Stage()

    async def script() -> None:
        await stage.sound((1000, False), (500, True))
        await asyncio.sleep(stall_s)
        for _ in range(round(stall_s * 50)):
            stage.conversation.hear(frame(loud=True, ms=20))
        await stage.sound((500, True), (3000, False))

    run_virtual(stage.act(script))
    [turn] = [one for one in stage.turns.values() if one.speaker == "trainee"]
    assert turn.started_ms == pytest.approx(1000, abs=260)  # with the pre-roll
    [stopped] = stage.of(wire.SpeechStoppedEvent)
    assert stopped.audio_end_ms == pytest.approx(2000 + stall_s * 1000, abs=60)
    assert (
        turn.words[-1].end_ms <= stopped.audio_end_ms + 240
    )  # the recognizer spreads them over all it is given
    assert stage.turns[2].timings["response_gap_ms"] < 700


def test_speech_that_begins_in_late_sound_is_dated_when_it_was_said() -> None:
    stage = Stage()

    async def script() -> None:
        await stage.sound((1000, False))
        await asyncio.sleep(1.5)
        for _ in range(75):
            stage.conversation.hear(frame(loud=True, ms=20))
        await stage.sound((500, True), (3000, False))

    run_virtual(stage.act(script))
    turn = stage.turns[1]
    [stopped] = stage.of(wire.SpeechStoppedEvent)
    assert (turn.started_ms, stopped.audio_end_ms) == (
        pytest.approx(1000, abs=300),
        pytest.approx(3000, abs=60),
    )
    assert stage.turns[2].timings["response_gap_ms"] < 700


def test_sound_that_was_missing_in_the_middle_of_speech_is_not_taken_for_late() -> None:
    stage = Stage()

    async def script() -> None:
        await stage.sound((1000, False), (500, True))
        await asyncio.sleep(1.5)  # muted
        await stage.sound((2000, True), (3000, False))

    run_virtual(stage.act(script))
    assert stage.of(wire.SpeechStoppedEvent)[-1].audio_end_ms == pytest.approx(5000, abs=60)
