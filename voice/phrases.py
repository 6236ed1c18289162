"""Model text deltas -> speakable phrases. A decision: no I/O, no clock.

A phrase is what goes to the voice in one piece. Sentences sound best, but waiting for the first one costs
the trainee a noticeable pause, so the first phrase may end at a comma once it is long enough to be worth
saying. Joining all phrases gives the model's text back, letter for letter.
"""

from __future__ import annotations

import re

FIRST_CLAUSE_LETTERS = 14
"""The first phrase may end at a comma after this many letters: about a second of speech, which is as long as
the second phrase needs to be ready."""
LONGEST_PHRASE = 220
"""Letters after which a phrase without any punctuation is cut at a space."""

_SENTENCE_END = re.compile(r"[.!?…。！？]+[\"'”’)\]]*")
_CLAUSE_END = re.compile(r"[,;:—–][\"'”’)\]]*(?=\s)")
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st vs etc inc ltd co dept approx e.g i.e a.m p.m u.s u.k".split()
)


class PhraseCutter:
    """Push deltas as they come; each call returns the phrases that are complete now."""

    def __init__(self, *, first_clause_letters: int = FIRST_CLAUSE_LETTERS) -> None:
        self._buffer = ""
        self._first = True
        self._first_clause_letters = first_clause_letters

    def push(self, delta: str) -> list[str]:
        self._buffer += delta
        phrases: list[str] = []
        while (end := self._cut()) is not None:
            phrases.append(self._take(end))
        return phrases

    def finish(self) -> list[str]:
        """What is left when the model has finished."""
        rest, self._buffer = self._buffer, ""
        return [rest] if rest.strip() else []

    def _take(self, end: int) -> str:
        phrase, self._buffer = self._buffer[:end], self._buffer[end:]
        self._first = False
        return phrase

    def _cut(self) -> int | None:
        for match in _SENTENCE_END.finditer(self._buffer):
            if self._ends_sentence(match):
                return match.end()
        if self._first:
            for match in _CLAUSE_END.finditer(self._buffer):
                if match.start() >= self._first_clause_letters:
                    return match.end()
        if len(self._buffer) > LONGEST_PHRASE:
            if not self._buffer.strip():
                return None
            space = self._buffer.rfind(" ", 1, LONGEST_PHRASE)
            return space if space > 0 else LONGEST_PHRASE
        return None

    def _ends_sentence(self, match: re.Match[str]) -> bool:
        before = self._buffer[: match.start()]
        if not any(letter.isalnum() for letter in before):
            return False
        at_end = match.end() == len(self._buffer)
        if not at_end and not self._buffer[match.end()].isspace() and match.group()[0] not in "。！？":
            return False  # 3.5, example.org
        if at_end and before.count('"') % 2:
            return False  # the closing quote is still to come
        if match.group()[0] != ".":
            return True
        last = before.split()[-1].lstrip("(\"'“‘").lower() if before.split() else ""
        if last in _ABBREVIATIONS or (len(last) == 1 and last.isalpha() and last != "i"):
            return False
        # "It costs 3." may go on with "50": only what follows can tell.
        return not (at_end and before[-1].isdigit())
