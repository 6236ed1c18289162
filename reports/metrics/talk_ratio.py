"""Who talked how much."""

from __future__ import annotations

from reports.metrics.result import Evidence, Measured, NotEnough, Outcome
from reports.metrics.timeline import Timeline, merged, stretches, total_ms

MIN_SOUND_MS = 5000.0


def talk_ratio(line: Timeline) -> Outcome:
    """The trainee's share of the talking.

    Formula: trainee's speech / (trainee's speech + the avatar's audio that was played).
    Unit: ratio, 0 to 1.
    Enough: 5 s of sound in all, and both were heard.
    Rules: the trainee's speech is words with pauses under 1 s between them (the avatar's audio has its short
    pauses in as well); the avatar's is the playback, not what was prepared and never heard. Sound on top of
    sound counts on both sides. Typed turns and backchannels count on neither.
    Source: Gong (discovery 30-40 %, demonstration 50-70 %); no default, each scenario sets its own target.
    """
    own = total_ms(stretches(line))
    avatar = total_ms(merged(one.span for one in line.played))
    detail = {"trainee_s": own / 1000.0, "avatar_s": avatar / 1000.0}
    if own <= 0.0:
        return NotEnough("the trainee was not heard", detail)
    if avatar <= 0.0:
        return NotEnough("the avatar was not heard", detail)
    if own + avatar < MIN_SOUND_MS:
        return NotEnough(f"under {MIN_SOUND_MS / 1000.0:.0f} s of talk", detail)
    evidence = tuple(
        Evidence(one.seq, one.start_ms, one.end_ms, label)
        for label, turns in (("trainee", line.speech), ("avatar", line.played))
        for one in turns
    )
    return Measured(own / (own + avatar), detail, evidence, line.estimated)
