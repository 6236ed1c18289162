"""The table of turn-taking: its states, what can happen in them, and what is to be done then.

The trainee's speech leads from LISTENING over HEARING (somebody speaks) to DECIDING (somebody paused: was that
the end?). A turn that has ended makes the avatar think and then speak. Speech over the avatar pauses it first
(YIELDING) and is judged afterwards: an interruption takes the floor, a backchannel or an echo gives it back.
Speech while the avatar is still THINKING withholds the reply; only a real turn discards it.

Events that the machine itself decides on (TurnEnded, NothingSaid, Interrupted, FalseAlarm) go through the
same table as those that it is told. Every (state, event) pair is a transition, ignored, or illegal.

``docs/turns.md`` shows it as a diagram; it is generated (``python -m voice.turns``) and checked.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from voice.segmenter import SpeechPaused, SpeechStarted

Occasion = Literal["answer", "opening", "closing", "silence"]
"""Why the avatar speaks: it answers, opens the scene, closes it, or asks whether the trainee is still there."""


class State(StrEnum):
    LISTENING = "listening"
    HEARING = "hearing"
    DECIDING = "deciding"
    THINKING = "thinking"
    SPEAKING = "speaking"
    YIELDING = "yielding"
    ENDED = "ended"


# -- what happens --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextHeard:
    """The recognizer understood this so far; ``final`` once the transcript is settled."""

    text: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class ReplyRequested:
    """The avatar is to speak now, whoever has the floor: its opening line, an answer to a typed turn or to a
    push-to-talk commit, "are you still there?", the closing of the scene."""

    occasion: Occasion = "answer"


@dataclass(frozen=True, slots=True)
class AudioStarted:
    """The reply's first sound went out."""


@dataclass(frozen=True, slots=True)
class PlaybackFinished:
    """The reply was played to its end (or, without a voice, written to its end)."""


@dataclass(frozen=True, slots=True)
class ReplyFailed:
    """The reply can't go on."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The conversation is over, for whatever reason."""


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """Decided: the trainee has finished."""


@dataclass(frozen=True, slots=True)
class NothingSaid:
    """Decided: that was no speech."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Decided: the trainee takes the floor."""


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """Decided: the avatar keeps the floor."""


Event = (
    SpeechStarted
    | SpeechPaused
    | TextHeard
    | ReplyRequested
    | AudioStarted
    | PlaybackFinished
    | ReplyFailed
    | HungUp
    | TurnEnded
    | NothingSaid
    | Interrupted
    | FalseAlarm
)

# -- what is to be done --------------------------------------------------------------------------------------


class Do(StrEnum):
    """Actions without content."""

    SETTLE = "settle the transcript"
    DROP_UTTERANCE = "the utterance was nothing"
    NOTE_BACKCHANNEL = "the utterance was a backchannel"
    PAUSE_OUTPUT = "pause output"
    RESUME_OUTPUT = "resume output"
    STOP_REPLY = "stop the reply, keep what was heard"
    WITHHOLD_REPLY = "withhold the reply"
    RELEASE_REPLY = "release the reply"
    DISCARD_REPLY = "discard the reply, nobody heard it"


@dataclass(frozen=True, slots=True)
class OpenUtterance:
    """Transcribe from here on (and from a little before: the pre-roll)."""

    from_ms: float


@dataclass(frozen=True, slots=True)
class CommitTurn:
    """The utterance is a turn; the speech in it ended then (None: it was cut short)."""

    ended_ms: float | None


@dataclass(frozen=True, slots=True)
class StartReply:
    """Begin to think; ``withheld``: not a sound before it is released (speculation)."""

    occasion: Occasion = "answer"
    withheld: bool = False


Action = Do | OpenUtterance | CommitTurn | StartReply

# -- the table -----------------------------------------------------------------------------------------------

S = State
TRANSITIONS: dict[State, dict[type[Event], State]] = {
    S.LISTENING: {
        SpeechStarted: S.HEARING,
        ReplyRequested: S.THINKING,
        HungUp: S.ENDED,
    },
    S.HEARING: {
        SpeechPaused: S.DECIDING,
        ReplyRequested: S.THINKING,
        ReplyFailed: S.HEARING,
        HungUp: S.ENDED,
    },
    S.DECIDING: {
        SpeechStarted: S.HEARING,
        TextHeard: S.DECIDING,
        TurnEnded: S.THINKING,
        NothingSaid: S.LISTENING,
        FalseAlarm: S.THINKING,
        ReplyRequested: S.THINKING,
        ReplyFailed: S.DECIDING,
        HungUp: S.ENDED,
    },
    S.THINKING: {
        AudioStarted: S.SPEAKING,
        SpeechStarted: S.HEARING,
        ReplyRequested: S.THINKING,
        PlaybackFinished: S.LISTENING,
        ReplyFailed: S.LISTENING,
        HungUp: S.ENDED,
    },
    S.SPEAKING: {
        SpeechStarted: S.YIELDING,
        SpeechPaused: S.SPEAKING,
        TextHeard: S.SPEAKING,
        PlaybackFinished: S.LISTENING,
        ReplyFailed: S.LISTENING,
        ReplyRequested: S.THINKING,
        HungUp: S.ENDED,
    },
    S.YIELDING: {
        SpeechStarted: S.YIELDING,
        SpeechPaused: S.YIELDING,
        TextHeard: S.YIELDING,
        Interrupted: S.HEARING,
        FalseAlarm: S.SPEAKING,
        PlaybackFinished: S.HEARING,
        ReplyFailed: S.HEARING,
        ReplyRequested: S.THINKING,
        HungUp: S.ENDED,
    },
    S.ENDED: {},
}

IGNORED: dict[State, frozenset[type[Event]]] = {
    # What was under way when the state changed may still report; it no longer matters.
    S.LISTENING: frozenset({SpeechPaused, TextHeard, AudioStarted, PlaybackFinished, ReplyFailed}),
    S.HEARING: frozenset({TextHeard, AudioStarted, PlaybackFinished}),
    S.DECIDING: frozenset({AudioStarted, PlaybackFinished}),
    S.THINKING: frozenset({SpeechPaused, TextHeard}),
    S.SPEAKING: frozenset({AudioStarted}),
    S.YIELDING: frozenset({AudioStarted}),
    S.ENDED: frozenset(
        {
            SpeechStarted, SpeechPaused, TextHeard, ReplyRequested, AudioStarted, PlaybackFinished,
            ReplyFailed, HungUp, TurnEnded, NothingSaid, Interrupted, FalseAlarm,
        }
    ),
}  # fmt: skip


class IllegalEvent(RuntimeError):
    """An event that can't happen in this state: a fault of ours."""
