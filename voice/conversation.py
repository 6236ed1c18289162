"""The one orchestrator: carries out what the turn machine decides.

    sound -> Listener -> TurnMachine -> actions -> Trainee (settle, commit)
                                                -> Avatar (reply, pause, resume, stop) -> door

Everything runs on one event loop. ``hear`` and ``receive`` return at once; what has to wait (a transcript, a
reply) is a task in the conversation's own TaskGroup. Times are ms from the start of the conversation, also
after a reconnect.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import assert_never

from voice import events as wire
from voice.avatar import Avatar
from voice.commands import Commands
from voice.errors import RateLimited, VoiceError
from voice.floor import Floor
from voice.hearing import Hearing
from voice.history import History, Record
from voice.listener import Listener
from voice.narrator import Narrator
from voice.reply import Reply
from voice.scene import Cast, Door, Scene
from voice.segmenter import SpeechEvent
from voice.table import (
    Action,
    CommitTurn,
    Do,
    HungUp,
    OpenUtterance,
    PlaybackFinished,
    ReplyFailed,
    ReplyRequested,
    StartReply,
    State,
    TextHeard,
)
from voice.timekeeper import Speak, Timekeeper
from voice.trainee import Trainee
from voice.turns import TurnMachine
from voice.work import Work

EARLY_EVENTS = 64
"""Events of the client that may wait for the conversation to begin; more are refused with ``rate_limited``."""
HOUSEKEEPING_S = 0.25
ECHO_MS = 2_000.0
"""The avatar's words of so long before somebody's speech may be in it as an echo (network, buffers, room)."""


class Conversation:
    """Make it, await :meth:`run`, and meanwhile let it :meth:`hear` and :meth:`receive`."""

    def __init__(self, *, scene: Scene, cast: Cast, door: Door, record: Record) -> None:
        self.scene, self.cast, self.door = scene, cast, door
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time() - scene.elapsed_ms / 1000
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._running = False
        self._early: list[wire.Event] = []
        self._interruptions = 0
        self._broke_off = False
        """A reply was stopped for speech that is no turn yet."""
        self._work = Work(on_fault=lambda: self.hang_up("internal"))
        # The recognizer is given its padding before a turn is settled.
        settle_after_ms = max(scene.turns.speculate_after_ms, scene.listener.speech_pad_ms)
        self.machine = TurnMachine(replace(scene.turns, speculate_after_ms=settle_after_ms), strict=door.strict)
        self.floor = Floor(
            self.machine,
            clock=lambda: self.listener.time(self.now()),
            carry_out=self._do,
            changed=self._changed,
            broken=self._work.break_off,
        )
        self.history = History(record, dict(scene.history), scene.next_seq, scene.mood)
        self.narrator = Narrator(door.emit)
        self.timekeeper = Timekeeper(
            time_limit_s=scene.time_limit_s,
            silence_prompt_s=scene.silence_prompt_s,
            idle_limit_s=scene.idle_limit_s,
            cut_in_after_s=scene.cut_in_after_s,
            last_word_ms=self.now(),
            quiet_since_ms=self.now(),
        )
        self.listener = self._make_listener()
        self.trainee = self._make_trainee()
        self.avatar = self._make_avatar()
        self._commands = Commands(
            trainee=self.trainee,
            avatar=self.avatar,
            tell=self.floor.tell,
            state=lambda: self.machine.state,
            is_manual=lambda: self.listener.manual,
        )

    def _make_listener(self) -> Listener:
        listener = Listener(
            vad=self.cast.vad,
            stt=self.cast.stt,
            language=self.scene.language,
            hints=self.scene.hints,
            settings=self.scene.listener,
            clock=self.now,
            spawn=self._work.spawn,
            new_item_id=lambda: self.narrator.new_id("item"),
            on_speech=self._on_speech,
            on_partial=self._on_partial,
            on_shift=self.machine.shift,
        )
        listener.set_rate(self.door.input_rate)
        return listener

    def _make_trainee(self) -> Trainee:
        return Trainee(
            listener=self.listener,
            history=self.history,
            narrator=self.narrator,
            clock=self.now,
            spawn=self._work.spawn,
            tell=self.floor.tell,
            on_words=lambda: self.timekeeper.trainee_said_something(self.now()),
        )

    def _make_avatar(self) -> Avatar:
        return Avatar(
            scene=self.scene,
            cast=self.cast,
            door=self.door,
            history=self.history,
            narrator=self.narrator,
            trainee=self.trainee,
            clock=self.now,
            spawn=self._work.spawn,
            tell=self.floor.tell,
            on_over=self._reply_over,
        )

    def now(self) -> float:
        """Ms from the start of the conversation."""
        return (self._loop.time() - self._began) * 1000

    @property
    def counters(self) -> dict[str, int]:
        """What happened how often, since this connection began."""
        return {
            "speculations": self.avatar.speculations,
            "speculations_dropped": self.avatar.speculations_dropped,
            "backchannels": self.trainee.backchannels,
            "interruptions": self._interruptions,
            "illegal_events": self.machine.illegal,
        }

    # -- from outside ---------------------------------------------------------------------------------------

    async def run(self) -> str:
        """Hold it until it ends; returns the reason: ``scene_closed``, ``time_limit``, ``idle``, ``hung_up``,
        or what :meth:`hang_up` was given.

        What was said and heard is kept in any case, also when the task is cancelled. A fault of ours ends it
        with ``internal``, told to the client; it is raised once everything is put away."""
        try:
            async with self._work.group:
                timekeeping = self._work.spawn(self._keep_time())
                self._begin()
                in_time = False
                try:
                    await asyncio.shield(self._ended)
                    in_time = True
                finally:
                    timekeeping.cancel()
                    self._finish(in_time=in_time)
        finally:
            self._work.guard(self.trainee.keep_late)
            self.floor.close()
            self.listener.close()
        reason = self._ended.result()
        if self._work.fault is not None:
            self.narrator.error(VoiceError())
        self.narrator.state(State.ENDED, self.now(), self.history.mood, reason)
        if self._work.fault is not None:
            raise self._work.fault
        return reason

    def hear(self, pcm: bytes) -> None:
        """A frame of the trainee's sound: 16-bit mono PCM. Raises BadAudio, RateLimited."""
        if self._running:
            self._work.guard(self.listener.feed, pcm)

    def receive(self, event: wire.Event) -> None:
        """An event of the client. Raises BadEvent, RateLimited."""
        if isinstance(event, wire.CoachEnd):
            self.hang_up("hung_up")
        elif self._running:
            self._work.guard(self._commands.obey, event)
        elif not self._ended.done():
            if len(self._early) >= EARLY_EVENTS:
                raise RateLimited("Too many events before the conversation has begun.")
            self._early.append(event)

    def hang_up(self, reason: str) -> None:
        """End it. The first reason counts."""
        if not self._ended.done():
            self._ended.set_result(reason)
        self._running = False

    def set_patience(self, window_ms: float | None) -> None:
        """The client's wish for the silence after which a turn has ended; None: the scene's own again."""
        wanted_ms = self.scene.turns.window_ms if window_ms is None else window_ms
        self.machine.settings = replace(self.machine.settings, window_ms=wanted_ms)

    # -- from beginning to end ------------------------------------------------------------------------------

    def _begin(self) -> None:
        """The avatar opens the scene, or answers what an earlier connection left unanswered."""
        if self._ended.done():
            return
        self._running = True
        self.narrator.state(self.machine.state, self.now(), self.history.mood)
        if self.history.unanswered:
            self.floor.tell(ReplyRequested("answer"))
        elif not self.history.messages and self.scene.opening_line:
            self.floor.tell(ReplyRequested("opening"))
        early, self._early = self._early, []
        for event in early:
            try:
                self.receive(event)
            except VoiceError as exc:
                self.narrator.error(exc, event.event_id)

    def _finish(self, *, in_time: bool) -> None:
        """Let go of everything; what was being said or heard is still kept. ``in_time``: transcripts may be
        waited for."""
        self._running = False
        if not in_time:
            self._work.guard(self.trainee.commit_at_once)
        self.floor.tell(HungUp())
        self._work.guard(self.trainee.commit, None)  # push-to-talk: not committed yet

    async def _keep_time(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            now, reply = self.now(), self.avatar.reply
            self.listener.check_gap(now)
            self.avatar.keep_so_far()
            due = self.timekeeper.due(
                self.machine.state,
                now,
                speaking=reply.occasion if reply is not None else None,
                listening_to_sound=self.listener.hearing is not None,
            )
            match due:
                case Speak(occasion):
                    self.floor.tell(ReplyRequested(occasion))
                case str(reason):
                    self.hang_up(reason)

    def _reply_over(self, reply: Reply) -> None:
        """It was played to its end, or failed: the floor is free, or the scene over."""
        finished = reply.status == "finished"
        if reply.occasion == "closing":
            self.hang_up("time_limit")
        elif finished and self.scene.is_closing(reply.text):
            self.hang_up("scene_closed")
        else:
            self.floor.tell(PlaybackFinished() if finished else ReplyFailed())

    # -- the machine ----------------------------------------------------------------------------------------

    def _on_speech(self, event: SpeechEvent) -> None:
        if self._running:
            now = self.listener.time(self.now())
            self.trainee.on_speech(event, now, self.scene.listener.segmenter.min_silence_ms)
            self._note_what_plays()
            self.floor.tell(event)

    def _on_partial(self, hearing: Hearing, text: str) -> None:
        if self._running and hearing is self.listener.hearing:
            self.narrator.partial(hearing, text)
            if not self.listener.manual:
                self._note_what_plays()
                self.floor.tell(TextHeard(text))

    def _note_what_plays(self) -> None:
        """Only what a microphone can have picked up: text that was not played yet is nobody's echo."""
        if self.avatar.reply is not None:
            now = self.now()
            began = self.listener.hearing.started_ms if self.listener.hearing is not None else now
            self.machine.playing_text = self.avatar.reply.playout.played_lately(min(began, now) - ECHO_MS, now)

    def _changed(self, before: State) -> None:
        state = self.machine.state
        if state is not before:
            self.timekeeper.moved(state, self.now())
            if state is not State.ENDED:
                self.narrator.state(state, self.now(), self.history.mood)
            if state is State.LISTENING and self._broke_off:
                self.timekeeper.ask_now(self.now())
            self._broke_off &= state in (State.HEARING, State.DECIDING)
        self._announce_speech()

    def _announce_speech(self) -> None:
        """Over a reply only once it is known to be a turn: a client takes it as the end of that reply."""
        heard = self.machine.state in (State.HEARING, State.DECIDING) and not self.machine.withheld
        if heard and self.listener.hearing is not None:
            self.narrator.speech_started(self.listener.hearing)

    def _do(self, action: Action) -> None:
        match action:
            case OpenUtterance(from_ms):
                self.listener.open(from_ms)
            case StartReply(occasion, withheld):
                said = self.trainee.pending if withheld else None
                self.avatar.start(self.timekeeper.occasion_for(occasion, self.now()), said=said)
            case CommitTurn(ended_ms):
                self.trainee.commit(ended_ms)
            case Do.SETTLE:
                self.trainee.settle()
            case Do.DROP_UTTERANCE:
                self.trainee.drop()
            case Do.NOTE_BACKCHANNEL:
                self.trainee.note_backchannel()
            case Do.PAUSE_OUTPUT:
                self.avatar.pause()
            case Do.RESUME_OUTPUT:
                self.avatar.resume()
            case Do.WITHHOLD_REPLY:
                self.avatar.withhold()
            case Do.RELEASE_REPLY:
                self.avatar.release()
            case Do.STOP_REPLY | Do.DISCARD_REPLY:
                self._stop_reply()
            case _:
                assert_never(action)

    def _stop_reply(self) -> None:
        if self.machine.state not in (State.HEARING, State.DECIDING):
            self.avatar.stop("client_cancelled")
            return
        reply = self.avatar.reply
        self._broke_off = reply is not None and reply.playout.shown
        self._interruptions += self._broke_off
        self._announce_speech()
        self.avatar.stop("turn_detected")
