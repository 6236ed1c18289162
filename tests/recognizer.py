"""What a recognizer makes of a sentence: every fifth word wrong, the same way each time."""

from __future__ import annotations

import random

_ALIKE = (
    "a: the, and: in, are: our, bye: buy, do: to, for: four, here: hear, hi: high, i: eye, in: and, "
    "is: as, it: at, know: no, new: knew, not: knot, of: off, one: won, right: write, so: sew, "
    "sorry: sari, that: the, the: a, their: there, there: their, to: two, too: to, we: he, week: "
    "weak, what: want, will: well, would: wood, you: ewe, your: you're, refund: we fund, understand: "
    "under stand, today: to day, replacement: replaced mend, budget: budge it, mistake: miss take, "
    "apologize: apologies, price: prize, weather: whether"
)
SOUND_ALIKE = dict(pair.split(": ") for pair in _ALIKE.split(", "))
_SWAPS = {
    "b": "p",
    "p": "b",
    "d": "t",
    "t": "d",
    "g": "k",
    "k": "g",
    "v": "f",
    "f": "v",
    "z": "s",
    "m": "n",
    "n": "m",
}
_ENDINGS = ("ing", "ed", "es", "s", "d", "t", "e", "n")


def garbled(sentence: str, seed: int) -> str:
    """The sentence without punctuation and in lower case, a fifth of its words (at least one) misheard."""
    chance = random.Random(f"{seed} {sentence}")
    words = "".join(c for c in sentence.lower() if c.isalnum() or c in " '").split()
    if not words:
        return ""
    for index in chance.sample(range(len(words)), max(1, round(len(words) / 5))):
        words[index] = _misheard(words[index], chance)
    return " ".join(words)


def _misheard(word: str, chance: random.Random) -> str:
    if word in SOUND_ALIKE:
        return SOUND_ALIKE[word]
    ways = [_without_ending, _other_vowel, _other_consonant]
    chance.shuffle(ways)
    return next((other for way in ways if (other := way(word, chance)) != word), "uh")


def _without_ending(word: str, chance: random.Random) -> str:
    return next((word[: -len(e)] for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 3), word)


def _other_vowel(word: str, chance: random.Random) -> str:
    places = [i for i, letter in enumerate(word) if letter in "aeiou"]
    if not places:
        return word
    at = chance.choice(places)
    return word[:at] + chance.choice([v for v in "aeiou" if v != word[at]]) + word[at + 1 :]


def _other_consonant(word: str, chance: random.Random) -> str:
    places = [i for i, letter in enumerate(word) if letter in _SWAPS]
    if not places:
        return word
    at = chance.choice(places)
    return word[:at] + _SWAPS[word[at]] + word[at + 1 :]
