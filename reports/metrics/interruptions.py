"""Who cut in on whom."""

from __future__ import annotations

from itertools import pairwise

from reports.metrics.result import Evidence, Measured, NotEnough, Outcome
from reports.metrics.timeline import Spoken, Timeline, floor_changes

ONSET_SLACK_MS = 1000.0
"""The avatar falls silent at the first sound, so by word timings the turn that interrupted it may begin a
little after the playback ended. What begins later than this did not interrupt (the connection was lost, or a
direction acted at once)."""

CUT_IN_OVERLAP_MS = 250.0
"""The trainee must speak on for this long under an avatar that begins; word ends are not exact to less."""


def interruptions(line: Timeline) -> Outcome:
    """How often the trainee took the floor from the avatar.

    Formula: avatar turns that were interrupted and that a spoken turn of the trainee follows, beginning
    inside the playback or up to 1 s after it.
    Unit: count.
    Enough: the avatar and the trainee were both heard.
    Rules: what counts is the decision of the live conversation, not the length of the overlap: the avatar
    falls silent at once. Backchannels ("mm-hm") are active listening and counted apart (`backchannels`), and
    so are the avatar's own cut-ins (`avatar_cut_ins`: its playback began 250 ms or more before the end of a
    turn of the trainee's). A typed turn interrupts nobody.
    Source: of its own: reported, not judged.
    """
    if not line.played:
        return NotEnough("the avatar was not heard")
    if not line.speech and not line.backchannels:
        return NotEnough("the trainee was not heard")
    cut_off = [after for before, after in pairwise(floor_changes(line)) if cuts_off(after, before)]
    cut_in = [one for one in line.played if any(_begins_inside(one, turn) for turn in line.speech)]
    labeled = (("interruption", cut_off), ("backchannel", line.backchannels), ("avatar_cut_in", cut_in))
    return Measured(
        value=len(cut_off),
        detail={"backchannels": len(line.backchannels), "avatar_cut_ins": len(cut_in)},
        evidence=tuple(
            Evidence(one.seq, one.start_ms, one.end_ms, label) for label, turns in labeled for one in turns
        ),
    )


def cuts_off(turn: Spoken, avatar: Spoken) -> bool:
    """Whether this turn of the trainee's is the one that interrupted the avatar's turn before it."""
    if turn.kind != "speech" or avatar.kind in ("speech", "typed") or not avatar.interrupted:
        return False
    return turn.onset_ms <= avatar.end_ms + ONSET_SLACK_MS


def _begins_inside(avatar: Spoken, turn: Spoken) -> bool:
    return turn.start_ms < avatar.start_ms <= turn.end_ms - CUT_IN_OVERLAP_MS
