"""Wyoming's framing: a line of JSON, then ``data_length`` bytes of JSON, then ``payload_length`` bytes.

Reading is our own, because the package's reader buffers whatever length it is told.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from wyoming.event import Event
from wyoming.version import __version__

from tts_worker.errors import BadFrame

MAX_HEADER_BYTES = 128 * 1024
"""Also the limit of the stream's buffer; older clients put all data into the header line."""
MAX_DATA_BYTES = 128 * 1024
MAX_PAYLOAD_BYTES = 64 * 1024
"""No event that this server takes has a payload; a small one is read and dropped."""
EVENT_TIMEOUT_S = 10.0
"""How long an event may take to arrive once its header is there."""


async def read_event(reader: asyncio.StreamReader) -> Event | None:
    """The next event; None at the end of the connection. Raises BadFrame."""
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as exc:
        raise BadFrame("too_large", f"A header may have {MAX_HEADER_BYTES} bytes.") from exc
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    header = _object(line, "header")
    kind = header.get("type")
    if not isinstance(kind, str):
        raise BadFrame("bad_event", "The header has no type.")
    data_length = _length(header, "data_length", MAX_DATA_BYTES)
    payload_length = _length(header, "payload_length", MAX_PAYLOAD_BYTES)
    data = header.get("data") or {}
    if not isinstance(data, dict):
        raise BadFrame("bad_event", "The event's data is not an object.")
    try:
        async with asyncio.timeout(EVENT_TIMEOUT_S):
            if data_length:
                data = {**data, **_object(await reader.readexactly(data_length), "data")}
            payload = await reader.readexactly(payload_length)
    except TimeoutError as exc:
        raise BadFrame("timeout", "The event did not arrive completely.") from exc
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return Event(type=kind, data=data, payload=payload or None)


def encode(event: Event) -> bytes:
    """The event as bytes, in one piece: two tasks may write to one connection without mixing events."""
    data = json.dumps(event.data, ensure_ascii=False).encode("utf-8", "replace") if event.data else b""
    payload = event.payload or b""
    header: dict[str, Any] = {"type": event.type, "version": __version__}
    if data:
        header["data_length"] = len(data)
    if payload:
        header["payload_length"] = len(payload)
    return json.dumps(header).encode() + b"\n" + data + payload


def _object(raw: bytes, what: str) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise BadFrame("bad_event", f"The {what} is not valid JSON.") from exc
    if not isinstance(value, dict):
        raise BadFrame("bad_event", f"The {what} is not a JSON object.")
    return value


def _length(header: dict[str, Any], key: str, limit: int) -> int:
    value = header.get(key)
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadFrame("bad_event", f"{key} is not a length.")
    if value > limit:
        raise BadFrame("too_large", f"{key} may be {limit} at most.")
    return value
