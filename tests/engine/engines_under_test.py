"""The engines that the contract suites run over. A new engine is one more line here.

A line is a name and what makes a fresh engine of that kind, as an async context manager; ``of`` does for an
engine that needs nothing around it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from avatars.scripted import ScriptedModel
from tests.engine.speech_worker import speech_worker
from voice.engines.base import Engine, LlmEngine, SttEngine, TtsEngine, VadEngine
from voice.engines.llm_agent import AgentLlm
from voice.engines.stt_pocketsphinx import PocketSphinx
from voice.engines.tts_silent import SilentTts
from voice.engines.tts_tones import TonesTts
from voice.engines.tts_wyoming import WyomingTts
from voice.engines.vad_energy import EnergyVad
from voice.engines.vad_silero import SileroVad

E = TypeVar("E", bound=Engine)
Maker = Callable[[], AbstractAsyncContextManager[E]]


def of(make: Callable[..., E], **options: Any) -> Maker[E]:
    """A maker of this class with these options; the engine is closed at the end."""

    @asynccontextmanager
    async def maker() -> AsyncIterator[E]:
        engine = make(**options)
        try:
            yield engine
        finally:
            await engine.aclose()

    return maker


@asynccontextmanager
async def wyoming() -> AsyncIterator[TtsEngine]:
    """The Wyoming client with the real speech worker behind it."""
    with speech_worker() as address:
        async with of(WyomingTts, address=address)() as engine:
            yield engine


VAD: dict[str, Maker[VadEngine]] = {
    "silero": of(SileroVad),
    "energy": of(EnergyVad),
}
STT: dict[str, Maker[SttEngine]] = {
    "pocketsphinx": of(PocketSphinx, decoders=2),
}
LLM: dict[str, Maker[LlmEngine]] = {
    "agent": of(AgentLlm, model_for=ScriptedModel),
}
TTS: dict[str, Maker[TtsEngine]] = {
    "wyoming": wyoming,
    "tones": of(TonesTts),
    "none": of(SilentTts),
}


async def no_tasks_left() -> bool:
    """Whether nothing but the caller runs on this loop, once what was cancelled has had its turn."""
    for _ in range(5):
        await asyncio.sleep(0)
    return asyncio.all_tasks() == {asyncio.current_task()}


def threads() -> set[threading.Thread]:
    """The threads of this process, without those of the event loop's own executor."""
    return {thread for thread in threading.enumerate() if not thread.name.startswith("asyncio_")}
