"""The benchmark of the voice loop measures what it says, on a loop in virtual time whose costs are known."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest

from benchmarks import voice_loop
from benchmarks.clips import Clip
from benchmarks.rig import ENGINES_MS, Load, Pause, Player, TurnCost, late_ms, match, play, turn_bounds
from benchmarks.voice_loop import summarize
from tests.stage import LoudnessVad
from tests.virtual_time import run_virtual
from voice.engines.base import VadStream

pytestmark = pytest.mark.unit


def clip(loud_ms: int = 1_000, tail_ms: int = 0, rate: int = 16_000) -> Clip:
    sound = np.concatenate([np.full(rate * loud_ms // 1000, 8_000), np.zeros(rate * tail_ms // 1000)])
    return Clip(sound.astype(np.int16), rate, float(loud_ms))


LOAD = Load(clip(), conversations=1, turns=2)


class SlowVad(LoudnessVad):
    """Tells of each window a little later."""

    def __init__(self, late_ms: float) -> None:
        self._late_s = late_ms / 1000

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        loop = asyncio.get_running_loop()
        return super().open(lambda probability: loop.call_later(self._late_s, on_window, probability) and None)


def played(load: Load, vad: LoudnessVad | None = None) -> list[Player]:
    return run_virtual(play(load, vad or LoudnessVad(), lambda: None))


def test_the_engines_take_460_ms_from_the_start_of_transcription() -> None:
    assert ENGINES_MS == 460


@pytest.mark.parametrize(
    ("window_ms", "speculate_after_ms", "fixed_ms"),
    [(200, 100, 560), (500, 100, 560), (500, 40, 500), (800, 100, 800), (60, 100, 520)],
)
def test_the_fixed_part_of_the_gap(window_ms: float, speculate_after_ms: float, fixed_ms: float) -> None:
    assert replace(LOAD, window_ms=window_ms, speculate_after_ms=speculate_after_ms).fixed_ms == fixed_ms


@pytest.mark.parametrize("window_ms", [200.0, 800.0])
def test_a_loop_without_cost_has_no_hops(window_ms: float) -> None:
    """Every window ends with a frame of 16 ms, so a decision waits for nothing."""
    load = replace(LOAD, frame_ms=16, window_ms=window_ms, conversations=3)

    players = played(load)

    costs = [cost for player in players for cost in player.costs]
    assert len(costs) == 6
    assert [cost.hops_ms(load) for cost in costs] == pytest.approx([0.0] * 6, abs=0.1)
    # The lag is what is left of the last window with sound in it, and differs as turns shift the grid.
    assert all(0 <= cost.vad_lag_ms < 32 for cost in costs)
    assert [player.lasted_ms for player in players] == pytest.approx([10_512.0] * 3)


def test_a_detector_that_is_late_shows_in_the_hops_and_not_in_its_lag() -> None:
    """Ten ms on the way to the deciding callback are the loop's affair; the sound was there."""
    load = replace(LOAD, frame_ms=16, speculate_after_ms=64.0)

    prompt, late = played(load)[0].costs, played(load, SlowVad(10.0))[0].costs

    assert [cost.vad_lag_ms for cost in late] == [cost.vad_lag_ms for cost in prompt]
    assert [cost.hops_ms(load) for cost in late] == pytest.approx([10.0, 10.0], abs=0.1)


def test_conversations_start_apart_and_each_keeps_its_own_time() -> None:
    load = replace(LOAD, conversations=3, stagger_ms=137.0, turns=1)
    starts: list[float] = []

    class Watching(LoudnessVad):
        def open(self, on_window: Callable[[float], None]) -> VadStream:
            starts.append(asyncio.get_running_loop().time() * 1000)
            return super().open(on_window)

    players = played(load, Watching())

    assert starts == pytest.approx([0.0, 137.0, 274.0])
    assert [player.costs[0].gap_ms for player in players] == pytest.approx([564.0] * 3)


def test_a_deaf_detector_gives_no_answers_and_no_figures() -> None:
    class Deaf(LoudnessVad):
        def open(self, on_window: Callable[[float], None]) -> VadStream:
            return super().open(lambda _probability: on_window(0.0))

    load = replace(LOAD, conversations=2)
    result = asdict(summarize(load, played(load, Deaf()), spent_s=3.0, grown_mb=5.0))

    minutes = 2 * 10.5 / 60
    assert result == {
        "conversations": 2,
        "turns": 4,
        "answered": 0,
        "gap_p50_ms": None,
        "gap_p95_ms": None,
        "vad_lag_p50_ms": None,
        "hops_p50_ms": None,
        "hops_p95_ms": None,
        "cpu_s_per_minute": pytest.approx(3.0 / minutes, rel=0.01),
        "mb_per_conversation": 2.5,
    }


def test_turns_end_where_their_sound_does_and_are_over_when_the_silence_is() -> None:
    load = replace(LOAD, clip=clip(loud_ms=1_000, tail_ms=290), turns=2)

    # 500 ms of silence before; 1,290 ms fill 65 frames; 4 s after each.
    assert turn_bounds(load) == [(1_500.0, 5_800.0), (6_800.0, 11_100.0)]


def test_an_answer_counts_in_its_own_silence_only() -> None:
    pauses = [Pause(1_504.0, 1_600.0), Pause(6_520.0, 6_620.0)]

    costs = match(LOAD, [("a", 1_400.0), ("b", 2_100.0), ("c", 9_999.0)], pauses)

    # "a" came while the trainee spoke; the second turn was answered, if slowly.
    assert costs == [TurnCost(600.0, 4.0), TurnCost(9_999.0 - 6_500.0, 20.0)]
    assert match(LOAD, [("a", 1_400.0)], pauses) == []


@pytest.mark.parametrize(
    ("window_ms", "known_after_ms", "late"),
    [(200.0, 96.0, 0.0), (200.0, 112.0, 12.0), (800.0, 112.0, 0.0), (570.0, 112.0, 2.0)],
)
def test_a_pause_known_late_counts_as_far_as_it_delays_the_answer(
    window_ms: float, known_after_ms: float, late: float
) -> None:
    load = replace(LOAD, window_ms=window_ms)

    assert late_ms(load, Pause(1_000.0, 1_000.0 + known_after_ms)) == late


def test_it_prints_one_object_a_line_with_these_fields(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(voice_loop, "make_clip", lambda rate: clip(rate=rate))
    monkeypatch.setattr(voice_loop, "run", lambda load: summarize(load, played(load), 1.0, 1.0))

    code = voice_loop.main(["--conversations", "2", "--turns", "1", "--rate", "16000", "--json"])

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert code == 0
    assert [list(line) for line in lines] == [
        [
            "conversations",
            "turns",
            "answered",
            "gap_p50_ms",
            "gap_p95_ms",
            "vad_lag_p50_ms",
            "hops_p50_ms",
            "hops_p95_ms",
            "cpu_s_per_minute",
            "mb_per_conversation",
        ]
    ]
    assert (lines[0]["conversations"], lines[0]["turns"], lines[0]["answered"]) == (2, 2, 2)
    assert isinstance(lines[0]["gap_p50_ms"], float)
