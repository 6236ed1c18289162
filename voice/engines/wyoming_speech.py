"""What a Wyoming server says about speech, checked and typed: itself, word timings, errors. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any, Self

from voice.engines.base import Voice, VoiceInfo, Word
from voice.engines.wyoming_link import LinkBroken

MAX_NAME_LETTERS = 60


@dataclass(frozen=True, slots=True)
class Server:
    """What a server said about itself. ``voices`` maps each installed voice's name to its languages; ``listed``
    are the same with what people choose by; ``program`` is what speaks, by its own name."""

    word_timings: bool
    """Only our own has them, and only ours takes any name for a voice."""
    voices: dict[str, tuple[str, ...]]
    listed: tuple[VoiceInfo, ...] = ()
    program: str = ""

    @classmethod
    def parse(cls, info: dict[str, Any]) -> Self:
        """From the data of ``info``; whatever is not as it should be is left out."""
        voices: dict[str, tuple[str, ...]] = {}
        listed: dict[str, VoiceInfo] = {}
        programs = _objects(info.get("tts"))
        for program in programs:
            for voice in _objects(program.get("voices")):
                name, languages = voice.get("name"), voice.get("languages")
                if isinstance(name, str) and isinstance(languages, list) and voice.get("installed"):
                    voices[name] = tuple(one for one in languages if isinstance(one, str))
                    listed[name] = _info(name, voices[name], voice)
        return cls(
            word_timings=info.get("word_timings") is True,
            voices=voices,
            listed=tuple(listed.values()),
            program=_program(programs),
        )

    def voice(self, wish: Voice) -> dict[str, str]:
        """The wish as this server understands it. Ours finds a substitute itself; others may fail on a name
        that they don't list, and know no language without a name."""
        if self.word_timings or wish.name in self.voices:
            return {key: value for key in ("name", "language") if (value := getattr(wish, key))}
        name, _, speaker = wish.name.partition("+")
        if speaker and name in self.voices:
            return {"name": name, "speaker": speaker}
        for like in (_plain(wish.language), _plain(wish.language).partition("-")[0]):
            for name, languages in self.voices.items():
                if any(_plain(one) == like or _plain(one).startswith(f"{like}-") for one in languages):
                    return {"name": name}
        return {}


class Words:
    """A server's timed words as those of the phrase: it may send a very long word in parts, and the first
    part's time then stands for the whole."""

    def __init__(self, phrase: str) -> None:
        self._expected = phrase.split()
        self._next = 0
        self._part = ""

    def take(self, timed: object) -> tuple[Word, ...]:
        """Raises LinkBroken if it isn't a list of [word, start_ms, end_ms]."""
        if not isinstance(timed, list):
            raise LinkBroken("it sent word timings that can't be read")
        words = (self._take(one) for one in timed)
        return tuple(word for word in words if word is not None)

    def _take(self, one: object) -> Word | None:
        text, start_ms, end_ms = _timing(one)
        if self._next >= len(self._expected):
            return None
        expected, begun = self._expected[self._next], bool(self._part)
        self._part += text
        if len(self._part) >= len(expected) or not expected.startswith(self._part):
            self._next += 1
            self._part = ""
        return None if begun else Word(expected, start_ms, end_ms)


def _timing(one: object) -> tuple[str, float, float]:
    match one:
        case [str(text), int() | float() as start, int() | float() as end] if 0 <= start <= end < math.inf:
            return text, float(start), float(end)
    raise LinkBroken("it sent word timings that can't be read")


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _program(programs: list[dict[str, Any]]) -> str:
    names = [name for one in programs if isinstance(name := one.get("name"), str)]
    return names[0].strip()[:MAX_NAME_LETTERS] if names else ""


def _info(name: str, languages: tuple[str, ...], voice: dict[str, Any]) -> VoiceInfo:
    title = voice.get("description")
    speakers = tuple(one["name"] for one in _objects(voice.get("speakers")) if isinstance(one.get("name"), str))
    return VoiceInfo(
        name=name,
        title=title if isinstance(title, str) and title else name,
        language=languages[0] if languages else "",
        speakers=speakers,
    )


def _plain(language: str) -> str:
    return language.strip().lower().replace("_", "-")


def error_code(data: dict[str, Any]) -> str:
    """The server's error code if it is one; its text may quote the phrase."""
    code = data.get("code")
    return code if isinstance(code, str) and re.fullmatch(r"[\w.-]{1,40}", code) else "error"
