"""Parsers of settings: text -> value. Each raises ``ValueError`` for what is not allowed."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal import get_localzone_name

MASTER_KEY_BYTES = 32
MAX_UNIX_PATH_BYTES = 107
"""Longer paths of Unix sockets are refused by the kernel."""

Parse = Callable[[str], Any]


def flag(raw: str) -> bool:
    values = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False}
    values["no"] = False
    try:
        return values[raw.lower()]
    except KeyError:
        raise ValueError(raw) from None


def flag_or_auto(raw: str) -> bool | None:
    return None if raw.lower() == "auto" else flag(raw)


def time_zone(raw: str) -> str:
    """The name of a zone; of the machine's own for ``auto``, where it has one."""
    name = (get_localzone_name() or "UTC") if raw == "auto" else raw
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(raw) from None
    return name


def whole_or_auto(low: int, high: int) -> Parse:
    """0 for ``auto``."""

    def parse(raw: str) -> int:
        return 0 if raw == "auto" else int(whole(low, high)(raw))

    return parse


def whole(low: int, high: int) -> Parse:
    def parse(raw: str) -> int:
        if not raw.isascii():
            raise ValueError(raw)
        value = int(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return parse


def number(low: float, high: float) -> Parse:
    def parse(raw: str) -> float:
        value = float(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return parse


def choice(*values: str) -> Parse:
    def parse(raw: str) -> str:
        if raw not in values:
            raise ValueError(raw)
        return raw

    return parse


def names(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def secret(raw: str) -> str:
    if raw and len(raw) < 32:
        raise ValueError("too short")
    return raw


def parse_master_key(raw: str) -> bytes:
    """32 bytes from base64 (either alphabet, padding optional). Raises ``ValueError``."""
    text = raw.strip().replace("-", "+").replace("_", "/").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error as exc:
        raise ValueError("not base64") from exc
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError("wrong length")
    return key


def master_key(raw: str) -> bytes:
    return parse_master_key(raw) if raw else b""


def database(raw: str) -> str:
    if raw:
        parse_database_url(raw)
    return raw


def parse_database_url(url: str) -> dict[str, Any]:
    """``postgres://user:password@host:port/name?option=value`` or ``sqlite:///path`` as parts of a Django
    database. Raises ``ValueError``."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite" and not parts.netloc and parts.path.strip("/"):
        # Three slashes: relative to where the server starts; four: absolute.
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": unquote(parts.path[1:])}
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ValueError("scheme or name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def url(*schemes: str) -> Parse:
    def parse(raw: str) -> str:
        if not raw:
            return raw
        parts = urlsplit(raw)
        if parts.scheme not in schemes or not (parts.hostname or parts.scheme == "unix"):
            raise ValueError("scheme or host")
        _ = parts.port  # raises ValueError where it is no number
        return raw

    return parse


def parse_smtp_url(url: str) -> dict[str, Any]:
    """Django's e-mail settings from ``smtp://`` (STARTTLS where a user is named) or ``smtps://``."""
    parts = urlsplit(url)
    implicit = parts.scheme == "smtps"
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if implicit else 587 if parts.username else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": implicit,
        "EMAIL_USE_TLS": bool(parts.username) and not implicit,
        "EMAIL_TIMEOUT": 20,
    }


def speech_address(raw: str) -> str:
    if not raw:
        return raw
    parts = urlsplit(raw)
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        if len(os.fsencode(parts.path)) > MAX_UNIX_PATH_BYTES:
            raise ValueError("too long")
        return raw
    if parts.scheme == "tcp" and parts.hostname and parts.port:
        return raw
    raise ValueError("scheme")


def text(raw: str) -> str:
    return raw
