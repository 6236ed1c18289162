"""Every setting of the environment: its name, its default, what is allowed and why it is there.

``load`` reads them all and raises :class:`BadSetting` with one clear line for the first value that can't be
parsed. ``python -m coachsite.env`` prints ``docs/settings.md``; a test says whether that page is current.
This module needs no Django: the supervisor and the documentation use it too.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

MASTER_KEY_BYTES = 32
MAX_UNIX_PATH_BYTES = 107
"""Longer paths of Unix sockets are refused by the kernel."""


class BadSetting(ValueError):
    """A setting has a value that can't be used. The text names the setting and what is allowed."""

    def __init__(self, name: str, allowed: str) -> None:
        self.name = name
        super().__init__(f"{name}: {allowed}")


Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """One name of the environment. ``default`` is written as in the environment."""

    name: str
    default: str
    allowed: str
    why: str
    parse: Parse
    section: str

    def read(self, environ: Mapping[str, str]) -> Any:
        """The parsed value. Raises :class:`BadSetting`; an empty value means the default."""
        raw = environ.get(self.name, "").strip() or self.default
        try:
            return self.parse(raw)
        except ValueError as exc:
            raise BadSetting(self.name, f"allowed is {self.allowed}") from exc


# -- parsers: text -> value, ValueError for what is not allowed -------------------------------------------------


def _flag(raw: str) -> bool:
    values = {"1": True, "true": True, "on": True, "yes": True, "0": False, "false": False, "off": False}
    values["no"] = False
    try:
        return values[raw.lower()]
    except KeyError:
        raise ValueError(raw) from None


def _flag_or_auto(raw: str) -> bool | None:
    return None if raw.lower() == "auto" else _flag(raw)


