"""A turn as a value: what the live conversation hands over, what is stored, what reports are computed from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Speaker = Literal["trainee", "avatar", "coach"]

TurnKind = Literal[
    "speech", "typed", "backchannel", "reply", "opening", "closing", "silence", "direction", "tip"
]
"""The trainee's turns are ``speech``, ``typed`` or ``backchannel`` ("mm-hm" that did not take the floor);
the avatar's ``reply``, ``opening``, ``closing`` (time was up) or ``silence`` (it asked whether the trainee is
still there); the coach's ``direction`` or ``tip``."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word with times in ms from the start of the conversation."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn. Times in ms from the start of the conversation.

    For the avatar ``text`` is what was *heard*, ``unheard_text`` what had been prepared beyond that, and
    ``started_ms``/``ended_ms`` bound the playback; for the trainee they bound the speech. ``words`` are those
    of ``text``. ``timings`` are ms by name (``vad_lag_ms``, ``endpoint_ms``, ``stt_ms``,
    ``llm_first_token_ms``, ``tts_first_audio_ms``, ``response_gap_ms``), on the turn that was caused.
    ``response_gap_ms`` counts from the end that the speech detector saw, which lies up to 0.1 s after the last
    audible sample.
    """

    seq: int
    speaker: Speaker
    kind: TurnKind
    text: str
    started_ms: float
    ended_ms: float
    unheard_text: str = ""
    interrupted: bool = False
    words: tuple[TimedWord, ...] = ()
    words_estimated: bool = False
    """True where word times are in proportion to the letters, for want of better ones."""
    timings: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """As clients see it; times rounded to whole ms, words as [word, start_ms, end_ms]."""
        return {
            "seq": self.seq,
            "speaker": self.speaker,
            "kind": self.kind,
            "text": self.text,
            "unheard_text": self.unheard_text,
            "interrupted": self.interrupted,
            "started_ms": round(self.started_ms),
            "ended_ms": round(self.ended_ms),
            "words": [[word.text, round(word.start_ms), round(word.end_ms)] for word in self.words],
            "timings": dict(self.timings),
        }


def without_said_again(turns: Iterable[TurnRecord]) -> list[TurnRecord]:
    """Without what the avatar prepared, nobody heard a word of, and it then said again: an opening line that
    was lost with the connection. For readers: what is stored and measured keeps both."""
    turns = list(turns)
    followers = [*turns[1:], None]
    return [one for one, then in zip(turns, followers, strict=False) if not _said_again(one, then)]


def _said_again(one: TurnRecord, then: TurnRecord | None) -> bool:
    if then is None or one.speaker != "avatar" or then.speaker != "avatar" or one.text.strip():
        return False
    return _letters(one) == _letters(then) != ""


def _letters(turn: TurnRecord) -> str:
    return "".join(f"{turn.text}{turn.unheard_text}".split())
