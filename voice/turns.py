"""Who has the floor: the machine that walks the table of turn-taking (``voice/table.py``).

The machine is told what happens (:meth:`TurnMachine.handle`) and what time it is; it answers with actions for
the conversation to carry out, and with the moment at which it wants to be asked again (``deadline``). It does
no I/O and has no clock, so a whole conversation can be played through it in microseconds.

``python -m voice.turns`` prints ``docs/turns.md``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from voice.backchannel import takes_the_floor, words_of
from voice.segmenter import SpeechPaused, SpeechStarted
from voice.table import (
    IGNORED,
    TRANSITIONS,
    Action,
    CommitTurn,
    Do,
    Event,
    FalseAlarm,
    HungUp,
    IllegalEvent,
    Interrupted,
    NothingSaid,
    OpenUtterance,
    PlaybackFinished,
    ReplyFailed,
    ReplyRequested,
    StartReply,
    State,
    TextHeard,
    TurnEnded,
)
from voice.verdicts import Speech, TurnSettings

__all__ = ["IGNORED", "TRANSITIONS", "State", "TurnMachine", "TurnSettings"]


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
    """What the avatar has said just now, for telling its echo; kept current by the conversation."""
    _speech: Speech | None = None
    _talking: bool = False
    """Whether somebody is speaking now, whatever became of it."""
    _speculations: int = 0

    # -- the two doors --------------------------------------------------------------------------------------

    def handle(self, event: Event, now: float) -> list[Action]:
        """What happened, at ``now`` (conversation ms)."""
        if isinstance(event, SpeechStarted | SpeechPaused):
            self._talking = isinstance(event, SpeechStarted)
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
        if self.deadline is None:
            return []
        if self.state is State.DECIDING:
            return self._decide_turn(now)
        return self._decide_yield(now)

    @property
    def deadline(self) -> float | None:
        """When to call ``tick`` next, in conversation ms; None: nothing is pending."""
        speech = self._speech
        if speech is None:
            return None
        if self.state is State.DECIDING and speech.paused_ms is not None:
            if not speech.settling:
                return speech.paused_ms + self._settle_after_ms
            return self._window_end if speech.final else None
        if self.state is State.YIELDING:
            return speech.verdict_due(self.playing_text, self.settings)
        return None

    def shift(self, by_ms: float) -> None:
        """The clock of the sound was put right: so the speech in it was then."""
        if self._speech is not None:
            self._speech.started_ms += by_ms
            if self._speech.paused_ms is not None:
                self._speech.paused_ms += by_ms

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

    # -- speech begins and pauses ---------------------------------------------------------------------------

    def _on_speech_started(self, event: SpeechStarted, before: State) -> list[Action]:
        if before in (State.DECIDING, State.YIELDING):  # the pause was none, the same utterance goes on
            self._judged.go_on()
            return self._drop_speculation()
        actions = [self._dismiss()] if self._speech is not None else []
        self._speech = Speech(event.at_ms)
        if before is State.THINKING:
            self.withheld = True
            actions.append(Do.WITHHOLD_REPLY)
        elif before is State.SPEAKING:
            actions.append(Do.PAUSE_OUTPUT)
        return [*actions, OpenUtterance(event.at_ms)]

    def _on_speech_paused(self, event: SpeechPaused, now: float) -> list[Action]:
        if self._speech is None:  # over the avatar, and already judged
            return []
        self._speech.paused_ms = event.at_ms
        if self.state is State.DECIDING:
            return self._decide_turn(now)
        self._speech.settling = True
        return [Do.SETTLE]

    def _on_text(self, event: TextHeard, now: float) -> list[Action]:
        speech = self._speech
        if speech is None or event.final is not speech.settling:
            return []  # settled before the speech went on, or a guess that is older than the settled text
        speech.text, speech.final = event.text, event.final
        match self.state:
            case State.YIELDING:
                return self._decide_yield(now)
            case State.SPEAKING:
                return self._overhear(now)
        return self._on_settled(now) if event.final else []

    # -- DECIDING: has the turn ended? ------------------------------------------------------------------------

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
        """Settle when it is time, end the turn once the window is over and the text known."""
        speech = self._judged
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
        if self.withheld:
            self.withheld = False
            self._step(FalseAlarm())
            return [self._dismiss(), Do.RELEASE_REPLY]
        self._step(NothingSaid())
        self._dismiss()
        return [Do.DROP_UTTERANCE]

    def _end_turn(self) -> list[Action]:
        self._step(TurnEnded())
        commit = self._commit()
        if self.speculating:
            self.speculating = False
            return [commit, Do.RELEASE_REPLY]
        return [commit, StartReply("answer")]

    def _is_turn(self) -> bool:
        """Over a withheld reply only a real turn counts; otherwise anything with a word in it."""
        text = self._judged.text
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
        paused_ms = self._judged.paused_ms
        assert paused_ms is not None
        return paused_ms + self.settings.window_ms

    # -- YIELDING: who gets the floor? ------------------------------------------------------------------------

    def _decide_yield(self, now: float) -> list[Action]:
        """The verdict on what is said over the avatar, as soon as there is enough to judge by."""
        match self._judged.verdict(now, self.playing_text, self.settings):
            case "interrupted":
                return self._interrupt(now)
            case "false_alarm":
                return self._false_alarm()
        return []

    def _interrupt(self, now: float) -> list[Action]:
        self._step(Interrupted())
        return [Do.STOP_REPLY, *self._catch_up(now)]

    def _false_alarm(self) -> list[Action]:
        """The avatar goes on. Speech that has not paused yet is overheard from here on."""
        self._step(FalseAlarm())
        if self._judged.paused_ms is None:
            return [Do.RESUME_OUTPUT]
        return [self._dismiss(), Do.RESUME_OUTPUT]

    def _overhear(self, now: float) -> list[Action]:
        """SPEAKING, over somebody who murmurs on: once he says something real, he has the floor after all."""
        if self._judged.takes_the_floor(self.playing_text, self.settings):
            self._step(SpeechStarted(self._judged.started_ms))
            return self._interrupt(now)
        return [self._dismiss()] if self._judged.final else []

    def _catch_up(self, now: float) -> list[Action]:
        """HEARING was reached by way of a verdict. If that speech has paused already, tell the table too."""
        speech = self._judged
        if speech.paused_ms is None:
            return []
        self._step(SpeechPaused(speech.paused_ms))
        return self._on_settled(now) if speech.final else self._decide_turn(now)

    # -- replies and the end ----------------------------------------------------------------------------------

    def _on_reply_requested(self, event: ReplyRequested, before: State) -> list[Action]:
        actions: list[Action] = []
        if before in (State.HEARING, State.DECIDING):
            if self.speculating or self.withheld:
                actions.append(Do.DISCARD_REPLY)
            actions.append(self._commit())
        elif before is State.THINKING:
            actions.append(Do.DISCARD_REPLY)
        elif before in (State.SPEAKING, State.YIELDING):
            actions += [Do.STOP_REPLY, *self._let_go(before)]
        self._forget()
        return [*actions, StartReply(event.occasion)]

    def _on_reply_over(self, before: State, now: float) -> list[Action]:
        if before is State.YIELDING:
            return self._catch_up(now)
        if before in (State.HEARING, State.DECIDING):
            self.speculating = self.withheld = False
            return []
        return self._hear_on(now)

    def _hear_on(self, now: float) -> list[Action]:
        """The avatar is done, and somebody is still speaking: he has the floor."""
        if self._speech is not None:
            self._step(SpeechStarted(self._speech.started_ms))
            return self._catch_up(now)
        if not self._talking:
            return []
        self._speech = Speech(now)
        self._step(SpeechStarted(now))
        return [OpenUtterance(now)]

    def _on_hung_up(self, before: State) -> list[Action]:
        actions = self._drop_speculation()
        if before in (State.HEARING, State.DECIDING):
            actions.append(self._commit())
            if self.withheld:
                actions.append(Do.STOP_REPLY)
        elif before is not State.LISTENING:
            actions += [Do.STOP_REPLY, *self._let_go(before)]
        self._forget()
        return actions

    def _let_go(self, before: State) -> list[Action]:
        """What was being said over the avatar when that came to an end: a turn, unless already judged."""
        if self._speech is None:
            return []
        return [self._commit() if before is State.YIELDING else self._dismiss()]

    # -- the speech that is judged ----------------------------------------------------------------------------

    @property
    def _judged(self) -> Speech:
        assert self._speech is not None
        return self._speech

    def _commit(self) -> CommitTurn:
        speech, self._speech = self._speech, None
        self._speculations = 0
        return CommitTurn(speech.paused_ms if speech else None)

    def _dismiss(self) -> Action:
        """A backchannel is kept for the report (active listening); noise and echo are not."""
        listening = self._judged.is_listening_noise(self.playing_text, self.settings)
        self._speech = None
        self._speculations = 0
        return Do.NOTE_BACKCHANNEL if listening else Do.DROP_UTTERANCE

    def _drop_speculation(self) -> list[Action]:
        if not self.speculating:
            return []
        self.speculating = False
        return [Do.DISCARD_REPLY]

    def _forget(self) -> None:
        self._speech = None
        self._speculations = 0
        self.speculating = self.withheld = False


if __name__ == "__main__":
    from voice.papers import turns_page

    print(turns_page(), end="")
