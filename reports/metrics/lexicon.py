"""The words that metrics look for, by base language code. A language that is missing is not measurable.

Sentences are compared by :func:`plain`, fillers by :func:`sound`, which also takes letters that are drawn
out ("ummm") for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FILLERS: Mapping[str, frozenset[str]] = {
    "en": frozenset({"um", "uh", "uhm", "er", "erm", "ah", "hm"}),
    "de": frozenset({"äh", "ähm", "öh", "öhm", "ehm", "hm"}),
    "fr": frozenset({"euh", "heu", "hum", "hm"}),
    "es": frozenset({"eh", "em", "hm"}),
}
"""Filled pauses, as :func:`sound` writes them ("hmm" is ``hm``). What is also an ordinary word of its
language (Spanish "este") is left out: the count is shown as "at least"."""

BACKCHANNELS: Mapping[str, frozenset[str]] = {
    "en": frozenset(
        {"mm", "mhm", "mm-hm", "mm-hmm", "uh-huh", "hm", "hmm", "ok", "okay", "right", "sure", "yeah"}
        | {"i see", "got it", "go on"}
    ),
    "de": frozenset({"mhm", "hm", "hmm", "aha", "ja", "okay", "genau", "verstehe", "ach so"}),
}
"""What a listener says without taking the floor, as a whole utterance."""

_EDGES = re.compile(r"^\W+|\W+$")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1+")


def plain(token: str) -> str:
    """A word as sentences are searched: lower case, no punctuation around it, the apostrophe straight."""
    return _EDGES.sub("", token.lower().replace("’", "'"))


def sound(token: str) -> str:
    """A filler as the lexicon has it: every run of one letter as one ("Hmm..." is ``hm``)."""
    return _DRAWN_OUT.sub(r"\1", plain(token))
