"""What the speech worker does with what it can't use: an error event, and everybody else speaks on."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from tests.engine.raw_client import connected, header

pytestmark = pytest.mark.engine


def answer(address: str, raw: bytes) -> tuple[str | None, bool, bool]:
    """The code of the error that these bytes get, whether the connection was closed after it, and whether
    the worker still speaks on another one."""

    async def run() -> tuple[str | None, bool, bool]:
        async with connected(address) as client:
            await client.send_raw(raw)
            event = await client.receive()
            assert event is not None
            assert event.type == "error"
            assert isinstance(event.data["text"], str)
            assert "Traceback" not in event.data["text"]
            with suppress(ConnectionError):
                await client.send("ping", text="there?")
            closed = await client.receive() is None
        async with connected(address) as other:
            return event.data.get("code"), closed, (await other.say("Hello.")).duration_ms > 200

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"\n", "bad_event"),
        (b"{not json}\n", "bad_event"),
        (b"\xff\xfe\x00\n", "bad_event"),
        (b"[1, 2]\n", "bad_event"),
        (b'{"no": "type"}\n', "bad_event"),
        (b"[" * 100_000 + b"\n", "bad_event"),
        (header(type="synthesize", data=[1]), "bad_event"),
        (header(type="synthesize", data_length=-1), "bad_event"),
        (header(type="synthesize", data_length="12"), "bad_event"),
        (header(type="synthesize", data_length=True), "bad_event"),
        (header(type="synthesize", data_length=9) + b"not json!", "bad_event"),
        (header(type="synthesize", data_length=4) + b"null", "bad_event"),
        (header(type="synthesize", data_length=10**12), "too_large"),
        (header(type="synthesize", payload_length=10**12), "too_large"),
        (b"x" * 300_000, "too_large"),
        (b'{"type": "' + b"x" * 300_000 + b'"}\n', "too_large"),
    ],
)
def test_it_refuses_what_is_not_an_event_and_closes(worker: str, raw: bytes, code: str) -> None:
    assert answer(worker, raw) == (code, True, True)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (header(type="synthesize"), "bad_request"),
        (header(type="synthesize", data={"text": 5}), "bad_request"),
        (header(type="synthesize", data={"text": "x" * 10_001}), "too_large"),
        (header(type="synthesize", data={"text": "x", "voice": "en"}), "bad_request"),
        (header(type="synthesize", data={"text": "x", "voice": {"name": 5}}), "bad_request"),
        (header(type="synthesize", data={"text": "x", "voice": {"language": "x" * 101}}), "bad_request"),
        (header(type="synthesize", data={"text": "x", "speed": "fast"}), "bad_request"),
        (header(type="synthesize", data={"text": "x", "speed": 0}), "bad_request"),
        (b'{"type": "synthesize", "data": {"text": "x", "speed": NaN}}\n', "bad_request"),
        (b'{"type": "synthesize", "data": {"text": "x", "speed": 1e999}}\n', "bad_request"),
        (header(type="synthesize-chunk", data={"text": "x"}), "bad_request"),
        (header(type="synthesize-stop"), "bad_request"),
    ],
)
def test_it_refuses_a_request_that_makes_no_sense_and_goes_on(worker: str, raw: bytes, code: str) -> None:
    assert answer(worker, raw) == (code, False, True)


def test_it_refuses_more_texts_than_may_wait(worker: str) -> None:
    async def run() -> str:
        async with connected(worker) as client:
            for _ in range(40):  # the first is spoken, 32 wait
                await client.send("synthesize", text="word " * 1000)
            return str((await client.until("error")).data["code"])

    assert asyncio.run(run()) == "too_many"


def test_it_speaks_a_stream_up_to_its_limit_and_says_so(worker: str) -> None:
    async def run() -> tuple[str, int]:
        async with connected(worker) as client:
            await client.send("synthesize-start")
            await client.send("synthesize-chunk", text="Hello there. ")
            await client.send("synthesize-chunk", text="x" * 9_999)
            code, chunks = "", 0
            while (event := await client.receive()) is not None and event.type != "synthesize-stopped":
                chunks += event.type == "audio-chunk"
                code = event.data["code"] if event.type == "error" else code
            return code, chunks

    code, chunks = asyncio.run(run())
    assert code == "too_large"
    assert chunks > 3


def test_it_drops_events_that_it_does_not_know(worker: str) -> None:
    async def run() -> tuple[str, str]:
        async with connected(worker) as client:
            await client.send("select-program", name="espeak")
            await client.send_raw(header(type="audio-chunk", payload_length=4) + b"\0\0\0\0")
            await client.send("ping", text="there?")
            pong = await client.until("pong", "error")
            return pong.type, pong.data["text"]

    assert asyncio.run(run()) == ("pong", "there?")


def test_it_cleans_up_after_a_client_that_vanishes_within_an_event(worker: str) -> None:
    async def run() -> bool:
        for raw in (b'{"type": "syn', header(type="synthesize", data_length=100) + b"{", b""):
            async with connected(worker) as client:
                await client.send_raw(raw)
        async with connected(worker) as client:
            return (await client.say("Hello.")).duration_ms > 200

    assert asyncio.run(run())