def _whole(low: int, high: int) -> Parse:
    def parse(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return parse


def _number(low: float, high: float) -> Parse:
    def parse(raw: str) -> float:
        value = float(raw)
        if not low <= value <= high:
            raise ValueError(raw)
        return value

    return parse


def _choice(*values: str) -> Parse:
    def parse(raw: str) -> str:
        if raw not in values:
            raise ValueError(raw)
        return raw

    return parse


def _names(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def _secret(raw: str) -> str:
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


def _master_key(raw: str) -> bytes:
    return parse_master_key(raw) if raw else b""


def _database(raw: str) -> str:
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


def _url(*schemes: str) -> Parse:
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


def _speech_address(raw: str) -> str:
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


def _text(raw: str) -> str:
    return raw


# -- the settings ---------------------------------------------------------------------------------------------

_FLAG = "1 or 0"
_WHERE, _KEYS, _ENDPOINT, _ENGINES, _LIMITS = (
    "Where it runs",
    "Stores and keys",
    "When somebody speaks",
    "Engines",
    "Limits",
)

_ROWS: tuple[tuple[str, str, str, str, str, Parse], ...] = (
    # fmt: off
    (_WHERE, "COACH_HOST", "127.0.0.1", "an address or host name",
     "Where the web server listens. Off loopback it refuses to start while a demo password is in use.", _text),
    (_WHERE, "COACH_PORT", "8000", "a whole number from 1 to 65535", "The port of the web server.",
     _whole(1, 65535)),
    (_WHERE, "COACH_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]", "host names, separated by commas",
     "The names under which browsers reach the site; a request with any other Host header is refused.", _names),
    (_WHERE, "COACH_HTTPS", "0", _FLAG,
     "On where a proxy in front speaks HTTPS and sets X-Forwarded-Proto: cookies become secure-only and "
     "browsers are told to stay with HTTPS.", _flag),
    (_WHERE, "COACH_DEBUG", "0", _FLAG,
     "Django's debug pages, for developing only: they show source and data to whoever causes an error.", _flag),
    (_WHERE, "COACH_DEMO", "auto", "1, 0 or auto",
     "Makes the secret and the master key by itself (in COACH_DATA_DIR, mode 0600). `auto`: on where "
     "COACH_DATA_DIR holds a demo made earlier and no key, database or broker is configured.", _flag_or_auto),
    (_WHERE, "COACH_DATA_DIR", "var", "a folder; a relative one counts from the project's folder",
     "Databases of SQLite, media, models and, in the demo, keys.", _text),
    (_WHERE, "COACH_SMTP_URL", "", "smtp://user:password@host:port or smtps://...",
     "Where mail for password resets goes. Empty: mail is written to files under COACH_DATA_DIR/mail.",
     _url("smtp", "smtps")),
    (_WHERE, "COACH_MAIL_FROM", "coachsite@localhost", "an e-mail address", "The sender of that mail.", _text),
    (_WHERE, "COACH_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR",
     "How much is logged. Logs never carry what people said, their names or addresses.",
     _choice("DEBUG", "INFO", "WARNING", "ERROR")),
    (_KEYS, "COACH_SECRET_KEY", "", "text of 32 characters or more",
     "Signs sessions. Required, except in the demo and with COACH_DEBUG.", _secret),
    (_KEYS, "COACH_MASTER_KEY", "", "32 bytes in base64: openssl rand -base64 32",
     "Wraps each person's key. Losing it makes everything people said unreadable; whoever has it and both "
     "databases can read it all. Required (this or the file), except in the demo and with COACH_DEBUG.",
     _master_key),
    (_KEYS, "COACH_MASTER_KEY_FILE", "", "the path of a file with the master key",
     "The same, from a file, as secret stores of orchestrators mount it.", _text),
    (_KEYS, "DATABASE_URL", "", "postgres://user:password@host:port/name or sqlite:///path",
     "The main database. Empty: SQLite in COACH_DATA_DIR.", _database),
    (_KEYS, "COACH_KEYS_URL", "", "postgres://user:password@host:port/name or sqlite:///path",
     "The store of the persons' keys, never the main database: who destroys a key here makes every backup "
     "there unreadable. Empty: a second SQLite file in COACH_DATA_DIR.", _database),
    (_KEYS, "REDIS_URL", "", "redis://..., rediss://... or unix:///path",
     "Carries messages between several web processes and to Celery workers. Empty: one web process, tasks run "
     "in its threads.", _url("redis", "rediss", "unix")),
    (_ENDPOINT, "COACH_VAD_THRESHOLD", "0.5", "a number from 0.05 to 0.95",
     "Speech probability above which a window counts as speech. Higher ignores more noise and loses more soft "
     "beginnings; 0.5 is what Silero was trained for.", _number(0.05, 0.95)),
    (_ENDPOINT, "COACH_MIN_SPEECH_MS", "64", "a whole number from 0 to 1000",
     "Shorter sounds are no speech: two windows of 32 ms let clicks and knocks pass by.", _whole(0, 1000)),
    (_ENDPOINT, "COACH_MIN_SILENCE_MS", "96", "a whole number from 32 to 2000",
     "Silence after which speech counts as paused. Three windows: the stop of a plosive is shorter; "
     "everything that follows (transcript, answer) begins here and waits for nothing else.", _whole(32, 2000)),
    (_ENDPOINT, "COACH_SPEECH_PAD_MS", "64", "a whole number from 0 to 1000",
     "Sound kept after the last speech window, so that a fading consonant is not cut off.", _whole(0, 1000)),
    (_ENDPOINT, "COACH_PRE_ROLL_MS", "240", "a whole number from 120 to 2000",
     "Sound kept from before speech was noticed, so that no first sound is lost: noticing takes two windows, "
     "and a soft onset lies before them.", _whole(120, 2000)),
    (_ENDPOINT, "COACH_PATIENCE_MS", "500", "a whole number from 100 to 5000",
     "Silence after which a turn counts as ended, where the avatar names none of its own. Shorter answers "
     "sooner and cuts in more often.", _whole(100, 5000)),
    (_ENDPOINT, "COACH_SPECULATE_AFTER_MS", "100", "a whole number from 0 to 5000",
     "Silence after which transcript and answer are prepared while the turn may still go on. Shorter costs "
     "more thrown-away work of the model and gains nothing below what the engines need.", _whole(0, 5000)),
    (_ENGINES, "COACH_VAD", "auto", "auto, silero or energy",
     "What tells speech from silence. auto: silero where onnxruntime runs it, else energy.",
     _choice("auto", "silero", "energy")),
    (_ENGINES, "COACH_STT", "auto", "auto or pocketsphinx", "What writes down what is said.",
     _choice("auto", "pocketsphinx")),
    (_ENGINES, "COACH_LLM", "auto", "auto or scripted", "What the avatar thinks with. scripted plays the "
     "scenario's own lines.", _choice("auto", "scripted")),
    (_ENGINES, "COACH_TTS", "auto", "auto, worker or none",
     "The avatar's voice. worker: the speech worker; none: the avatar answers in writing.",
     _choice("auto", "worker", "none")),
    (_ENGINES, "COACH_TTS_ADDRESS", "", "unix:///path (107 bytes at most) or tcp://host:port",
     "Where the speech worker listens. Empty: `manage.py serve` starts one and knows.", _speech_address),
    (_LIMITS, "COACH_MAX_CONVERSATIONS", "32", "a whole number from 1 to 10000",
     "Live conversations a web process takes; the next one is refused (server_busy) rather than served badly.",
     _whole(1, 10000)),
    (_LIMITS, "COACH_IDLE_LIMIT_S", "120", "a whole number from 5 to 86400",
     "Seconds without a word from either side after which a conversation ends by itself.", _whole(5, 86400)),
    (_LIMITS, "COACH_LEASE_S", "15", "a whole number from 2 to 300",
     "How long a process owns a conversation without renewing it. Shorter lets another process take over "
     "sooner after a crash; longer survives a slow database.", _whole(2, 300)),
    # fmt: on
)

SETTINGS: tuple[Setting, ...] = tuple(
    Setting(name, default, allowed, why, parse, section) for section, name, default, allowed, why, parse in _ROWS
)

NOT_FOR_THE_SERVER = frozenset({"COACH_TEST_DATABASE", "COACH_TEST_DATABASE_URL"})
"""Read by the test suite only."""


def load(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Every setting by name, parsed. Raises :class:`BadSetting`."""
    environ = os.environ if environ is None else environ
    values = {one.name: one.read(environ) for one in SETTINGS}
    if values["COACH_MASTER_KEY_FILE"] and not values["COACH_MASTER_KEY"]:
        values["COACH_MASTER_KEY"] = _read_master_key(values["COACH_MASTER_KEY_FILE"])
    if values["DATABASE_URL"] and values["DATABASE_URL"] == values["COACH_KEYS_URL"]:
        raise BadSetting("COACH_KEYS_URL", "allowed is any database but the main one (DATABASE_URL)")
    return values


def _read_master_key(path: str) -> bytes:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return parse_master_key(file.read())
    except (OSError, ValueError) as exc:
        raise BadSetting(
            "COACH_MASTER_KEY_FILE", "allowed is the path of a readable file with 32 bytes in base64"
        ) from exc


def unknown(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """``COACH_*`` names that mean nothing here, each with the name it was probably meant to be (or "")."""
    known = {one.name for one in SETTINGS} | NOT_FOR_THE_SERVER
    strangers = sorted(name for name in environ if name.startswith("COACH_") and name not in known)
    return [(name, next(iter(difflib.get_close_matches(name, known, n=1)), "")) for name in strangers]


@contextmanager
def one_clear_line() -> Iterator[None]:
    """A :class:`BadSetting` inside prints its line, and nothing else, and ends the process with code 2."""
    try:
        yield
    except BadSetting as exc:
        print(f"error: {exc}", file=sys.stderr)
        raise SystemExit(2) from None


def markdown() -> str:
    """The page ``docs/settings.md``."""
    lines = [
        "# Settings",
        "",
        "All configuration comes from the environment. A value that can't be parsed stops the start with one "
        "line that names the setting and what is allowed; an empty value means the default. `manage.py check` "
        "warns of `COACH_` names that it does not know. Generated by `python -m coachsite.env`.",
    ]
    for section in dict.fromkeys(one.section for one in SETTINGS):
        lines += ["", f"## {section}", "", "| setting | default | allowed | what it does |", "|---|---|---|---|"]
        for one in SETTINGS:
            if one.section == section:
                default = f"`{one.default}`" if one.default else "(empty)"
                lines.append(f"| `{one.name}` | {default} | {one.allowed} | {one.why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
