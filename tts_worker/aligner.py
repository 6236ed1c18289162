"""From an engine's marks to the whitespace words of the text.

Engines say when they are where in the text, but not in our words: espeak-ng gives several marks for "£499",
only "it" for "it's", one mark for "of the", none for "-", and never an end. The rules:

- the first mark inside a word is its start, later ones inside it are ignored, so is one between words;
- the next word's start is a word's end, the last word ends with its sound;
- words without a mark share the time of the marked word before them (or the time before the first mark) in
  proportion to their letters;
- times never run backwards and every word of the text comes out, in order.

Pure and incremental: a word comes out as soon as its end is known.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

TimedWord = tuple[str, float, float]
"""A whitespace word with start and end in ms."""

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Mark:
    """At ``at_ms`` the engine begins with what stands at ``position`` (0-based, in characters)."""

    position: int
    at_ms: float


class Aligner:
    """Aligns one text. ``start_ms`` is where its sound begins."""

    def __init__(self, text: str, start_ms: float = 0.0) -> None:
        found = list(_WORD.finditer(text))
        self._words = [one.group() for one in found]
        self._starts = [one.start() for one in found]
        self._ends = [one.end() for one in found]
        self._first = 0
        """The first word that has not come out yet."""
        self._marked = -1
        """The last word that a mark lay in."""
        self._since_ms = start_ms

    def mark(self, mark: Mark) -> list[TimedWord]:
        """Take the next mark; the words that it completes."""
        index = bisect_right(self._starts, mark.position) - 1
        if index <= self._marked or mark.position >= self._ends[index]:
            return []
        self._marked = index
        return self._complete(index, mark.at_ms)

    def finish(self, end_ms: float) -> list[TimedWord]:
        """The remaining words; the sound of the last one ends at ``end_ms``."""
        return self._complete(len(self._words), end_ms)

    def _complete(self, until: int, end_ms: float) -> list[TimedWord]:
        end_ms = max(end_ms, self._since_ms)
        words = self._words[self._first : until]
        timed = share_by_letters(words, self._since_ms, end_ms)
        self._first = until
        self._since_ms = end_ms
        return timed


def share_by_letters(words: Sequence[str], start_ms: float, end_ms: float) -> list[TimedWord]:
    """Split the time among the words in proportion to their letters and digits. A word without any gets no
    time; if none has any, the first gets it all."""
    letters = [sum(char.isalnum() for char in word) for word in words]
    if words and not any(letters):
        letters[0] = 1
    total = sum(letters)
    timed: list[TimedWord] = []
    done = 0
    for word, count in zip(words, letters, strict=True):
        begin = start_ms + (end_ms - start_ms) * done / total
        done += count
        timed.append((word, begin, start_ms + (end_ms - start_ms) * done / total))
    return timed
