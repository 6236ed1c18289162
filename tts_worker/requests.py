"""The events a client sends, checked and typed. Pure."""

from __future__ import annotations

import math
from typing import Any

from tts_worker.base import VoiceWish
from tts_worker.errors import BadRequest

MAX_TEXT_CHARS = 10_000
MAX_NAME_CHARS = 100


def text_of(data: dict[str, Any]) -> str:
    """The text to speak. Raises BadRequest."""
    text = data.get("text")
    if not isinstance(text, str):
        raise BadRequest("bad_request", "The event has no text.")
    if len(text) > MAX_TEXT_CHARS:
        raise BadRequest("too_large", f"A text may have {MAX_TEXT_CHARS} characters; send it in parts.")
    return text


def wish_of(data: dict[str, Any]) -> VoiceWish:
    """The voice from ``voice: {name, language, speaker}`` and our own ``speed`` (a factor, clamped by the
    engine). Raises BadRequest."""
    voice = data.get("voice") or {}
    if not isinstance(voice, dict):
        raise BadRequest("bad_request", "voice must be an object with name, language or speaker.")
    return VoiceWish(
        name=_name(voice, "name"),
        language=_name(voice, "language"),
        speaker=_name(voice, "speaker"),
        speed=_speed(data.get("speed")),
    )


def _name(voice: dict[str, Any], key: str) -> str:
    value = voice.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
        raise BadRequest("bad_request", f"voice.{key} must be a text of at most {MAX_NAME_CHARS} characters.")
    return value


def _speed(value: object) -> float:
    if value is None:
        return 1.0
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value) or value <= 0:
        raise BadRequest("bad_request", "speed must be a positive number, 1.0 is normal.")
    return float(value)
