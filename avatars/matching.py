"""Whether somebody said a thing, judged through what a recognizer made of it.

A recognizer writes about one word in five wrong, and wrong in a typical way: it writes a word that *sounds*
alike ("we fund" for "refund"), or loses an ending ("repair" for "repairing"). So words are compared by
their stem, then by how they sound, then by spelling; a phrase may miss one word of three.

>>> CueIndex(["refund", "manager"]).hits("i want a we fund now")
{0: 0.72}
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_WORDS = 160
"""Only the end of a long speech is looked at: what was said last is what an answer refers to."""

EXACT, STEM, SOUND, SPELLING = 1.0, 0.95, 0.8, 0.72
"""How much a word counts that agrees as it stands, but for its inflection, by its sound, by its letters."""

FUNCTION_WORDS = frozenset(
    "a an and are as at be been but by can could did do does for from had has have he her him his "
    "how i if im in is it its ive just me my no not of on or our she so that the their them then "
    "there they this to too up us was we were what when where which who why will with would yeah yes "
    "you your youre".split()
)
"""Words that say little about the topic: they count for a quarter, and never by sound or spelling."""

NEGATIONS = frozenset(
    ("not", "no", "never", "dont", "isnt", "wasnt", "arent", "cant", "wont", "hardly", "without", "stop")
)

COMMON_WORDS = FUNCTION_WORDS | frozenset(
    "able about actually after again all always another any anyone anything away back bad because before being best "
    "better between big both came come coming day did different done down each else end enough even ever every "
    "everyone everything face far feel few find first five four game get getting give go going good got great green "
    "half hand happen happened hard head hear heard help here high home hour house hundred keep kind kitchen know "
    "large last let lets life like line list little long look looking lot made make making man many matter maybe mean "
    "men met might million mind minute moment month more morning most much must name need never new next nice night "
    "nine nobody nothing now number off often old once one only other others ought out over own part past people "
    "person phone place play point probably put question quite read real really right room said same say says second "
    "see seven she should side six small some somebody someone something sometimes soon still stop such sure take "
    "talk tell ten than thank thanks thing things think thinking thought thousand three through time today together "
    "told tomorrow tonight took true try turn twenty two under until use used very wait walk want wanted water way "
    "week weekend weeks well went whole without woman wonder word work world write year years yesterday yet".split()
)
"""Words that a recognizer writes far more often rightly than wrongly: never taken for another word."""

_FORMS = (
    "break: broke broken; buy: bought; come: came; cost: costs; feel: felt; find: found; get: got "
    "gotten; give: gave given; go: went gone going goes; grow: grew grown; have: has had; keep: "
    "kept; know: knew known; lead: led; leave: left; lose: lost; make: made making; meet: met; pay: "
    "paid; say: said; sell: sold; send: sent; sleep: slept; speak: spoke spoken; spend: spent; take: "
    "took taken; teach: taught; tell: told; think: thought; understand: understood; win: won; wake: "
    "woke; write: wrote written"
)
_IRREGULAR = {
    form: base for base, forms in (entry.split(": ") for entry in _FORMS.split("; ")) for form in forms.split()
}

_SOUNDS = tuple(
    pair.split(":")
    for pair in (
        "tion:Xn sion:Xn ture:Xr ough:f igh:i ght:t tch:X sch:sk kn:n wr:r ph:f gh:g sh:X ch:X ck:k th:t qu:kw "
        "dge:X ce:se ci:si cy:si ge:Xe x:ks"
    ).split()
)
_CLASS = str.maketrans(
    {
        "b": "p",
        "d": "t",
        "g": "k",
        "c": "k",
        "q": "k",
        "v": "f",
        "z": "s",
        "j": "X",
        "m": "n",
        "w": "",
        "h": "",
        "y": "",
    }
)
_VOWELS = "aeiou"


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; apostrophes vanish ("don't" -> "dont")."""
    return re.findall(r"[^\W_]+", re.sub(r"['’`]", "", text.lower()))


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """The word without its inflection: "repairing", "repaired", "repairs" -> "repair"."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4:
        return word
    for suffix, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("ing", ""),
        ("edly", ""),
        ("ed", ""),
        ("es", ""),
        ("ly", ""),
        ("s", ""),
    ):
        left = len(word) - len(suffix)
        if word.endswith(suffix) and left >= (2 if instead else 3) and not word.endswith(("ss", "us", "is")):
            return _tidy(word[: -len(suffix)] + instead)
    return _tidy(word)


def _tidy(word: str) -> str:
    """One spelling for "stopp(ed)" and "stop", "repaire" and "repair"."""
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


@lru_cache(maxsize=8192)
def sound(word: str) -> str:
    """How a word sounds, roughly: consonants by place (voiced and voiceless alike), vowels only in front.

    Own scheme: what recognizers confuse falls together ("b"/"p", "m"/"n", "th"/"t"), what they keep apart
    does not.
    """
    if not word.isascii():
        return ""
    for letters, instead in _SOUNDS:
        word = word.replace(letters, instead)
    first = "A" if word[:1].lower() in tuple(_VOWELS) else ""
    key = first + "".join(letter for letter in word.translate(_CLASS) if letter.lower() not in _VOWELS)
    return re.sub(r"(.)\1+", r"\1", key)


def distance(one: str, other: str, limit: int) -> int:
    """Edits between two words, a swap of neighbors being one; ``limit + 1`` if more than ``limit``."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]


