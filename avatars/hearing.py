"""Whether two words are the same, judged through what a recognizer made of one of them.

A recognizer writes about one word in five wrong, and wrong in a typical way: a word that *sounds* alike
("prize" for "price"), or a word without its ending ("repair" for "repairing"). So words are compared by
their stem, then by how they sound, then by spelling.
"""

from __future__ import annotations

import re
from functools import lru_cache

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
    "able about actually after again all always another any anyone anything away back bad because "
    "before being best better between big both came come coming day did different done down each "
    "else end enough even ever every everyone everything face far feel few find first five four game "
    "get getting give go going good got great green half hand happen happened hard head hear heard "
    "help here high home hour house hundred keep kind kitchen know large last let lets life like "
    "line list little long look looking lot made make making man many matter maybe mean men met "
    "might million mind minute moment month more morning most much must name need never new next "
    "nice night nine nobody nothing now number off often old once one only other others ought out "
    "over own part past people person phone place play point probably put question quite read real "
    "really right room said same say says second see seven she should side six small some somebody "
    "someone something sometimes soon still stop such sure take talk tell ten than thank thanks "
    "thing things think thinking thought thousand three through time today together told tomorrow "
    "tonight took true try turn twenty two under until use used very wait walk want wanted water way "
    "week weekend weeks well went whole without woman wonder word work world write year years "
    "yesterday yet".split()
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
