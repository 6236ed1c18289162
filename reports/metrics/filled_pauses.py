"""How often the trainee filled a pause."""

from __future__ import annotations

import math
from typing import Literal

from reports.metrics.lexicon import FILLERS, sound
from reports.metrics.result import Evidence, Measured, NotEnough, Outcome, Unmeasured
from reports.metrics.timeline import Timeline, own_time_ms

AMBER_ABOVE = 3.0
RED_ABOVE = 5.0
MIN_WORDS = math.ceil(100.0 / AMBER_ABOVE)
"""From here on a single "um" is not enough to leave the target."""

Band = Literal["green", "amber", "red"]


def filled_pauses(line: Timeline) -> Outcome:
    """Um, uh, er, erm, ah, hmm and their like.

    Formula: filled pauses / words x 100; beside it, filled pauses / turn time in minutes (turn time as in the
    speech rate, over all spoken turns).
    Unit: per 100 words.
    Enough: 34 words, so that one "um" alone can't leave the target.
    Rules: found in the text, by a lexicon per language (English, German, French, Spanish), letters drawn out
    taken as one. Words of the denominator include the filled pauses. Shown as "at least": recognizers drop
    some. A recognizer that can't write them: "not measurable with this recognizer", never 0. Amber above 3,
    red above 5 per 100 words.
    Source: PMC8243401.
    """
    if not line.recognizer_writes_fillers:
        return Unmeasured("recognizer")
    if line.language not in FILLERS:
        return Unmeasured("language")
    lexicon = FILLERS[line.language]
    evidence = tuple(
        Evidence(turn.seq, word.start_ms, word.end_ms, sound(word.text))
        for turn in line.speech
        for word in turn.words
        if sound(word.text) in lexicon
    )
    words = sum(len(turn.words) for turn in line.speech)
    if words < MIN_WORDS:
        detail = {"count": len(evidence), "words": words}
        return NotEnough(f"{words} of {MIN_WORDS} words", detail, evidence)
    minutes = math.fsum(own_time_ms(turn, line.played) for turn in line.speech) / 60_000.0
    value = 100.0 * len(evidence) / words
    return Measured(
        value=value,
        detail={
            "count": len(evidence),
            "words": words,
            "per_minute": len(evidence) / minutes if minutes > 0.0 else None,
            "at_least": True,
            "method": "text",
            "band": band(value),
        },
        evidence=evidence,
        estimated=line.estimated,
    )


def band(per_100_words: float) -> Band:
    """The color of a filler rate: amber above 3, red above 5 per 100 words."""
    if per_100_words > RED_ABOVE:
        return "red"
    return "amber" if per_100_words > AMBER_ABOVE else "green"
