"""Which of espeak-ng's voices is meant: by name, by language, with a variant. Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from tts_worker.base import VoiceWish

FEMALE = ("f1", "f2", "f3", "f4", "f5")
MALE = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
VARIANTS = (*FEMALE, *MALE)
"""The variants that differ enough to tell avatars apart, for every language."""

_PREFERRED = {"en": "en-us"}
_DEFAULT = "en-us"
_KOKORO = re.compile(r"[a-z](?P<gender>[fm])_[a-z]+")
"""How Kokoro's voices are called ("af_heart": American, female)."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A voice as the library lists it; ``ranked`` are its languages with their priority, low is best."""

    name: str
    identifier: str
    ranked: tuple[tuple[int, str], ...]

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(code for _, code in self.ranked)


class Catalog:
    """The voices, found by any of their names."""

    def __init__(self, listed: Sequence[Listed]) -> None:
        self.voices = [one for one in listed if one.ranked and not one.identifier.startswith("mb/")]
        by_language: dict[str, tuple[int, str]] = {}
        for one in self.voices:
            for priority, code in one.ranked:
                entry = (priority, one.identifier)
                by_language[code] = min(by_language.get(code, entry), entry)
        self._by_language = {code: identifier for code, (_, identifier) in by_language.items()}
        self._by_name = {}
        for one in self.voices:
            for name in (one.name, one.identifier, one.identifier.rpartition("/")[2]):
                self._by_name[name.lower()] = one.identifier

    def find(self, wish: VoiceWish) -> str:
        """The identifier to load, variant included, e.g. ``gmw/en-US+f3``. Never fails: a name it doesn't
        know gives the language's default, a language it doesn't know American English. A name of Kokoro's
        gives a variant of the same gender, always the same one, so that avatars made for Kokoro keep
        sounding different from each other."""
        base, _, variant = wish.name.strip().lower().partition("+")
        variant = variant or wish.speaker.strip().lower()
        if kokoro := _KOKORO.fullmatch(base):
            variants = FEMALE if kokoro["gender"] == "f" else MALE
            variant = variants[zlib.crc32(base.encode()) % len(variants)]
        identifier = self._named(base) or self._language(wish.language) or self._language(_DEFAULT) or "en"
        return f"{identifier}+{variant}" if variant in VARIANTS else identifier

    def _named(self, name: str) -> str:
        return self._by_language.get(_PREFERRED.get(name, name)) or self._by_name.get(name, "")

    def _language(self, language: str) -> str:
        """``pt-BR`` -> the Brazilian voice; ``de-AT`` -> German, for want of an Austrian one."""
        code = language.strip().lower().replace("_", "-")
        while code:
            if found := self._by_language.get(_PREFERRED.get(code, code)):
                return found
            code = code.rpartition("-")[0]
        return ""
