"""Silero: what is its own beside the contract."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest

from tests.engine.sounds import BROKEN, silence, speech
from voice.engines import vad_silero
from voice.engines.vad_silero import MAX_BATCH, SileroVad
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


@pytest.mark.parametrize(
    ("budget_ms", "by_lap"),
    [(0.0, [MAX_BATCH] * 40), (60_000.0, [64 * 20])],
    ids=["spent after each call", "never spent"],
)
def test_the_event_loop_turns_whenever_a_flush_has_spent_its_budget(
    monkeypatch: pytest.MonkeyPatch, budget_ms: float, by_lap: list[int]
) -> None:
    """``by_lap``: the windows reported in each lap that had any."""
    monkeypatch.setattr(vad_silero, "FLUSH_BUDGET_MS", budget_ms)

    async def scene() -> Counter[int]:
        engine = SileroVad()
        lap, found = 0, Counter[int]()

        def on_window(_: float) -> None:
            found[lap] += 1

        streams = [engine.open(on_window) for _ in range(64)]
        for stream in streams:
            stream.feed(silence(640))
        async with asyncio.timeout(60):
            while found.total() < 64 * 20:
                await asyncio.sleep(0)
                lap += 1
        await engine.aclose()
        return found

    assert [count for _, count in sorted(asyncio.run(scene()).items())] == by_lap


@pytest.mark.parametrize("tick", [-1.0, 101.0])
def test_it_refuses_a_tick_that_makes_no_sense(tick: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        SileroVad(max_tick_ms=tick)
