"""How fast the trainee spoke."""

from __future__ import annotations

import math

from reports.metrics.result import Evidence, Measured, NotEnough, Outcome
from reports.metrics.timeline import Spoken, Timeline, own_time_ms

MIN_TURN_WORDS = 8


def speech_rate(line: Timeline) -> Outcome:
    """Words a minute while it was the trainee's turn.

    Formula: words / turn time x 60, both summed over the spoken turns of 8 words or more. Turn time runs from
    the first word to the last: own pauses in, what the avatar played in those pauses out.
    Unit: words a minute.
    Enough: one turn of 8 words or more.
    Rules: every word counts, filled pauses too; a recognizer that can't write them finds slightly lower
    rates. Short turns are left out because they distort the rate. Each turn's own rate is linked.
    Source: Yuan, Liberman and Cieri 2006 (turns under 8 words); target 120-175, after Read AI's 130-175.
    """
    counted = [(one, own_time_ms(one, line.played)) for one in line.speech if len(one.words) >= MIN_TURN_WORDS]
    counted = [(turn, ms) for turn, ms in counted if ms > 0.0]
    if not counted:
        return NotEnough(f"no turn of {MIN_TURN_WORDS} words or more", {"turns": 0})
    words = sum(len(turn.words) for turn, _ in counted)
    time_ms = math.fsum(ms for _, ms in counted)
    return Measured(
        value=_rate(words, time_ms),
        detail={"words": words, "time_s": time_ms / 1000.0, "turns": len(counted)},
        evidence=tuple(_evidence(turn, ms) for turn, ms in counted),
        estimated=any(turn.estimated for turn, _ in counted),
    )


def _evidence(turn: Spoken, ms: float) -> Evidence:
    return Evidence(turn.seq, turn.start_ms, turn.end_ms, "turn", _rate(len(turn.words), ms))


def _rate(words: int, ms: float) -> float:
    return words / (ms / 60_000.0)
