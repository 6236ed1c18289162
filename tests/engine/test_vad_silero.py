"""Silero: what is its own beside the contract."""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.engine.sounds import BROKEN, silence, speech
from voice.engines.vad_silero import FLUSH_BUDGET_MS, SileroVad
from voice.errors import EngineError, RateLimited

pytestmark = pytest.mark.engine


def test_it_needs_neither_torch_nor_the_package_s_own_code() -> None:
    code = (
        "import sys; from voice.engines.vad_silero import SileroVad; assert SileroVad().check() == [];"
        "print([name for name in ('torch', 'silero_vad') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_without_the_package_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    (problem,) = SileroVad().check()
    assert problem.message == "The package silero-vad is not installed."
    assert "energy" in problem.hint
    with pytest.raises(EngineError, match="not installed"):
        asyncio.run(SileroVad().warm_up())


def test_it_is_sure_of_clear_speech() -> None:
    async def scene() -> list[float]:
        engine, found, done = SileroVad(), [], asyncio.Event()
        sound = speech(BROKEN)

        def on_window(probability: float) -> None:
            found.append(probability)
            if len(found) == len(sound) // 512:
                done.set()

        engine.open(on_window).feed(sound)
        await done.wait()
        await engine.aclose()
        return found

    found = np.array(asyncio.run(scene()))
    assert np.median(found[10:-12]) > 0.95


def test_it_takes_a_minute_at_once_and_refuses_more() -> None:
    async def scene() -> None:
        engine = SileroVad()
        stream = engine.open(lambda _: None)
        with pytest.raises(RateLimited):
            stream.feed(silence(61_000))
        stream.feed(silence(59_000))
        with pytest.raises(RateLimited):
            stream.feed(silence(2_000))
        await engine.aclose()

    asyncio.run(scene())


def test_sound_that_arrives_all_at_once_does_not_hold_up_the_event_loop() -> None:
    async def scene() -> list[float]:
        engine = SileroVad()
        left, done, laps = 64 * 20, asyncio.Event(), []

        def on_window(_: float) -> None:
            nonlocal left
            left -= 1
            if not left:
                done.set()

        streams = [engine.open(on_window) for _ in range(64)]
        for stream in streams:
            stream.feed(silence(640))
        while not done.is_set():
            began = time.perf_counter()
            await asyncio.sleep(0)
            laps.append((time.perf_counter() - began) * 1000)
        await engine.aclose()
        return laps

    laps = asyncio.run(scene())
    busy = [lap for lap in laps if lap > FLUSH_BUDGET_MS / 2]
    assert len(busy) >= 10  # 1,280 windows are 70 ms of work, done in parts
    # A part ends with the call during which the budget ran out; a call takes no longer than the budget.
    assert statistics.median(busy) < 4 * FLUSH_BUDGET_MS


@pytest.mark.parametrize("tick", [-1.0, 101.0])
def test_it_refuses_a_tick_that_makes_no_sense(tick: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        SileroVad(max_tick_ms=tick)
