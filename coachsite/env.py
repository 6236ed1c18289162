"""Every setting of the environment: its name, its default, what is allowed and why it is there.

``load`` reads them all and raises :class:`BadSetting` with one clear line for the first value that can't be
parsed. ``python -m coachsite.env`` prints ``docs/settings.md``; a test says whether that page is current.
This module needs no Django: the supervisor and the documentation use it too.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from coachsite import parse
from coachsite.parse import Parse


class BadSetting(ValueError):
    """A setting has a value that can't be used. The text names the setting and what is allowed."""

    def __init__(self, name: str, allowed: str) -> None:
        self.name = name
        super().__init__(f"{name}: {allowed}")


@dataclass(frozen=True, slots=True)
class Setting:
    """One name of the environment. ``default`` is written as in the environment."""

    section: str
    name: str
    default: str
    allowed: str
    why: str
    parse: Parse

    def read(self, environ: Mapping[str, str]) -> Any:
        """The parsed value. Raises :class:`BadSetting`; an empty value means the default."""
        raw = environ.get(self.name, "").strip() or self.default
        try:
            return self.parse(raw)
        except ValueError as exc:
            raise BadSetting(self.name, f"allowed is {self.allowed}") from exc


# -- the settings ----------------------------------------------------------------------------------

_FLAG = "1 or 0"
_WHERE, _KEYS, _ENDPOINT, _ENGINES, _LIMITS = (
    "Where it runs",
    "Stores and keys",
    "When somebody speaks",
    "Engines",
    "Limits",
)

