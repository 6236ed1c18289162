"""The Realtime vocabulary <-> events: JSON and base64 on one side, typed values on the other. No I/O.

What a client sends is never trusted: too large, not JSON, unknown, or with fields of the wrong kind, it
becomes a :class:`~voice.errors.BadInput` that names the field and never repeats its content.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from voice import events as wire
from voice.errors import BadAudio, BadEvent, BadInput, MessageTooLarge

MAX_MESSAGE_BYTES = 64 * 1024
_ID: TypeAdapter[str | None] = TypeAdapter(wire.Id | None)
_CLIENT: TypeAdapter[wire.Event] = TypeAdapter(wire.ClientEvent)
_CLIENT_TYPES = frozenset(
    get_args(one.model_fields["type"].annotation)[0] for one in get_args(get_args(wire.ClientEvent)[0])
)


def parse(text: str) -> wire.Event:
    """A client's event. Raises BadEvent, MessageTooLarge."""
    # A letter takes at most four bytes: only what might be too large has to be counted.
    check_size(len(text) if len(text) * 4 <= MAX_MESSAGE_BYTES else len(text.encode(errors="replace")))
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BadEvent("The message is not JSON.") from exc
    if not isinstance(data, dict):
        raise BadEvent("The message is not a JSON object.")
    try:
        return _validate(data)
    except BadInput as exc:
        exc.event_id = _event_id(data)
        raise


def _validate(data: dict[str, Any]) -> wire.Event:
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in _CLIENT_TYPES:
        raise BadEvent("The event's type is not known here.")
    try:
        return _CLIENT.validate_python(data)
    except ValidationError as exc:
        first = exc.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        raise BadEvent(f"The field {where} is missing or not valid ({first['type']}).") from None


def _event_id(data: dict[str, Any]) -> str | None:
    """The client's own id of the event, if it is one that can be sent back."""
    try:
        return _ID.validate_python(data.get("event_id"))
    except ValidationError:
        return None


def check_size(size: int) -> None:
    """Raises MessageTooLarge."""
    if size > MAX_MESSAGE_BYTES:
        raise MessageTooLarge


def sound_of(event: wire.InputAudioBufferAppend) -> bytes:
    """The PCM of an append. Raises BadAudio."""
    try:
        return base64.b64decode(event.audio, validate=True)
    except (binascii.Error, ValueError):
        error = BadAudio("The audio is not base64.")
        error.event_id = event.event_id
        raise error from None


@dataclass(slots=True)
class Encoder:
    """Server events as this client wants them: numbered, ``coach.`` events only where asked for, sound as
    binary frames or as base64."""

    coach_events: bool
    binary: bool
    _count: int = field(default=0)

    def encode(self, event: wire.ServerEvent) -> str | bytes | None:
        """A text frame, a binary frame, or None: not for this client."""
        if not self.coach_events and event.type.startswith("coach."):
            return None
        if isinstance(event, wire.OutputAudioDelta):
            if self.binary:
                return event.pcm
            event = event.model_copy(update={"delta": base64.b64encode(event.pcm).decode()})
        data = event.model_dump(mode="json", exclude_none=True)
        if isinstance(event, wire.SessionCreated | wire.SessionUpdated):
            # null is a value here: push-to-talk
            data["session"]["audio"]["input"].setdefault("turn_detection", None)
        self._count += 1
        data.setdefault("event_id", f"event_{self._count}")
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
