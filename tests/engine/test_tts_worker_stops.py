"""The speech worker's server with an engine that goes on only when it is told: what stops it, and when."""

from __future__ import annotations

import asyncio
import itertools
import re
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import ClassVar

import numpy as np
import pytest

import tests.engine.stock_wyoming  # noqa: F401  imports wyoming without the warning that it sets off
from tests.engine.raw_client import connected
from tests.engine.speech_worker import short_folder
from tts_worker.aligner import Mark
from tts_worker.base import Emit, VoiceInfo, VoiceWish
from tts_worker.server import Address, Server
from tts_worker.speaker import Speaker

pytestmark = pytest.mark.engine

ENDLESS, SHORT = "on and on and on", "Hello."
RATE = 16_000
TENTH = np.full(RATE // 10, 5000, "<i2").tobytes()


class Stepwise:
    """Makes a tenth of a second of sound for each step, for ever; ``SHORT`` it says without being asked."""

    name: ClassVar[str] = "stepwise"
    description: ClassVar[str] = "A tone"
    attribution: ClassVar[tuple[str, str]] = ("nobody", "")
    sample_rate = RATE

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.stopped: list[str] = []
        self._steps = threading.Semaphore(0)
        self._over = False

    def voices(self) -> Sequence[VoiceInfo]:
        return ()

    def synthesize(self, text: str, wish: VoiceWish, emit: Emit) -> None:
        self.begun.append(text)
        if text == SHORT:
            emit(TENTH, [Mark(0, 0.0)])
            return
        # The mark of each word lets the sound of the one before it out.
        marks = [Mark(word.start(), at * 100.0) for at, word in enumerate(re.finditer(r"\S+", text))]
        for at in itertools.count():
            self._steps.acquire()
            if self._over:
                return
            if not emit(TENTH, marks[at : at + 1]):
                self.stopped.append(text)
                return

    def step(self, times: int = 1) -> None:
        self._steps.release(times)

    def end(self) -> None:
        """Whatever a test that failed has left it waiting for."""
        self._over = True
        self._steps.release()


@asynccontextmanager
async def serving(engine: Stepwise) -> AsyncIterator[str]:
    """Its address."""
    speaker = Speaker(engine)
    with short_folder() as folder:
        server = Server(Address(path=f"{folder}/s"), speaker)
        await server.start()
        try:
            yield f"unix://{folder}/s"
        finally:
            await server.close()
            engine.end()
            await asyncio.to_thread(speaker.close)


def test_it_sends_the_first_word_while_the_rest_is_still_to_be_made() -> None:
    async def scene() -> None:
        engine = Stepwise()
        async with serving(engine) as address, connected(address) as client:
            await client.send("synthesize", text=ENDLESS)
            engine.step(2)
            assert (await client.until("word-timings")).data["words"] == [["on", 0.0, 100.0]]
            assert (await client.until("audio-chunk")).payload == TENTH
            assert (engine.begun, engine.stopped) == ([ENDLESS], [])

    asyncio.run(scene())


def test_it_answers_a_cancel_at_once_and_stops_the_engine_at_its_next_sound() -> None:
    async def scene() -> None:
        engine = Stepwise()
        async with serving(engine) as address, connected(address) as client:
            await client.send("synthesize", text=ENDLESS)
            engine.step(2)
            await client.until("audio-chunk")
            await client.send("synthesize", text="never to be heard")
            await client.send("cancel")
            await client.until("cancelled")  # while the engine is still at work: it has not been told to go on
            assert engine.stopped == []
            engine.step()
            found = await client.say(SHORT)
            assert [word for word, _, _ in found.words] == [SHORT]
            assert (engine.begun, engine.stopped) == ([ENDLESS, SHORT], [ENDLESS])

    asyncio.run(scene())


def test_it_stops_the_engine_when_the_connection_is_closed() -> None:
    async def scene() -> None:
        engine = Stepwise()
        async with serving(engine) as address:
            async with connected(address) as client:
                await client.send("synthesize", text=ENDLESS)
                engine.step(2)
                await client.until("audio-chunk")
                await client.send("synthesize", text="never to be heard")
            async with connected(address) as other:
                saying = asyncio.create_task(other.say(SHORT))
                while not saying.done():  # nothing tells when the server has seen the end of the connection
                    engine.step()
                    await asyncio.wait([saying], timeout=0.01)
                assert saying.result().pcm == TENTH
            assert (engine.begun, engine.stopped) == ([ENDLESS, SHORT], [ENDLESS])

    asyncio.run(scene())
