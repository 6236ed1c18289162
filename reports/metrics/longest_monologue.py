"""How long the trainee held the floor at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.metrics.lexicon import BACKCHANNELS, plain
from reports.metrics.result import Evidence, Measured, NotEnough, Outcome
from reports.metrics.timeline import LONG_PAUSE_MS, Interval, Spoken, Timeline, overlap_ms, stretches


def longest_monologue(line: Timeline) -> Outcome:
    """The longest time the trainee spoke without leaving the floor.

    Formula: the longest stretch of the trainee's own speech, merged across gaps under 1 s and across
    backchannels; from its first word to the end of its last.
    Unit: s.
    Enough: one spoken turn.
    Rules: a backchannel ("mm-hm", "I see") bridges a pause if under 1 s of silence lies on either side of it;
    it may be the avatar's, heard in full, or the trainee's own, unless the avatar was speaking. It never
    begins or ends a monologue. Typed turns are no speech.
    Source: Demodesk, 328 meetings: at most 76 s.
    """
    candidates = monologues(stretches(line), _bridges(line))
    if not candidates:
        return NotEnough("the trainee was not heard")
    start, end = max(candidates, key=lambda one: (one[1] - one[0], -one[0]))
    if end <= start:
        return NotEnough("the trainee was not heard")
    inside = [one for one in line.speech if one.start_ms <= end and one.end_ms >= start]
    return Measured(
        value=(end - start) / 1000.0,
        detail={"start_s": start / 1000.0, "end_s": end / 1000.0, "turns": len(inside)},
        evidence=(Evidence(inside[0].seq, start, end, "monologue"),),
        estimated=any(one.estimated for one in inside),
    )


@dataclass(slots=True)
class _Monologue:
    start: float
    end: float
    reach: float
    """Up to where it can be continued: its end, or that of a backchannel after it."""


def monologues(own: Sequence[Interval], bridges: Sequence[Interval]) -> list[Interval]:
    """Own speech with the bridged pauses closed, in the order of time."""
    pieces = sorted([(one, True) for one in own] + [(one, False) for one in bridges])
    found: list[_Monologue] = []
    for (start, end), mine in pieces:
        continues = bool(found) and start - found[-1].reach < LONG_PAUSE_MS
        if mine and not continues:
            found.append(_Monologue(start, end, end))
        elif continues:
            found[-1].reach = max(found[-1].reach, end)
            if mine:
                found[-1].end = max(found[-1].end, end)
    return [(one.start, one.end) for one in found]


def _bridges(line: Timeline) -> list[Interval]:
    listening = [one for one in line.played if _is_backchannel(one, line.language)]
    speaking = [one for one in line.played if one not in listening]
    own = [one for one in line.backchannels if not any(overlap_ms(one.span, it.span) > 0.0 for it in speaking)]
    return [one.span for one in (*listening, *own)]


def _is_backchannel(turn: Spoken, language: str) -> bool:
    said = " ".join(plain(one) for one in turn.text.split())
    return turn.complete and not turn.interrupted and said in BACKCHANNELS.get(language, frozenset())
