"""Whether somebody said a thing, though a recognizer garbled a part of it.

Words are compared by :mod:`avatars.hearing`; a phrase may miss one word of three, and a word that the
recognizer cut in two is put together again.

>>> CueIndex(["refund", "manager"]).hits("i want a we fund now")
{0: 0.72}
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from avatars.hearing import FUNCTION_WORDS, NEGATIONS, STEM, distance, similarity, sound, stem, words_of

MAX_WORDS = 160
"""Only the end of a long speech is looked at: what was said last is what an answer refers to."""

LONGEST_WORD = 30
"""A longer one is only found as it stands: with two letters left out it has half its length squared forms, and
what somebody types may be one word of thousands of letters."""


@dataclass(frozen=True, slots=True)
class _Cue:
    words: tuple[int, ...]
    weights: tuple[float, ...]
    needed: frozenset[int] = frozenset()
    """Words that must have been heard: without "not", "not my fault" says the opposite."""


class CueIndex:
    """Cues (words or phrases), prepared to be looked for in what somebody says.

    ``exact_below``: shorter cue words are only found as they stand or inflected, never by sound or spelling.
    """

    def __init__(self, cues: Sequence[str], *, exact_below: int = 4) -> None:
        split = [tuple(words_of(cue)) for cue in cues]
        self._vocabulary = sorted({word for cue in split for word in cue})
        number = {word: index for index, word in enumerate(self._vocabulary)}
        weight = [0.25 if word in FUNCTION_WORDS else 1.0 for word in self._vocabulary]
        self._cues = [
            _Cue(
                tuple(number[w] for w in cue),
                tuple(weight[number[w]] for w in cue),
                frozenset(number[w] for w in cue if w in NEGATIONS),
            )
            for cue in split
        ]
        self._near: dict[str, list[int]] = {}
        for index, word in enumerate(self._vocabulary):
            for form in _forms(word):
                self._near.setdefault(form, []).append(index)
        self._cues_with: dict[int, list[int]] = {}
        for index, one in enumerate(self._cues):
            for vocable in set(one.words):
                self._cues_with.setdefault(vocable, []).append(index)
        self._exact_below = exact_below
        self._known: dict[str, tuple[tuple[int, float], ...]] = {}

    def hits(self, text: str) -> dict[int, float]:
        """Which cues (by position in the list) were said, and how surely (0..1)."""
        return {cue: strength for cue, (strength, _) in self.places(words_of(text)[-MAX_WORDS:]).items()}

    def length(self, cue: int) -> int:
        """How many words a cue has."""
        return len(self._cues[cue].words)

    def places(self, said: Sequence[str]) -> dict[int, tuple[float, int]]:
        """Per cue that was said: how surely (0..1), and the index of its last word."""
        found: dict[int, list[tuple[int, float]]] = {}
        for position, word in enumerate(said):
            for vocable, strength in self._vocables(word):
                found.setdefault(vocable, []).append((position, strength))
            # "we fund": the recognizer cut a word in two
            if position and len(said[position - 1]) <= 5 and len(word) <= 6:
                joined = said[position - 1] + word
                for vocable, strength in self._vocables(joined) if len(joined) >= 5 else ():
                    wanted = self._vocabulary[vocable]
                    if len(wanted) >= 5 and distance(joined, wanted, 1) <= 1:
                        found.setdefault(vocable, []).append((position, strength))
        result = {}
        for index in sorted({cue for vocable in found for cue in self._cues_with[vocable]}):
            if place := _best_place(self._cues[index], found):
                result[index] = place
        return result

    def _vocables(self, word: str) -> tuple[tuple[int, float], ...]:
        """The cue words that this word may stand for. Remembered word by word, never what somebody said."""
        if (known := self._known.get(word)) is None:
            near = {index for form in _forms(word) for index in self._near.get(form, ())}
            pairs = ((index, similarity(word, self._vocabulary[index])) for index in sorted(near))
            known = tuple(
                (index, value)
                for index, value in pairs
                if value >= STEM or (value and len(self._vocabulary[index]) >= self._exact_below)
            )
            if len(self._known) > 4096:
                self._known.clear()
            self._known[word] = known
        return known


def _forms(word: str) -> set[str]:
    """Words that share none of these are not similar. So a word is compared with a few others, not with all:
    two words within n edits are the same once n letters or fewer are left out of each."""
    root = stem(word)
    forms = {f"={root}"}
    if 4 <= len(word) <= LONGEST_WORD and word not in FUNCTION_WORDS:
        forms.update((f"~{sound(word)}", f"~{sound(root)}"))
        edits = 0 if len(root) < 5 else 1 if len(root) < 7 else 2
        for left_out in range(edits + 1):
            forms.update("".join(rest) for rest in combinations(root, len(root) - left_out))
        forms.update(f"{root[:length]}-" for length in range(5, len(root) + 1))
    return forms


def _best_place(cue: _Cue, found: dict[int, list[tuple[int, float]]]) -> tuple[float, int] | None:
    """The latest place where the cue's words stand in order and near each other; of three or more words
    one may be missing."""
    if len(cue.words) == 1:
        places = found.get(cue.words[0])
        return (max(strength for _, strength in places), places[-1][0]) if places else None
    if not cue.words or not any(vocable in found for vocable in cue.words):
        return None
    spare = 1 if len(cue.words) >= 3 else 0
    if sum(vocable not in found for vocable in cue.words) > spare:
        return None
    best: tuple[float, int] | None = None
    starts = {p - i for i, vocable in enumerate(cue.words) for p, _ in found.get(vocable, ())}
    for start in starts:
        place = _read_from(cue, found, start, spare)
        if place and (best is None or place[0] >= best[0]):
            best = place
    return best


def _read_from(
    cue: _Cue, found: dict[int, list[tuple[int, float]]], start: int, spare: int
) -> tuple[float, int] | None:
    at, got, missing, last = start - 1, 0.0, 0, start
    for index, (vocable, weight) in enumerate(zip(cue.words, cue.weights, strict=True)):
        near = [(p, s) for p, s in found.get(vocable, ()) if at < p <= max(at, start + index - 1) + 2]
        if near:
            last, strength = min(near, key=lambda one: (one[0], -one[1]))
            got, at = got + weight * strength, last
        else:
            missing += len(cue.words) if vocable in cue.needed else 1
    if missing > spare or (missing and got < 1.0):
        return None  # what is left must hold a word that tells something
    return got / sum(cue.weights), last


def rarity(groups: Iterable[Iterable[str]]) -> dict[str, float]:
    """Weight of each stem: the fewer groups of cues it occurs in, the more it tells (1 for one in all)."""
    seen: Counter[str] = Counter()
    count = 0
    for group in groups:
        count += 1
        seen.update({stem(word) for cue in group for word in words_of(cue)})
    return {one: math.log(1 + count / times) / math.log(1 + count) for one, times in seen.items()}
