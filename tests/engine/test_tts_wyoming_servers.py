"""The client engine on stock Wyoming servers, and on servers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from wyoming.event import Event, async_read_event, async_write_event

from tests.engine.raw_client import header
from tests.engine.replies import refusal, speak
from tests.engine.speech_worker import short_folder
from tests.engine.stock_wyoming import (
    AsyncEventHandler,
    AsyncUnixServer,
    Attribution,
    AudioChunk,
    AudioStart,
    AudioStop,
    Info,
    TtsProgram,
    TtsVoice,
)
from voice.engines.base import Voice, Word
from voice.engines.tts_wyoming import WyomingTts

pytestmark = pytest.mark.engine


class _Stock(AsyncEventHandler):
    """A stock server: no word timings, voices by name, sound in one piece per sentence."""

    asked: list[dict[str, object]] = []

    async def handle_event(self, event: Event) -> bool:
        if event.type == "describe":
            by = Attribution("test", "test")
            voices = [
                TtsVoice(name, by, name != "de_DE-absent", None, None, [language])
                for name, language in (
                    ("de_DE-absent", "de_DE"),
                    ("en_GB-alan", "en_GB"),
                    ("en_US-amy", "en_US"),
                    ("de_DE-eva", "de_DE"),
                )
            ]
            await self.write_event(Info(tts=[TtsProgram("piper", by, True, None, None, voices)]).event())
        elif event.type == "synthesize":
            self.asked.append(event.data["voice"])
            sound = np.full(16_000, 9, "<i2").tobytes()
            await self.write_event(AudioStart(rate=16_000, width=2, channels=1).event())
            await self.write_event(AudioChunk(rate=16_000, width=2, channels=1, audio=sound).event())
            await self.write_event(AudioStop().event())
        return True


def test_it_works_with_a_stock_server_that_knows_no_word_timings() -> None:
    async def run(address: str) -> tuple[int, list[tuple[int, tuple[Word, ...]]]]:
        server = AsyncUnixServer(address.removeprefix("unix://"))
        await server.start(_Stock)
        engine, found = WyomingTts(address), []
        rate = 0
        for voice in (
            Voice("en_US-amy"),
            Voice("af_heart", "en"),
            Voice("", "de-AT"),
            Voice("de_DE-absent", "de"),
            Voice("", "fr"),
        ):
            reply = engine.open(voice)
            pcm, words = await speak(reply, "Hello there.")
            found.append((len(pcm), words))
            rate = reply.sample_rate
            await reply.aclose()
        await server.stop()
        return rate, found

    _Stock.asked.clear()
    with short_folder() as folder:
        rate, found = asyncio.run(run(f"unix://{folder}/s"))
    assert rate == 16_000
    assert found == [(32_000, ())] * 5
    names = [voice.get("name") for voice in _Stock.asked]
    assert names == ["en_US-amy", "en_GB-alan", "de_DE-eva", "de_DE-eva", None]


INFO = Event("info", {"tts": [], "word_timings": True})
START = Event("audio-start", {"rate": 16000, "width": 2, "channels": 1})


@asynccontextmanager
async def server(
    folder: Path, *answers: bytes | Event | asyncio.Event, hang: bool = False, **timeouts: float
) -> AsyncIterator[WyomingTts]:
    """A server that describes itself and gives these answers to the first phrase, then hangs up or hangs.
    At an ``asyncio.Event`` it waits for that. The engine has these timeouts, and else more time than it needs.
    """

    served = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await async_read_event(reader)
        await async_write_event(INFO, writer)
        await async_read_event(reader)
        with suppress(ConnectionError):  # an engine that has lost its patience
            for answer in answers:
                if isinstance(answer, asyncio.Event):
                    await answer.wait()
                elif isinstance(answer, Event):
                    await async_write_event(answer, writer)
                else:
                    writer.write(answer)
            if hang:
                await reader.read()  # up to the client's end
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        served.set()

    listening = await asyncio.start_unix_server(serve, folder / "s")
    try:
        patient = {"connect_timeout_s": 20.0, "first_timeout_s": 20.0, "next_timeout_s": 20.0}
        yield WyomingTts(f"unix://{folder}/s", **(patient | timeouts))
        await served.wait()
    finally:
        listening.close()


def failure(*answers: bytes | Event, hang: bool = False, **timeouts: float) -> str:
    """What the engine says about a server that answers so."""

    async def run(folder: Path) -> str:
        async with server(folder, *answers, hang=hang, **timeouts) as engine, asyncio.timeout(60):
            reply = engine.open(Voice())
            error = await refusal(reply)
            await reply.aclose()
            return error.message

    with short_folder() as folder:
        return asyncio.run(run(folder))


def chunk(payload: bytes) -> Event:
    return Event("audio-chunk", {"rate": 16000, "width": 2, "channels": 1}, payload)


@pytest.mark.parametrize(
    ("answers", "hang", "says"),
    [
        ((), False, "it hung up"),
        ((START,), False, "it hung up"),
        ((START, header(type="audio-chunk", payload_length=100) + b"half"), False, "it hung up"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), True, "it sent something that is not JSON"),
        ((b"[]\n",), True, "it sent something that is not a Wyoming event"),
        ((b'{"type": 5}\n',), True, "it sent something that is not a Wyoming event"),
        ((b"x" * 200_000,), True, "it sent a header that is too large"),
        ((header(type="info", data_length=10**10),), True, "data_length that is not between"),
        ((header(type="audio-chunk", payload_length=10**10),), True, "payload_length that is not between"),
        ((header(type="audio-chunk", payload_length=-5),), True, "payload_length that is not between"),
        ((START, chunk(b"odd")), True, "it sent sound that can't be used"),
        ((START, Event("word-timings", {"words": "none"})), True, "word timings that can't be read"),
        ((START, Event("word-timings", {"words": [["Hello", 9, 3]]})), True, "word timings that can't be read"),
        ((START, Event("word-timings", {"words": [["Hello", 1]]})), True, "word timings that can't be read"),
        (
            (Event("audio-start", {"rate": 16000, "width": 4, "channels": 1}),),
            True,
            "a format that can't be used",
        ),
        (
            (Event("audio-start", {"rate": 16000, "width": 2, "channels": 2}),),
            True,
            "a format that can't be used",
        ),
        ((Event("audio-start", {"rate": 0, "width": 2, "channels": 1}),), True, "a format that can't be used"),
        ((chunk(b"\0\0"), Event("audio-start", {"rate": 8000, "width": 2, "channels": 1})), True, "a format"),
        (
            (Event("error", {"code": "too_large", "text": "Hello there."}),),
            True,
            "refused the phrase (too_large)",
        ),
        ((Event("error", {"code": "Hello there", "text": ""}),), True, "refused the phrase (error)"),
    ],
)
def test_it_says_what_is_wrong_with_a_server_without_waiting_for_more(
    answers: tuple[bytes | Event, ...], hang: bool, says: str
) -> None:
    assert says in failure(*answers, hang=hang)


@pytest.mark.parametrize(
    ("answers", "timeout"),
    [((), "first_timeout_s"), ((START,), "first_timeout_s"), ((START, chunk(b"\0" * 640)), "next_timeout_s")],
    ids=["before anything", "before the first sound", "after it"],
)
def test_it_gives_up_on_a_server_that_falls_silent(answers: tuple[Event, ...], timeout: str) -> None:
    assert "it sent nothing for 0.3 s" in failure(*answers, hang=True, **{timeout: 0.3})


def test_it_yields_the_first_sound_before_the_server_has_more() -> None:
    async def run(folder: Path) -> list[bytes]:
        go_on = asyncio.Event()
        answers = (START, chunk(b"one "), go_on, chunk(b"more"), Event("audio-stop"))
        async with server(folder, *answers) as engine, asyncio.timeout(60):
            reply, heard = engine.open(Voice()), []
            async for piece in reply.speak("Hello there."):
                heard.append(piece.pcm)
                go_on.set()
            await reply.aclose()
            return heard

    with short_folder() as folder:
        assert asyncio.run(run(folder)) == [b"one ", b"more"]


def test_it_refuses_a_server_that_accepts_and_says_nothing_at_all() -> None:
    async def run(folder: Path) -> str:
        served = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            served.set()

        listening = await asyncio.start_unix_server(serve, folder / "s")
        try:
            async with asyncio.timeout(60):
                error = await refusal(WyomingTts(f"unix://{folder}/s", next_timeout_s=0.2).open(Voice()))
                await served.wait()
                return error.message
        finally:
            listening.close()

    with short_folder() as folder:
        assert "sent nothing for 0.2 s" in asyncio.run(run(folder))


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("unix:///" + "x" * 107, "108 bytes, a Unix socket's can have 107"),
        ("unix://relative/x.sock", "unix:///absolute/path.sock"),
        ("tcp://127.0.0.1", "tcp://host:port"),
        ("tcp://127.0.0.1:banana", "Port"),
        ("ftp://x", "tcp://host:port"),
        ("", "tcp://host:port"),
    ],
)
def test_it_names_what_is_wrong_with_an_address(address: str, says: str) -> None:
    engine = WyomingTts(address)
    (problem,) = engine.check()
    assert (problem.level, says in problem.message) == ("error", True)
    assert says in asyncio.run(refusal(engine.open(Voice()))).message


def test_it_says_that_nobody_listens() -> None:
    engine = WyomingTts("unix:///nowhere/s")
    assert [problem.level for problem in engine.check()] == ["warning"]
    assert "can't be reached" in asyncio.run(refusal(engine.open(Voice()))).message
    asyncio.run(engine.warm_up())
