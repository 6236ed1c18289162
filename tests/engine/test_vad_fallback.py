"""The project's own table and order of choice, where Silero can't run."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

import pytest

from coachsite.settings import VOICE_ENGINES, VOICE_PREFERENCE
from tests.engine.sounds import BROKEN, silence, speech
from voice.engines import registry, vad_energy  # noqa: F401  (must be there before the packages are gone)
from voice.engines.base import VadEngine

pytestmark = pytest.mark.engine
ORDER = VOICE_PREFERENCE["vad"]


@pytest.fixture(autouse=True)
def nothing_chosen_yet() -> Iterator[None]:
    asyncio.run(registry.aclose_all())
    yield
    asyncio.run(registry.aclose_all())


def test_where_silero_runs_it_is_chosen() -> None:
    assert registry.choose("vad", "auto", VOICE_ENGINES, ORDER).name == "silero"


def test_without_silero_s_package_auto_is_energy_and_hears_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.load("vad", "silero", VOICE_ENGINES)  # the class is there; only its check fails
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "path_importer_cache", {})
    engine = registry.choose("vad", "auto", VOICE_ENGINES, ORDER)
    monkeypatch.undo()
    assert isinstance(engine, VadEngine)
    assert (engine.name, "onnxruntime" in registry.better("vad", engine, machine=True)) == ("energy", True)

    async def scene() -> list[float]:
        windows: list[float] = []
        stream = engine.open(windows.append)
        stream.feed(silence(1000))
        stream.feed(speech(BROKEN))
        stream.close()
        return windows

    windows = asyncio.run(scene())
    quiet = 16_000 // engine.window_samples
    assert max(windows[:quiet]) < 0.5 < max(windows[quiet:])


@pytest.mark.parametrize(
    "silero",
    [
        {"path": "voice.engines.nowhere.SileroVad", "options": {}},
        {"path": "voice.engines.vad_silero.SileroVad", "options": {"max_tick_ms": -1}},
        {"path": "voice.engines.vad_silero.SileroVad", "options": {"model": "/nowhere.onnx"}},
    ],
    ids=["no such module", "a bad option", "an unknown option"],
)
def test_with_a_silero_that_can_t_be_made_auto_is_energy(silero: dict[str, object]) -> None:
    table = {**VOICE_ENGINES, "vad": {**VOICE_ENGINES["vad"], "silero": silero}}
    assert registry.choose("vad", "auto", table, ORDER).name == "energy"
