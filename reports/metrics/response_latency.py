"""How long the trainee took to answer."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reports.metrics.interruptions import cuts_off
from reports.metrics.result import Evidence, Measured, NotEnough, Outcome
from reports.metrics.timeline import Spoken, Timeline, floor_changes

MIN_ANSWERS = 3
MAX_OVERLAP_MS = 1000.0
"""What begins earlier than this before the end of playback is no answer to it."""


def response_latency(line: Timeline) -> Outcome:
    """From the end of the avatar's playback to the trainee's first word.

    Formula: trainee's onset - end of playback, for the first thing said after each avatar turn that was
    heard; the median of these, and as `p90_s` the 90th percentile (nearest rank: of under 10 the slowest).
    Unit: s.
    Enough: 3 answers.
    Rules: an interruption is no answer, nor is a backchannel; what was answered by typing is left out. A turn
    that begins in the last second of playback without interrupting counts as it is, below 0. "Are you still
    there?" is a turn as any other, so the clock starts again after it; `silence_prompts` says how often the
    avatar had to ask.
    Source: Levinson and Torreira 2015 (typical gap 200 ms); target 0-1.5 s.
    """
    found = [(turn, turn.start_ms - avatar.end_ms) for turn, avatar in answers(line)]
    prompts = sum(one.kind == "silence" for one in line.played)
    evidence = tuple(
        Evidence(turn.seq, turn.start_ms - max(ms, 0.0), turn.start_ms, "answer", ms / 1000.0)
        for turn, ms in found
    )
    detail = {"answers": len(found), "silence_prompts": prompts}
    if len(found) < MIN_ANSWERS:
        return NotEnough(f"{len(found)} of {MIN_ANSWERS} answers", detail, evidence)
    seconds = sorted(ms / 1000.0 for _, ms in found)
    return Measured(
        value=median(seconds),
        detail={**detail, "p90_s": percentile(seconds, 90)},
        evidence=evidence,
        estimated=any(turn.estimated for turn, _ in found),
    )


def answers(line: Timeline) -> list[tuple[Spoken, Spoken]]:
    """Each trainee's turn that answers, with the avatar's turn that it answers."""
    pairs = []
    floor: Spoken | None = None
    for turn in floor_changes(line):
        if turn.kind == "typed":
            floor = None
        elif turn.kind != "speech":
            floor = turn
        elif floor is not None and turn.start_ms >= floor.end_ms - MAX_OVERLAP_MS:
            if not cuts_off(turn, floor):
                pairs.append((turn, floor))
            floor = None
    return pairs


def median(ordered: Sequence[float]) -> float:
    """The middle of sorted values; of an even number the mean of the middle two."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2.0


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Nearest rank: the smallest of the sorted values that so many percent do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
