"""A client of the speech worker that hides nothing: bytes in, events out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from wyoming.event import Event, async_read_event, async_write_event

from voice.engines.wyoming_link import Address

TIMEOUT_S = 60.0


@dataclass
class Utterance:
    """What came for one text, up to ``audio-stop``."""

    rate: int = 0
    pcm: bytearray = field(default_factory=bytearray)
    words: list[tuple[str, float, float]] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    """Words that came after the sound that they begin in."""

    @property
    def duration_ms(self) -> float:
        return len(self.pcm) / 2 / self.rate * 1000 if self.pcm else 0.0


class RawClient:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, kind: str, **data: Any) -> None:
        await async_write_event(Event(kind, data), self.writer)

    async def send_raw(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def receive(self) -> Event | None:
        """The next event, None at the end of the connection."""
        async with asyncio.timeout(TIMEOUT_S):
            try:
                return await async_read_event(self.reader)
            except ConnectionError:
                return None

    async def until(self, *kinds: str) -> Event:
        """Skip to the next event of these kinds."""
        while (event := await self.receive()) is not None:
            if event.type in kinds:
                return event
        raise AssertionError(f"The connection ended before {kinds}.")

    async def utterance(self) -> Utterance:
        """Everything from here to ``audio-stop``."""
        found = Utterance()
        while (event := await self.receive()) is not None and event.type != "audio-stop":
            match event.type:
                case "audio-start":
                    found.rate = event.data["rate"]
                case "audio-chunk":
                    found.rate = event.data["rate"]
                    found.pcm += event.payload or b""
                case "word-timings":
                    for word, start_ms, end_ms in event.data["words"]:
                        if start_ms < found.duration_ms - 0.1:
                            found.late.append(word)
                        found.words.append((word, start_ms, end_ms))
                case "error":
                    raise AssertionError(f"error {event.data}")
        assert event is not None, "The connection ended."
        return found

    async def say(self, text: str, **data: Any) -> Utterance:
        await self.send("synthesize", text=text, **data)
        return await self.utterance()


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[RawClient]:
    to = Address.parse(address)
    if to.path:
        reader, writer = await asyncio.open_unix_connection(to.path)
    else:
        reader, writer = await asyncio.open_connection(to.host, to.port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


def header(**fields: Any) -> bytes:
    """A Wyoming header line that says whatever one likes."""
    return json.dumps(fields).encode() + b"\n"
