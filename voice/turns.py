"""Who has the floor: the table of turn-taking, and the machine that walks it.

The machine is told what happens (:meth:`TurnMachine.handle`) and what time it is; it answers with actions for
the conversation to carry out, and with the moment at which it wants to be asked again (``deadline``). It does
no I/O and has no clock, so a whole conversation can be played through it in microseconds.

How to read the table. The trainee's speech leads from LISTENING over HEARING (somebody speaks) to DECIDING
(somebody paused: was that the end?). A turn that has ended makes the avatar think and then speak. Speech over
the avatar pauses it first (YIELDING) and is judged afterwards: an interruption takes the floor, a backchannel
or an echo gives it back. Speech while the avatar is still THINKING withholds the reply; only a real turn
discards it.

Events that the machine itself decides on (TurnEnded, NothingSaid, Interrupted, FalseAlarm) go through the
same table as those that it is told. Every (state, event) pair is a transition, ignored, or illegal.

``docs/turns.md`` shows the table as a diagram; it is generated (``python -m voice.turns``) and checked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from voice.backchannel import is_backchannel, is_echo, takes_the_floor, words_of
from voice.segmenter import SpeechPaused, SpeechStarted

Occasion = Literal["answer", "opening", "closing", "silence"]


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

    occasion: Occasion
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
    S.HEARING: frozenset({TextHeard, AudioStarted, PlaybackFinished, ReplyFailed}),
    S.DECIDING: frozenset({AudioStarted, PlaybackFinished}),
    S.THINKING: frozenset({SpeechPaused, TextHeard}),
    S.SPEAKING: frozenset({SpeechPaused, TextHeard, AudioStarted}),
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


@dataclass(frozen=True, slots=True)
class TurnSettings:
    """Durations in ms."""

    window_ms: float = 500.0
    """Silence after which the trainee's turn has ended (the avatar's patience)."""
    speculate_after_ms: float = 100.0
    """Silence after which the transcript is settled and a reply begun, withheld."""
    speculations_per_turn: int = 3
    interrupt_after_ms: float = 500.0
    """Speech this long with words in it takes the floor although it has not paused."""
    unheard_interrupt_ms: float = 1500.0
    """Speech this long takes the floor even if no word of it was understood."""
    verdict_deadline_ms: float = 1500.0
    """How long after a pause the recognizer may take to say what it was."""
    language: str = "en"


@dataclass(slots=True)
class _Speech:
    """The speech that is being judged."""

    started_ms: float
    paused_ms: float | None = None
    text: str = ""
    final: bool = False
    settling: bool = False


@dataclass(slots=True)
class TurnMachine:
    """``handle`` and ``tick`` return the actions to carry out, in order. ``strict``: illegal events raise
    (tests); otherwise they are counted and ignored (production)."""

    settings: TurnSettings = field(default_factory=TurnSettings)
    strict: bool = True
    state: State = State.LISTENING
    illegal: int = 0
    speculating: bool = False
    """A reply to the settled text is being prepared, withheld."""
    withheld: bool = False
    """A reply to an earlier turn waits for the verdict on what was said over it."""
    playing_text: str = ""
    """What the avatar is saying, for telling its echo; kept current by the conversation."""
    _speech: _Speech | None = None
    _speculations: int = 0

    # -- the two doors --------------------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> list[Action]:
        """What happened, at ``now`` (conversation ms)."""
        before = self.state
        if not self._step(event):
            return []
        match event:
            case SpeechStarted():
                return self._on_speech_started(event, before)
            case SpeechPaused():
                return self._on_speech_paused(event, now)
            case TextHeard():
                return self._on_text(event, now)
            case ReplyRequested():
                return self._on_reply_requested(event, before)
            case PlaybackFinished() | ReplyFailed():
                return self._on_reply_over(before, now)
            case HungUp():
                return self._on_hung_up(before)
        return []

    def tick(self, now: float) -> list[Action]:
        """Time has passed; call at ``deadline`` or any time later."""
        match self.state:
            case State.DECIDING:
                return self._decide_turn(now)
            case State.YIELDING:
                return self._decide_yield(now)
        return []

    @property
    def deadline(self) -> float | None:
        """When to call ``tick`` next, in conversation ms; None: nothing is pending."""
        speech = self._speech
        if speech is None:
            return None
        settings = self.settings
        if self.state is State.DECIDING and speech.paused_ms is not None:
            if not speech.settling:
                return speech.paused_ms + self._settle_after_ms
            return speech.paused_ms + settings.window_ms if speech.final else None
        if self.state is State.YIELDING:
            if speech.paused_ms is not None:
                return speech.paused_ms + settings.verdict_deadline_ms
            if takes_the_floor(speech.text, playing=self.playing_text, language=settings.language):
                return speech.started_ms + settings.interrupt_after_ms
            return speech.started_ms + settings.unheard_interrupt_ms
        return None

    # -- the table ------------------------------------------------------------------------------------------

    def _step(self, event: Event) -> bool:
        """The one place where the state changes. False: the event is ignored."""
        following = TRANSITIONS[self.state].get(type(event))
        if following is not None:
            self.state = following
            return True
        if type(event) not in IGNORED[self.state]:
            self.illegal += 1
            if self.strict:
                raise IllegalEvent(f"{type(event).__name__} in {self.state}")
        return False

    # -- guards and consequences ----------------------------------------------------------------------------

    def _on_speech_started(self, event: SpeechStarted, before: State) -> list[Action]:
        match before:
            case State.LISTENING:
                self._speech = _Speech(event.at_ms)
                return [OpenUtterance(event.at_ms)]
            case State.THINKING:
                self._speech = _Speech(event.at_ms)
                self.withheld = True
                return [Do.WITHHOLD_REPLY, OpenUtterance(event.at_ms)]
            case State.SPEAKING:
                self._speech = _Speech(event.at_ms)
                return [Do.PAUSE_OUTPUT, OpenUtterance(event.at_ms)]
        # DECIDING or YIELDING: the pause was none, the same utterance goes on
        speech = self._speech
        assert speech is not None
        speech.paused_ms, speech.final, speech.settling = None, False, False
        return self._drop_speculation()

    def _on_speech_paused(self, event: SpeechPaused, now: float) -> list[Action]:
        speech = self._speech
        assert speech is not None
        speech.paused_ms = event.at_ms
        if self.state is State.YIELDING:
            speech.settling = True
            return [Do.SETTLE]
        return self._decide_turn(now)

    def _on_text(self, event: TextHeard, now: float) -> list[Action]:
        speech = self._speech
        assert speech is not None
        if event.final is not speech.settling:
            return []  # settled before the speech went on, or a guess that is older than the settled text
        speech.text, speech.final = event.text, event.final
        if self.state is State.YIELDING:
            return self._decide_yield(now)
        return self._on_settled(now) if event.final else []

    def _on_settled(self, now: float) -> list[Action]:
        actions: list[Action] = []
        if self._is_turn():
            if self.withheld:
                self.withheld = False
                actions.append(Do.DISCARD_REPLY)
            window_open = now < self._window_end
            if window_open and self._speculations < self.settings.speculations_per_turn:
                self._speculations += 1
                self.speculating = True
                actions.append(StartReply("answer", withheld=True))
        return actions + self._decide_turn(now)

    def _decide_turn(self, now: float) -> list[Action]:
        """DECIDING: settle when it is time, end the turn once the window is over and the text known."""
        speech = self._speech
        assert speech is not None
        assert speech.paused_ms is not None
        if not speech.settling:
            if now < speech.paused_ms + self._settle_after_ms:
                return []
            speech.settling = True
            return [Do.SETTLE]
        if not speech.final or now < self._window_end:
            return []
        if self._is_turn():
            return self._end_turn()
        self._speech = None
        if self.withheld:
            self._step(FalseAlarm())
            self.withheld = False
            return [self._dismissal(speech), Do.RELEASE_REPLY]
        self._step(NothingSaid())
        return [Do.DROP_UTTERANCE]

    def _end_turn(self) -> list[Action]:
        self._step(TurnEnded())
        commit = self._commit()
        self._speculations = 0
        if self.speculating:
            self.speculating = False
            return [commit, Do.RELEASE_REPLY]
        return [commit, StartReply("answer")]

    def _decide_yield(self, now: float) -> list[Action]:
        """YIELDING: the verdict on what is said over the avatar, as soon as there is enough to judge by."""
        speech = self._speech
        assert speech is not None
        settings = self.settings
        real = takes_the_floor(speech.text, playing=self.playing_text, language=settings.language)
        if speech.paused_ms is not None:
            if speech.final:
                return self._interrupt(now) if real else self._false_alarm()
            if now < speech.paused_ms + settings.verdict_deadline_ms:
                return []
            long_enough = speech.paused_ms - speech.started_ms >= settings.interrupt_after_ms
            return self._interrupt(now) if real or long_enough else self._false_alarm()
        spoken_ms = now - speech.started_ms
        if real and spoken_ms >= settings.interrupt_after_ms:
            return self._interrupt(now)
        if spoken_ms >= settings.unheard_interrupt_ms:
            # Words that are all backchannel or echo don't take the floor however long they go on.
            return self._false_alarm() if words_of(speech.text) and not real else self._interrupt(now)
        return []

    def _interrupt(self, now: float) -> list[Action]:
        self._step(Interrupted())
        return [Do.STOP_REPLY, *self._catch_up(now)]

    def _false_alarm(self) -> list[Action]:
        self._step(FalseAlarm())
        speech, self._speech = self._speech, None
        assert speech is not None
        return [self._dismissal(speech), Do.RESUME_OUTPUT]

    def _dismissal(self, speech: _Speech) -> Action:
        """A backchannel is kept for the report (active listening); noise and echo are not."""
        echo = is_echo(speech.text, self.playing_text)
        listening = is_backchannel(speech.text, self.settings.language) and not echo
        return Do.NOTE_BACKCHANNEL if listening else Do.DROP_UTTERANCE

    def _catch_up(self, now: float) -> list[Action]:
        """HEARING was reached from YIELDING. If that speech has paused already, say so to the table too."""
        speech = self._speech
        assert speech is not None
        if speech.paused_ms is None:
            return []
        self._step(SpeechPaused(speech.paused_ms))
        return self._on_settled(now) if speech.final else self._decide_turn(now)

    def _on_reply_requested(self, event: ReplyRequested, before: State) -> list[Action]:
        actions: list[Action] = []
        if before in (State.HEARING, State.DECIDING):
            actions += self._drop_speculation()
            if self.withheld:
                actions.append(Do.DISCARD_REPLY)
            actions.append(self._commit())
        elif before is State.THINKING:
            actions.append(Do.DISCARD_REPLY)
        elif before in (State.SPEAKING, State.YIELDING):
            actions.append(Do.STOP_REPLY)
            if before is State.YIELDING:
                actions.append(self._commit())
        self._forget()
        return [*actions, StartReply(event.occasion)]

    def _on_reply_over(self, before: State, now: float) -> list[Action]:
        if before is State.YIELDING:
            return self._catch_up(now)
        if before is State.DECIDING:
            self.speculating = self.withheld = False
        return []

    def _on_hung_up(self, before: State) -> list[Action]:
        actions = self._drop_speculation()
        if before in (State.HEARING, State.DECIDING, State.YIELDING):
            actions.append(self._commit())
        if before in (State.THINKING, State.SPEAKING, State.YIELDING) or self.withheld:
            actions.append(Do.STOP_REPLY)
        self._forget()
        return actions

    def _commit(self) -> CommitTurn:
        speech, self._speech = self._speech, None
        return CommitTurn(speech.paused_ms if speech else None)

    def _drop_speculation(self) -> list[Action]:
        if not self.speculating:
            return []
        self.speculating = False
        return [Do.DISCARD_REPLY]

    def _forget(self) -> None:
        self._speech = None
        self._speculations = 0
        self.speculating = self.withheld = False

    def _is_turn(self) -> bool:
        """Over a withheld reply only a real turn counts; otherwise anything with a word in it."""
        assert self._speech is not None
        text = self._speech.text
        if self.withheld:
            return takes_the_floor(text, playing="", language=self.settings.language)
        return bool(words_of(text))

    @property
    def _settle_after_ms(self) -> float:
        if self._speculations >= self.settings.speculations_per_turn:
            return self.settings.window_ms
        return min(self.settings.speculate_after_ms, self.settings.window_ms)

    @property
    def _window_end(self) -> float:
        assert self._speech is not None
        assert self._speech.paused_ms is not None
        return self._speech.paused_ms + self.settings.window_ms


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> listening"]
    for state, row in TRANSITIONS.items():
        lines += [f"    {state} --> {following} : {event.__name__}" for event, following in row.items()]
    return "\n".join([*lines, "    ended --> [*]"])


if __name__ == "__main__":
    print(diagram())
