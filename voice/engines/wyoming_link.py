"""A connection to a Wyoming server: framing with caps, deadlines, and a plain word when it fails.

Reading is our own, because the package's reader buffers whatever length it is told.
"""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from wyoming.event import Event, async_write_event

MAX_UNIX_PATH_BYTES = 107
MAX_HEADER_BYTES = 64 * 1024
MAX_DATA_BYTES = 2 * 1024 * 1024
"""A server that lists hundreds of voices needs about half a megabyte for its ``info``."""
MAX_PAYLOAD_BYTES = 8 * 1024 * 1024
"""Some servers send a whole sentence as one chunk: this is 40 s at 96 kHz."""


class LinkBroken(Exception):
    """The server can't be reached, is silent, or can't be understood; each engine turns that into its own
    error. The text never carries what the server sent."""


class HungUp(LinkBroken):
    """The other side closed the connection."""

    def __init__(self) -> None:
        super().__init__("it hung up")


@dataclass(frozen=True, slots=True)
class Address:
    """One of the two: ``path`` of a Unix socket, or ``host`` and ``port``."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, uri: str) -> Self:
        """``unix:///absolute/path.sock`` or ``tcp://host:port``. Raises ValueError with what is wrong."""
        parts = urlsplit(uri)
        if parts.scheme == "tcp" and parts.hostname and parts.port:
            return cls(host=parts.hostname, port=parts.port)
        if parts.scheme != "unix" or parts.netloc or not parts.path.startswith("/"):
            raise ValueError("it must be unix:///absolute/path.sock or tcp://host:port")
        size = len(os.fsencode(parts.path))
        if size > MAX_UNIX_PATH_BYTES:
            raise ValueError(f"its path has {size} bytes, a Unix socket's can have {MAX_UNIX_PATH_BYTES}")
        return cls(path=parts.path)


class Link:
    """An open connection; made by :meth:`open`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, address: Address, *, timeout_s: float) -> Self:
        """Raises LinkBroken."""
        try:
            async with asyncio.timeout(timeout_s):
                if address.path:
                    streams = await asyncio.open_unix_connection(address.path, limit=MAX_HEADER_BYTES)
                else:
                    streams = await asyncio.open_connection(address.host, address.port, limit=MAX_HEADER_BYTES)
        except TimeoutError as exc:
            raise LinkBroken(f"it did not answer within {timeout_s:g} s") from exc
        except OSError as exc:
            raise LinkBroken(f"it can't be reached ({exc.strerror or type(exc).__name__})") from exc
        return cls(*streams)

    @property
    def usable(self) -> bool:
        """False once the other side has hung up."""
        return not (self._reader.at_eof() or self._writer.is_closing())

    async def send(self, event: Event, *, timeout_s: float) -> None:
        """Raises LinkBroken."""
        try:
            async with asyncio.timeout(timeout_s):
                await async_write_event(event, self._writer)
        except TimeoutError as exc:
            raise LinkBroken(f"it took nothing for {timeout_s:g} s") from exc
        except OSError as exc:
            raise HungUp from exc

    async def receive(self, *, timeout_s: float | None) -> Event:
        """The next event, complete. Raises LinkBroken."""
        try:
            async with asyncio.timeout(timeout_s):
                return await self._receive()
        except TimeoutError as exc:
            raise LinkBroken(f"it sent nothing for {timeout_s:g} s") from exc
        except (asyncio.IncompleteReadError, OSError) as exc:
            raise HungUp from exc
        except asyncio.LimitOverrunError as exc:
            raise LinkBroken("it sent a header that is too large") from exc

    def abort(self) -> None:
        """Close at once, whatever is under way; safe to call twice."""
        self._writer.transport.abort()

    async def _receive(self) -> Event:
        header = _object(await self._reader.readuntil(b"\n"))
        kind, data = header.get("type"), header.get("data") or {}
        if not isinstance(kind, str) or not isinstance(data, dict):
            raise LinkBroken("it sent something that is not a Wyoming event")
        data_length = _length(header, "data_length", MAX_DATA_BYTES)
        payload_length = _length(header, "payload_length", MAX_PAYLOAD_BYTES)
        if data_length:
            data = {**data, **_object(await self._reader.readexactly(data_length))}
        payload = await self._reader.readexactly(payload_length) if payload_length else None
        return Event(type=kind, data=data, payload=payload)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        # Not "from exc": the decoder's exception carries the whole document.
        raise LinkBroken("it sent something that is not JSON") from None
    if not isinstance(value, dict):
        raise LinkBroken("it sent something that is not a Wyoming event")
    return value


def _length(header: dict[str, Any], key: str, limit: int) -> int:
    value = header.get(key) or 0
    if not isinstance(value, int) or not 0 <= value <= limit:
        raise LinkBroken(f"it announced a {key} that is not between 0 and {limit}")
    return value
