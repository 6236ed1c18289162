"""The conversation as a timeline: turns in the order in which they sounded, and stretches of speech.

Times are ms from the start of the conversation and come from word timings, never from when a message
arrived. A turn without word timings has its words spread over its bounds in proportion to their letters and
counts as estimated. The avatar's time is what was *played*: an avatar turn of no duration was never heard.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from memory.records import TimedWord, TurnKind, TurnRecord

LONG_PAUSE_MS = 1000.0
"""A pause this long ends a stretch of speech. Shorter ones belong to talking, as those inside the avatar's
audio do."""

_MAX_MS = 1e9
_NOT_A_WORD = re.compile(r"^[\[<].*[\]>]$")

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn that sounded. ``start_ms``..``end_ms`` is first word to last word for the trainee, playback for
    the avatar; ``onset_ms`` is where its sound began, by the turn's own bounds."""

    seq: int
    kind: TurnKind
    text: str
    words: tuple[TimedWord, ...]
    start_ms: float
    end_ms: float
    onset_ms: float
    estimated: bool
    interrupted: bool
    complete: bool
    """The avatar's: nothing of it was left unheard."""

    @property
    def span(self) -> Interval:
        return self.start_ms, self.end_ms


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the metrics are computed from. Every tuple is in the order of time."""

    language: str
    recognizer_writes_fillers: bool
    speech: tuple[Spoken, ...]
    """The trainee's spoken turns; typed ones and backchannels are not among them."""
    backchannels: tuple[Spoken, ...]
    """The trainee's "mm-hm" that did not take the floor."""
    typed: tuple[Spoken, ...]
    """The trainee's typed turns: no speech, but they take the floor."""
    played: tuple[Spoken, ...]
    """The avatar's turns of which something was heard."""

    @property
    def estimated(self) -> bool:
        return any(one.estimated for one in self.speech)


def timeline(turns: Iterable[TurnRecord], *, language: str, recognizer_writes_fillers: bool) -> Timeline:
    """Sort and clean. The result does not depend on the order in which turns are given."""
    ordered = sorted(turns, key=_order)
    trainee = [one for one in ordered if one.speaker == "trainee"]
    avatar = [_played(one) for one in ordered if one.speaker == "avatar"]
    return Timeline(
        language=language.lower().replace("_", "-").split("-")[0],
        recognizer_writes_fillers=recognizer_writes_fillers,
        speech=_in_time(_said(one) for one in trainee if one.kind == "speech"),
        backchannels=_in_time(_said(one) for one in trainee if one.kind == "backchannel"),
        typed=_in_time(_said(one) for one in trainee if one.kind == "typed"),
        played=_in_time(one for one in avatar if one.end_ms > one.start_ms),
    )


def merged(intervals: Iterable[Interval], gap_ms: float = 0.0) -> list[Interval]:
    """Intervals in order, those with less than ``gap_ms`` between them (or that touch) made one."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and (start <= result[-1][1] or start - result[-1][1] < gap_ms):
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return result


def floor_changes(line: Timeline) -> list[Spoken]:
    """What takes the floor, in the order of onsets: the trainee's spoken and typed turns, the avatar's."""
    return sorted((*line.speech, *line.typed, *line.played), key=lambda one: (one.start_ms, one.seq))


def total_ms(intervals: Iterable[Interval]) -> float:
    return math.fsum(end - start for start, end in intervals)


def stretches(line: Timeline) -> list[Interval]:
    """The trainee's speech: words with less than :data:`LONG_PAUSE_MS` between them, across turns."""
    return merged((span for turn in line.speech for span in sounding(turn)), LONG_PAUSE_MS)


def sounding(turn: Spoken) -> list[Interval]:
    """When a turn sounded, word by word; a turn in which no word was understood, by its bounds."""
    return [(one.start_ms, one.end_ms) for one in turn.words] or [turn.span]


def own_time_ms(turn: Spoken, played: Sequence[Spoken]) -> float:
    """How long the trainee's turn took: first word to last word, own pauses in, out what the avatar played
    in those pauses (not what it played under the trainee's words)."""
    pauses = [
        (before.end_ms, after.start_ms)
        for before, after in zip(turn.words, turn.words[1:], strict=False)
        if after.start_ms > before.end_ms
    ]
    avatar = merged(one.span for one in played)
    return turn.end_ms - turn.start_ms - math.fsum(overlap_ms(one, pause) for pause in pauses for one in avatar)


def overlap_ms(one: Interval, other: Interval) -> float:
    return max(0.0, min(one[1], other[1]) - max(one[0], other[0]))


def _said(turn: TurnRecord) -> Spoken:
    """A trainee's turn. Words lie between their neighbors' starts, so nothing sounds twice in one turn."""
    start, end = _bounds(turn)
    words = _clean(turn.words)
    estimated = turn.words_estimated or not words
    words = words or _spread(turn.text, start, end)
    return Spoken(
        seq=turn.seq,
        kind=turn.kind,
        text=turn.text,
        words=words,
        start_ms=words[0].start_ms if words else start,
        end_ms=max(one.end_ms for one in words) if words else end,
        onset_ms=min(start, words[0].start_ms) if words else start,
        estimated=estimated,
        interrupted=turn.interrupted,
        complete=True,
    )


def _played(turn: TurnRecord) -> Spoken:
    start, end = _bounds(turn)
    return Spoken(
        seq=turn.seq,
        kind=turn.kind,
        text=turn.text,
        words=_clean(turn.words),
        start_ms=start,
        end_ms=end,
        onset_ms=start,
        estimated=turn.words_estimated,
        interrupted=turn.interrupted,
        complete=not turn.unheard_text.strip(),
    )


def _clean(words: Iterable[TimedWord]) -> tuple[TimedWord, ...]:
    kept = ((one.text, _ms(one.start_ms), _ms(one.end_ms)) for one in words if is_word(one.text))
    timed = (TimedWord(text, start, max(start, end)) for text, start, end in kept)
    return tuple(sorted(timed, key=lambda one: (one.start_ms, one.end_ms, one.text)))


def _spread(text: str, start: float, end: float) -> tuple[TimedWord, ...]:
    tokens = [one for one in text.split() if is_word(one)]
    letters = sum(len(one) for one in tokens)
    words, before = [], 0
    for token in tokens:
        after = before + len(token)
        share = (end - start) / letters
        words.append(TimedWord(token, start + share * before, start + share * after))
        before = after
    return tuple(words)


def is_word(token: str) -> bool:
    """Something with a letter or a digit in it, and no mark of the recognizer's like ``[NOISE]``."""
    return any(one.isalnum() for one in token) and not _NOT_A_WORD.match(token)


def _bounds(turn: TurnRecord) -> Interval:
    start, end = _ms(turn.started_ms), _ms(turn.ended_ms)
    return start, max(start, end)


def _ms(value: float) -> float:
    """A time that can be computed with: not a number is 0, and nothing lies further off than eleven days."""
    return 0.0 if math.isnan(value) else min(max(float(value), -_MAX_MS), _MAX_MS)


def _order(turn: TurnRecord) -> tuple[float, int, float, str, str, str]:
    return _ms(turn.started_ms), turn.seq, _ms(turn.ended_ms), turn.speaker, turn.kind, turn.text


def _in_time(spoken: Iterable[Spoken]) -> tuple[Spoken, ...]:
    return tuple(sorted(spoken, key=lambda one: (one.start_ms, one.seq, one.end_ms)))
