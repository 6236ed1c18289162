"""What was said over the avatar: a word that takes the floor, or one that only says "go on"?

Pure functions over text. Language by base code; an unknown language has no backchannels, so everything
takes the floor.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_BACKCHANNELS: dict[str, frozenset[str]] = {
    "en": frozenset(
        "mm mmm mhm hm hmm uh huh uhhuh um umm er erm ah oh ooh aha yeah yes yep yup ok okay right sure "
        "true exactly indeed really wow i see got it of course go on".split()
    ),
    "de": frozenset("mm mhm hm hmm äh ähm ah oh aha ja jo genau ok okay stimmt klar richtig verstehe".split()),
}
_ONLY_TOGETHER = {"en": ("i see", "got it", "of course", "go on")}
_ECHO_SHARE = 0.7
_ECHO_RUN = 2
"""Words that stand side by side both in what was heard and in what was played."""
_OWN_WORDS = 3
"""So many words after the last echoed one are somebody's own."""
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
    """Whether what was "heard" is the avatar's own voice coming back: most words are runs of what was played
    just now, in its order. Single words in common are none ("what can i do" in "what you can do"), and who
    goes on in words of his own after an echo has said something."""
    heard, played = words_of(text), words_of(playing)
    if len(heard) < 2 or not played:
        return False
    matcher = SequenceMatcher(None, heard, played, autojunk=False)
    runs = [run for run in matcher.get_matching_blocks() if run.size >= _ECHO_RUN]
    if not runs or len(heard) - (runs[-1].a + runs[-1].size) >= _OWN_WORDS:
        return False
    return sum(run.size for run in runs) >= _ECHO_SHARE * len(heard)


def takes_the_floor(text: str, *, playing: str, language: str) -> bool:
    """Whether these words are a turn: neither nothing, nor a backchannel, nor an echo."""
    return bool(words_of(text)) and not is_backchannel(text, language) and not is_echo(text, playing)
