"""What was said over the avatar: a word that takes the floor, or one that only says "go on"?

Pure functions over text. Language by base code; an unknown language has no backchannels, so everything
takes the floor.
"""

from __future__ import annotations

import re

_BACKCHANNELS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "mm mmm mhm hm hmm uh huh uhhuh um umm er erm ah oh ooh aha yeah yes yep yup ok okay right sure "
        "true exactly indeed really wow i see got it of course go on".split()
    ),
    "de": frozenset("mm mhm hm hmm äh ähm ah oh aha ja jo genau ok okay stimmt klar richtig verstehe".split()),
}
_ONLY_TOGETHER = {"en": ("i see", "got it", "of course", "go on")}
_ECHO_SHARE = 0.7
_WORD = re.compile(r"[\w']+")


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation."""
    return _WORD.findall(text.lower())


def is_backchannel(text: str, language: str = "en") -> bool:
    """Whether the text is nothing but listening noises ("mm-hm", "yeah, I see"). Empty text is not."""
    base = language.split("-")[0]
    plain = " ".join(words_of(text))
    for phrase in _ONLY_TOGETHER.get(base, ()):
        plain = re.sub(rf"\b{phrase}\b", "mm", plain)
    loose = {word for phrase in _ONLY_TOGETHER.get(base, ()) for word in phrase.split()}
    allowed = _BACKCHANNELS.get(base, frozenset()) - loose
    return bool(plain) and all(word in allowed for word in plain.split())


def is_echo(text: str, playing: str) -> bool:
    """Whether what was "heard" is the avatar's own voice coming back: most words, in their order, are in
    what is being played (longest common subsequence of words)."""
    heard, played = words_of(text), words_of(playing)
    if len(heard) < 2 or not played:
        return False
    row = [0] * (len(played) + 1)
    for word in heard:
        diagonal = 0
        for index, other in enumerate(played, start=1):
            above = row[index]
            row[index] = diagonal + 1 if word == other else max(above, row[index - 1])
            diagonal = above
    return row[-1] >= _ECHO_SHARE * len(heard)


def takes_the_floor(text: str, *, playing: str, language: str) -> bool:
    """Whether these words are a turn: neither nothing, nor a backchannel, nor an echo."""
    return bool(words_of(text)) and not is_backchannel(text, language) and not is_echo(text, playing)