def similarity(said: str, wanted: str) -> float:
    """0 (another word) to 1 (the same) for two words as :func:`words_of` gives them."""
    if said == wanted:
        return EXACT
    a, b = stem(said), stem(wanted)
    if a == b:
        return STEM
    if said in COMMON_WORDS or wanted in FUNCTION_WORDS:
        return 0.0
    letters, short = min(len(said), len(wanted)), min(len(a), len(b))
    if letters < 4:
        return 0.0
    if _sound_alike(sound(said), sound(wanted), letters) or _sound_alike(sound(a), sound(b), short):
        # the same consonants, but also spelled somewhat alike: "kilometers" is no "calendar"
        tolerated = 2 if letters < 6 else 3 if letters < 8 else 4
        return SOUND if distance(said, wanted, tolerated) <= tolerated else 0.0
    edits = distance(a, b, 2)
    if edits <= (0 if short < 5 else 1 if short < 7 else 2):
        kin = a[0] == b[0] or sound(a)[:1] == sound(b)[:1] or (edits == 1 and short >= 6)
        return SPELLING if kin else 0.0
    return SPELLING if short >= 5 and (a.startswith(b) or b.startswith(a)) else 0.0


def _sound_alike(one: str, other: str, letters: int) -> bool:
    return one == other and len(one) >= (3 if letters >= 5 else 4)


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
        self._looks = [(w, _letters(w), stem(w), {sound(w), sound(stem(w))} - {""}) for w in self._vocabulary]
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
                for vocable, strength in self._vocables(joined):
                    wanted = self._vocabulary[vocable]
                    if len(wanted) >= 5 and distance(joined, wanted, 1) <= 1:
                        found.setdefault(vocable, []).append((position, strength))
        if not found:
            return {}
        result = {}
        for index, cue in enumerate(self._cues):
            if place := _best_place(cue, found):
                result[index] = place
        return result

    def _vocables(self, word: str) -> tuple[tuple[int, float], ...]:
        """The cue words that this word may stand for; remembered, for people use few different words."""
        if (known := self._known.get(word)) is None:
            letters, root, sounds = _letters(word), stem(word), {sound(word), sound(stem(word))}
            plain = len(root) < 4 or word in COMMON_WORDS
            pairs = (
                (index, similarity(word, wanted))
                for index, (wanted, its_letters, its_root, its_sounds) in enumerate(self._looks)
                # a cheap look first: two edits change at most four letters
                if root == its_root
                or (
                    not plain
                    and (
                        (letters ^ its_letters).bit_count() <= 4
                        or not sounds.isdisjoint(its_sounds)
                        or its_root.startswith(root)
                        or root.startswith(its_root)
                    )
                )
            )
            known = tuple(
                (index, value)
                for index, value in pairs
                if value >= STEM or (value and len(self._vocabulary[index]) >= self._exact_below)
            )
            if len(self._known) > 4096:
                self._known.clear()
            self._known[word] = known
        return known


def _letters(word: str) -> int:
    """The set of a word's letters as bits."""
    bits = 0
    for letter in word:
        bits |= 1 << (ord(letter) & 31)
    return bits


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