SETTINGS: tuple[Setting, ...] = (
    Setting(
        _WHERE,
        "COACH_HOST",
        "127.0.0.1",
        "an address or host name",
        "Where the web server listens. Off loopback it refuses to start while a demo password is in use.",
        parse.text,
    ),
    Setting(
        _WHERE,
        "COACH_PORT",
        "8000",
        "a whole number from 1 to 65535",
        "The port of the web server.",
        parse.whole(1, 65535),
    ),
    Setting(
        _WHERE,
        "COACH_ALLOWED_HOSTS",
        "localhost,127.0.0.1,[::1]",
        "host names, separated by commas",
        "The names under which browsers reach the site; a request with any other Host header is refused.",
        parse.names,
    ),
    Setting(
        _WHERE,
        "COACH_HTTPS",
        "0",
        _FLAG,
        "On where a proxy in front speaks HTTPS and sets X-Forwarded-Proto: cookies become secure-only and "
        "browsers are told to stay with HTTPS.",
        parse.flag,
    ),
    Setting(
        _WHERE,
        "COACH_TIME_ZONE",
        "auto",
        "auto or the name of a time zone, such as Europe/Berlin",
        "The clock that pages show, and where a day begins. `auto` takes the machine's own.",
        parse.time_zone,
    ),
    Setting(
        _WHERE,
        "COACH_DEBUG",
        "0",
        _FLAG,
        "Django's debug pages, for developing only: they show source and data to whoever causes an error.",
        parse.flag,
    ),
    Setting(
        _WHERE,
        "COACH_DEMO",
        "auto",
        "1, 0 or auto",
        "Makes the secret and the master key by itself (in COACH_DATA_DIR, mode 0600). `auto`: on where "
        "COACH_DATA_DIR holds a demo made earlier and no key, database or broker is configured.",
        parse.flag_or_auto,
    ),
    Setting(
        _WHERE,
        "COACH_DATA_DIR",
        "var",
        "a folder; a relative one counts from the project's folder",
        "Databases of SQLite, media, models and, in the demo, keys.",
        parse.text,
    ),
    Setting(
        _WHERE,
        "COACH_SMTP_URL",
        "",
        "smtp://user:password@host:port or smtps://...",
        "Where mail for password resets goes. Empty: mail is written to files under COACH_DATA_DIR/mail.",
        parse.url("smtp", "smtps"),
    ),
    Setting(
        _WHERE,
        "COACH_MAIL_FROM",
        "coachsite@localhost",
        "an e-mail address",
        "The sender of that mail.",
        parse.text,
    ),
    Setting(
        _WHERE,
        "COACH_LOG_LEVEL",
        "INFO",
        "DEBUG, INFO, WARNING or ERROR",
        "How much is logged. Logs never carry what people said, their names or addresses.",
        parse.choice("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Setting(
        _KEYS,
        "COACH_SECRET_KEY",
        "",
        "text of 32 characters or more",
        "Signs sessions. Required, except in the demo and with COACH_DEBUG.",
        parse.secret,
    ),
    Setting(
        _KEYS,
        "COACH_MASTER_KEY",
        "",
        "32 bytes in base64: openssl rand -base64 32",
        "Wraps each person's key. Losing it makes everything people said unreadable; whoever has it and both "
        "databases can read it all. Required (this or the file), except in the demo and with COACH_DEBUG.",
        parse.master_key,
    ),
    Setting(
        _KEYS,
        "COACH_MASTER_KEY_FILE",
        "",
        "the path of a file with the master key",
        "The same, from a file, as secret stores of orchestrators mount it.",
        parse.text,
    ),
    Setting(
        _KEYS,
        "DATABASE_URL",
        "",
        "postgres://user:password@host:port/name or sqlite:///path",
        "The main database. Empty: SQLite in COACH_DATA_DIR.",
        parse.database,
    ),
    Setting(
        _KEYS,
        "COACH_KEYS_URL",
        "",
        "postgres://user:password@host:port/name or sqlite:///path",
        "The store of the persons' keys, never the main database: who destroys a key here makes every backup "
        "there unreadable. Empty: a second SQLite file in COACH_DATA_DIR.",
        parse.database,
    ),
    Setting(
        _KEYS,
        "REDIS_URL",
        "",
        "redis://..., rediss://... or unix:///path",
        "Carries messages between several web processes and to Celery workers. Empty: one web process, tasks "
        "run in its threads.",
        parse.url("redis", "rediss", "unix"),
    ),
    Setting(
        _ENDPOINT,
        "COACH_VAD_THRESHOLD",
        "0.5",
        "a number from 0.05 to 0.95",
        "Speech probability above which a window counts as speech. Higher ignores more noise and loses more "
        "soft beginnings; 0.5 is what Silero was trained for.",
        parse.number(0.05, 0.95),
    ),
    Setting(
        _ENDPOINT,
        "COACH_MIN_SPEECH_MS",
        "32",
        "a whole number from 0 to 1000",
        "Shorter sounds are no speech. One window of 32 ms: an avatar that is spoken over pauses at its "
        "end, and resumes if it was only a knock.",
        parse.whole(0, 1000),
    ),
    Setting(
        _ENDPOINT,
        "COACH_MIN_SILENCE_MS",
        "64",
        "a whole number from 32 to 2000",
        "Silence after which speech counts as paused. Two windows: a pause is only a suspicion that speech "
        "which goes on takes back, and what is prepared for the end of a turn begins here.",
        parse.whole(32, 2000),
    ),
    Setting(
        _ENDPOINT,
        "COACH_SPEECH_PAD_MS",
        "64",
        "a whole number from 0 to 1000",
        "Sound kept after the last speech window, so that a fading consonant is not cut off.",
        parse.whole(0, 1000),
    ),
    Setting(
        _ENDPOINT,
        "COACH_PRE_ROLL_MS",
        "240",
        "a whole number from 120 to 2000",
        "Sound kept from before speech was noticed, so that no first sound is lost: noticing takes "
        "COACH_MIN_SPEECH_MS, and a soft onset lies before that.",
        parse.whole(120, 2000),
    ),
    Setting(
        _ENDPOINT,
        "COACH_PATIENCE_MS",
        "500",
        "a whole number from 100 to 5000",
        "Silence after which a turn counts as ended, where the avatar names none of its own. Shorter answers "
        "sooner and cuts in more often.",
        parse.whole(100, 5000),
    ),
    Setting(
        _ENDPOINT,
        "COACH_SPECULATE_AFTER_MS",
        "100",
        "a whole number from 0 to 5000",
        "Silence after which transcript and answer are prepared while the turn may still go on. Shorter "
        "costs more thrown-away work of the model and gains nothing below what the engines need.",
        parse.whole(0, 5000),
    ),
    Setting(
        _ENGINES,
        "COACH_VAD",
        "auto",
        "auto, silero or energy",
        "What tells speech from silence. auto: silero where onnxruntime runs it, else energy.",
        parse.choice("auto", "silero", "energy"),
    ),
    Setting(
        _ENGINES,
        "COACH_STT",
        "auto",
        "auto or pocketsphinx",
        "What writes down what is said.",
        parse.choice("auto", "pocketsphinx"),
    ),
    Setting(
        _ENGINES,
        "COACH_LLM",
        "auto",
        "auto or scripted",
        "What the avatar thinks with. scripted plays the scenario's own lines.",
        parse.choice("auto", "scripted"),
    ),
    Setting(
        _ENGINES,
        "COACH_TTS",
        "auto",
        "auto, worker, tones or none",
        "The avatar's voice. worker: the speech worker; none: the avatar answers in writing; tones: a test "
        "voice whose sound tells which words are in it.",
        parse.choice("auto", "worker", "tones", "none"),
    ),
    Setting(
        _ENGINES,
        "COACH_TTS_ADDRESS",
        "",
        "unix:///path (107 bytes at most) or tcp://host:port",
        "Where the speech worker listens. Empty: `manage.py serve` starts one and knows.",
        parse.speech_address,
    ),
    Setting(
        _LIMITS,
        "COACH_MAX_CONVERSATIONS",
        "auto",
        "auto, or a whole number from 1 to 10000",
        "Live conversations a web process takes; the next is refused (server_busy) rather than served badly. "
        "auto: four for each CPU core, which is what the embedded recognizer can follow.",
        parse.whole_or_auto(1, 10000),
    ),
    Setting(
        _LIMITS,
        "COACH_IDLE_LIMIT_S",
        "120",
        "a whole number from 5 to 86400",
        "Seconds without a word from either side after which a conversation ends by itself; the avatar's "
        "question whether anybody is still there does not count.",
        parse.whole(5, 86400),
    ),
    Setting(
        _LIMITS,
        "COACH_LEASE_S",
        "15",
        "a whole number from 2 to 300",
        "How long a process owns a conversation without renewing it. Shorter lets another process take over "
        "sooner after a crash; longer survives a slow database.",
        parse.whole(2, 300),
    ),
    Setting(
        _LIMITS,
        "COACH_RESUME_WITHIN_S",
        "1800",
        "a whole number from 1 to 604800",
        "Seconds in which an interrupted conversation can be taken up again. After that it ends as abandoned "
        "and gets its report. Longer forgives a lunch break; shorter shows the report sooner.",
        parse.whole(1, 604_800),
    ),
)

NOT_FOR_THE_SERVER = frozenset({"COACH_TEST_DATABASE", "COACH_TEST_DATABASE_URL", "COACH_TEST_NO_SKIPS"})
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
            return parse.parse_master_key(file.read())
    except (OSError, ValueError) as exc:
        raise BadSetting(
            "COACH_MASTER_KEY_FILE", "allowed is the path of a readable file with 32 bytes in base64"
        ) from exc


def unknown(environ: Mapping[str, str]) -> list[tuple[str, str]]:
    """``COACH_*`` names that mean nothing here, each with the name it was probably meant to be (or "")."""
    known = {one.name for one in SETTINGS} | NOT_FOR_THE_SERVER
    strangers = sorted(name for name in environ if name.startswith("COACH_") and name not in known)
    return [
        (name, next(iter(difflib.get_close_matches(name, known, n=1, cutoff=0.8)), "")) for name in strangers
    ]


@contextmanager
def one_clear_line() -> Iterator[None]:
    """A :class:`BadSetting` inside prints its line, and nothing else, and ends the process with code 2."""
    try:
        yield
    except BadSetting as exc:
        print(f"error: {exc}", file=sys.stderr)
        raise SystemExit(2) from None


_INTRODUCTION = (
    "All configuration comes from the environment. A value that can't be parsed stops the start with one line "
    "that names the setting and what is allowed; an empty value means the default. `manage.py check` warns of "
    "`COACH_` names that it does not know. Generated by `python -m coachsite.env`."
)


def markdown() -> str:
    """The page ``docs/settings.md``."""
    lines = ["# Settings", "", _INTRODUCTION]
    for section in dict.fromkeys(one.section for one in SETTINGS):
        lines += [
            "",
            f"## {section}",
            "",
            "| setting | default | allowed | what it does |",
            "|---|---|---|---|",
        ]
        for one in SETTINGS:
            if one.section == section:
                default = f"`{one.default}`" if one.default else "(empty)"
                lines.append(f"| `{one.name}` | {default} | {one.allowed} | {one.why} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(markdown())
