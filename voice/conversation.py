"""The one orchestrator: carries out what the turn machine decides.

    sound -> Listener -> TurnMachine -> actions: settle, commit, reply, pause, resume, stop -> Reply -> door

Everything runs on one event loop. ``hear`` and ``receive`` return at once; what has to wait (a transcript, a
reply, a command that depends on one) is a task in the conversation's own TaskGroup. Times are ms from the
start of the conversation, also after a reconnect.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import assert_never

from memory.records import TurnRecord
from voice import events as wire
from voice.backchannel import words_of
from voice.engines.base import ReplyRequest
from voice.errors import BadEvent, RateLimited, VoiceError
from voice.history import History, Record
from voice.listener import Hearing, Listener, Said
from voice.narrator import Narrator
from voice.reply import Reply
from voice.scene import Cast, Door, Scene
from voice.segmenter import SpeechEvent, SpeechStarted
from voice.turns import (
    Action,
    AudioStarted,
    CommitTurn,
    Do,
    Event,
    HungUp,
    Occasion,
    OpenUtterance,
    PlaybackFinished,
    ReplyFailed,
    ReplyRequested,
    StartReply,
    State,
    TextHeard,
    TurnMachine,
)

COMMANDS_WAITING = 64
"""Commands of the client that may wait for one another; more are refused with ``rate_limited``."""
HOUSEKEEPING_S = 0.25
CUT_IN_AFTER_S = 20.0
"""So long past the time limit the trainee may finish his turn; then the avatar cuts in."""
SILENCE_PROMPTS = 2
"""The avatar asks this often in a row whether the trainee is still there."""


class Conversation:
    """``run`` until it ends; it returns the reason: ``hung_up``, ``scene_closed``, ``time_limit``, ``idle``, or
    what ``hang_up`` was given."""

    def __init__(self, *, scene: Scene, cast: Cast, door: Door, record: Record) -> None:
        self.scene, self.cast, self.door = scene, cast, door
        self.counters = {"speculations": 0, "speculations_dropped": 0, "backchannels": 0, "interruptions": 0}
        self.machine = TurnMachine(settings=scene.turns, strict=door.strict)
        self.history = History(record, dict(scene.history), scene.next_seq)
        self.narrator = Narrator(door.emit)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time() - scene.elapsed_ms / 1000
        self.listener = Listener(
            vad=cast.vad,
            stt=cast.stt,
            language=scene.language,
            hints=scene.hints,
            settings=scene.listener,
            clock=self.now,
            on_speech=self._on_speech,
            on_partial=self._on_partial,
        )
        self.listener.set_rate(door.input_rate)
        self._reply: Reply | None = None
        self._last_reply: Reply | None = None
        self._said: Said | None = None
        self._settling: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._commands: asyncio.Queue[wire.Event] = asyncio.Queue(COMMANDS_WAITING)
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._timings: dict[str, float] = {}
        self._turn_ended_ms: float | None = None
        self._answering: int | None = None
        self._last_word_ms = self._quiet_since_ms = self.now()
        self._silence_prompts = 0
        self._closing = False
        self._group = asyncio.TaskGroup()

    def now(self) -> float:
        """Ms from the start of the conversation."""
        return (self._loop.time() - self._began) * 1000

    # -- from outside ---------------------------------------------------------------------------------------

    async def run(self) -> str:
        try:
            async with self._group as group:
                helpers = [group.create_task(self._obey()), group.create_task(self._keep_house())]
                self._begin()
                reason = await asyncio.shield(self._ended)
                await self._finish(helpers)
        finally:
            if self._timer is not None:
                self._timer.cancel()
            self.listener.close()
        self.narrator.state(State.ENDED, self.now(), reason)
        return reason

    def hear(self, pcm: bytes) -> None:
        """A frame of the trainee's sound. Raises BadAudio, RateLimited."""
        if not self._ended.done():
            self.listener.feed(pcm)

    def receive(self, event: wire.Event) -> None:
        """An event of the client. Raises BadEvent, RateLimited."""
        if self._ended.done():
            return
        match event:
            case wire.CoachPlayback():
                self._acknowledge(event)
            case wire.ConversationItemTruncate():
                self._truncate(event)
            case wire.ResponseCancel() | wire.OutputAudioBufferClear():
                self._stop_speaking()
            case wire.InputAudioBufferClear():
                self._clear_input()
            case wire.CoachEnd():
                self.hang_up("hung_up")
            case _:
                try:
                    self._commands.put_nowait(event)
                except asyncio.QueueFull:
                    raise RateLimited("Too many events wait for one another.") from None

    def hang_up(self, reason: str) -> None:
        """End it. The first reason counts."""
        if not self._ended.done():
            self._ended.set_result(reason)

    # -- the machine ----------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        """Something happened: let the machine decide and carry its decision out."""
        before = self.machine.state
        self._carry_out(self.machine.handle(event, self._machine_now()), before)

    def _tick(self) -> None:
        before = self.machine.state
        self._carry_out(self.machine.tick(self._machine_now()), before)

    def _machine_now(self) -> float:
        """The clock, or the sound's own time where a client sends faster than it speaks."""
        return max(self.now(), self.listener.heard_until_ms)

    def _carry_out(self, actions: list[Action], before: State) -> None:
        for action in actions:
            self._do(action)
        state = self.machine.state
        if state is not before:
            self._quiet_since_ms = self.now()
            self.narrator.state(state, self.now())
        if state is State.HEARING and self.listener.hearing is not None:
            self.narrator.speech_started(self.listener.hearing)
        if self._timer is not None:
            self._timer.cancel()
        due = self.machine.deadline
        # Sound that runs ahead of the clock asks again with every frame: its deadline may be past already.
        delay_s = None if due is None else max(0.0, (due - self._machine_now()) / 1000)
        self._timer = None if delay_s is None else self._loop.call_later(delay_s, self._tick)

    def _do(self, action: Action) -> None:
        match action:
            case OpenUtterance(from_ms):
                self._said = None
                self.listener.open(from_ms, self.narrator.new_id("item"))
            case StartReply(occasion, withheld):
                self._start_reply(occasion, withheld=withheld)
            case Do.SETTLE:
                self._settle()
            case CommitTurn(ended_ms):
                self._commit_turn(ended_ms)
            case Do.DROP_UTTERANCE:
                self._dismiss(self.listener.detach())
            case Do.NOTE_BACKCHANNEL:
                self._note_backchannel()
            case Do.PAUSE_OUTPUT:
                self._pause_output()
            case Do.RESUME_OUTPUT:
                if self._reply is not None:
                    self._reply.resume(self.now())
                    if self.door.pausable:
                        self.narrator.resumed(self._reply)
            case Do.STOP_REPLY:
                self._stop_reply()
            case Do.WITHHOLD_REPLY:
                if self._reply is not None:
                    self._reply.withhold()
            case Do.RELEASE_REPLY:
                self._release()
            case Do.DISCARD_REPLY:
                self._discard()
            case _:
                assert_never(action)

    # -- the trainee ----------------------------------------------------------------------------------------

    def _on_speech(self, event: SpeechEvent) -> None:
        if self._ended.done():
            return
        if isinstance(event, SpeechStarted):
            self._silence_prompts = 0
            self._said = None  # it covers only what was said before
        elif self.listener.hearing is not None:
            lag = self._machine_now() - event.at_ms - self.scene.listener.segmenter.min_silence_ms
            self._timings["vad_lag_ms"] = max(0.0, lag)
        if self._reply is not None:
            self.machine.playing_text = self._reply.playout.text
        self._tell(event)

    def _on_partial(self, hearing: Hearing, text: str) -> None:
        if hearing is not self.listener.hearing:
            return
        self.narrator.partial(hearing, text)
        if not self.listener.manual:
            self._tell(TextHeard(text))

    def _settle(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
        hearing = self.listener.hearing
        if hearing is not None:
            self._settling = self._group.create_task(self._settled(hearing))

    async def _settled(self, hearing: Hearing) -> None:
        said = await hearing.settle(self.now)
        if hearing is not self.listener.hearing:
            return
        self._said = said
        self._timings["stt_ms"] = said.settled_in_ms
        if said.error is not None:
            self.narrator.transcription_failed(hearing, said.error)
        self._settling = None
        self._tell(TextHeard(said.text, final=True))

    def _commit_turn(self, ended_ms: float | None) -> None:
        """The utterance is a turn. It is settled already, unless it was cut short."""
        hearing, said = self.listener.detach(), self._said
        self._said = None
        if hearing is None:
            return
        if said is not None:
            self._turn_ended_ms = ended_ms
            self._commit(hearing, said, ended_ms or hearing.fed_until_ms)
        else:
            self._group.create_task(self._commit_later(hearing, ended_ms))

    async def _commit_later(self, hearing: Hearing, ended_ms: float | None) -> None:
        said = await hearing.settle(self.now)
        self._commit(hearing, said, ended_ms or hearing.fed_until_ms)

    def _commit(self, hearing: Hearing, said: Said, ended_ms: float) -> TurnRecord | None:
        """Keep it and tell the client; nothing to keep if no word was understood."""
        self._last_word_ms = self.now()
        self.narrator.speech_stopped(hearing, ended_ms)
        hearing.close()
        if not words_of(said.text):
            self.narrator.nothing_said(hearing, said)
            return None
        turn = self.history.trainee_spoke(hearing, said, ended_ms=ended_ms, kind="speech")
        self._answering = turn.seq
        self.narrator.trainee_turn(hearing.item_id, turn)
        return turn

    def _dismiss(self, hearing: Hearing | None) -> None:
        if hearing is not None:
            self.narrator.speech_stopped(hearing, hearing.fed_until_ms)
            hearing.close()

    def _note_backchannel(self) -> None:
        hearing, said = self.listener.detach(), self._said
        if hearing is None:
            return
        self.counters["backchannels"] += 1
        if said is not None and said.text:
            turn = self.history.trainee_spoke(hearing, said, ended_ms=hearing.fed_until_ms, kind="backchannel")
            self.narrator.turn(hearing.item_id, turn)
        self._dismiss(hearing)

    def _clear_input(self) -> None:
        if self.listener.manual:
            self.listener.drop()
        self.narrator.input_cleared()

    # -- the avatar -----------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """The avatar opens the scene, or answers what an earlier connection left unanswered."""
        self.narrator.state(self.machine.state, self.now())
        if self.history.unanswered:
            self._tell(ReplyRequested("answer"))
        elif not self.history.messages and self.scene.opening_line:
            self._tell(ReplyRequested("opening"))

    def _start_reply(self, occasion: Occasion, *, withheld: bool) -> None:
        if occasion == "answer" and self._time_is_up():
            occasion = "closing"
        self._closing |= occasion == "closing"
        pending = self._said.text if withheld and self._said is not None else ""
        request = ReplyRequest(
            system_prompt=self.scene.prompt(),
            history=self.history.shown(pending),
            occasion=occasion,
            metadata=self.scene.metadata,
        )
        self.counters["speculations"] += withheld
        self._reply = Reply(
            response_id=self.narrator.new_id("resp"),
            item_id=self.narrator.new_id("item"),
            occasion=occasion,
            deltas=lambda: self._deltas(request),
            tts=self.cast.tts,
            voice=self.scene.voice,
            door=self.door,
            audience=self,
            clock=self.now,
        )
        self._reply.start(self._group)
        if not withheld:
            self._release()

    async def _deltas(self, request: ReplyRequest) -> AsyncGenerator[str, None]:
        """The opening line is said as it stands; everything else is the model's."""
        if request.occasion == "opening":
            yield self.scene.opening_line
            return
        stream = self.cast.llm.reply(request)
        try:
            async for delta in stream:
                yield delta
        finally:
            await stream.aclose()

    def _release(self) -> None:
        if self._reply is None:  # it failed while it was withheld and is gone
            self._loop.call_soon(self._tell, ReplyFailed())
            return
        if not self._reply.released:
            self._reply.answers, self._answering = self._answering, None
        if self._turn_ended_ms is not None:
            self._timings["endpoint_ms"] = max(0.0, self.now() - self._turn_ended_ms)
        self._reply.release()

    def _discard(self) -> None:
        if self._reply is None:
            return
        reply, self._reply = self._reply, None
        reply.stop()
        self.counters["speculations_dropped"] += not reply.released
        if reply.released:  # announced, but not a sound of it was heard
            self.narrator.reply_over(reply, "cancelled", "turn_detected")

    def _pause_output(self) -> None:
        if self._reply is not None:
            self._reply.pause(self.now())
            if self.door.pausable:
                self.narrator.paused(self._reply)

    def _stop_reply(self) -> None:
        """The avatar loses the floor: what was heard stays, the rest is kept apart."""
        reply, self._reply = self._reply, None
        if reply is None:
            return
        reply.stop()
        if not reply.released:
            return
        by_speech = self.machine.state in (State.HEARING, State.DECIDING)
        if by_speech and self.listener.hearing is not None:
            self.counters["interruptions"] += 1
            self.narrator.speech_started(self.listener.hearing)
        self._last_reply = reply
        self._keep(reply, interrupted=bool(reply.heard().unheard_text))
        self.narrator.reply_over(reply, "cancelled", "turn_detected" if by_speech else "client_cancelled")

    def _keep(self, reply: Reply, *, interrupted: bool, position: float | None = None) -> TurnRecord:
        turn = self.history.avatar_spoke(
            reply, interrupted=interrupted, timings=reply.timings, position=position
        )
        self.narrator.turn(reply.item_id, turn)
        return turn

    def _stop_speaking(self) -> None:
        if self.machine.state in (State.THINKING, State.SPEAKING, State.YIELDING) and self._reply is not None:
            self._stop_reply()
            self._tell(ReplyFailed())

    # -- how a reply fares (voice.reply.Audience) -------------------------------------------------------------

    def reply_released(self, reply: Reply) -> None:
        self.narrator.reply_begins(reply)

    def reply_phrase(self, reply: Reply, text: str) -> None:
        self.narrator.phrase(reply, text)
        # Written now and not only at the end: if this process dies, what was heard so far is not lost.
        self.history.avatar_spoke(reply, interrupted=True, timings=reply.timings)

    def reply_sound(self, reply: Reply, pcm: bytes, *, first: bool) -> None:
        if first:
            self._note_timings(reply)
        self.narrator.sound(reply, pcm)
        if first:
            self._tell(AudioStarted())

    def reply_sent(self, reply: Reply) -> None:
        self.narrator.all_sent(reply)

    def reply_finished(self, reply: Reply) -> None:
        if reply is not self._reply:
            return
        self._reply, self._last_reply = None, reply
        self._keep(reply, interrupted=False)
        self.narrator.reply_over(reply, "completed")
        self._tell(PlaybackFinished())
        if reply.occasion == "closing":
            self.hang_up("time_limit")
        elif self.scene.is_closing(reply.text):
            self.hang_up("scene_closed")

    def reply_failed(self, reply: Reply, error: VoiceError) -> None:
        if reply is not self._reply:
            return
        self._reply = None
        self.narrator.error(error)
        if reply.playout.started_at is not None:
            self._keep(reply, interrupted=True)
        self.narrator.reply_over(reply, "failed", error.code)
        self._tell(ReplyFailed())
        if reply.occasion == "closing":
            self.hang_up("time_limit")

    def reply_hampered(self, reply: Reply, error: VoiceError) -> None:
        self.narrator.error(error)

    def _note_timings(self, reply: Reply) -> None:
        """How the response gap came about; see TurnRecord for the names."""
        timings = dict(self._timings) if reply.occasion == "answer" else {}
        self._timings.clear()
        if reply.first_token_ms is not None:
            timings["llm_first_token_ms"] = reply.first_token_ms
        if reply.first_sound_at is not None and reply.first_phrase_at is not None:
            timings["tts_first_audio_ms"] = reply.first_sound_at - reply.first_phrase_at
        if self._turn_ended_ms is not None and reply.answers is not None:
            timings["response_gap_ms"] = self.now() - self._turn_ended_ms
        self._turn_ended_ms = None
        reply.timings = {name: round(value, 1) for name, value in timings.items()}
        self.narrator.timings(reply)

    # -- the client -----------------------------------------------------------------------------------------

    def _acknowledge(self, event: wire.CoachPlayback) -> None:
        for reply in (self._reply, self._last_reply):
            if reply is not None and reply.item_id == event.item_id:
                reply.playout.acknowledge(event.played_ms, self.now())

    def _truncate(self, event: wire.ConversationItemTruncate) -> None:
        """A client without acknowledgements says how much it had played when it fell silent."""
        reply = self._reply
        if reply is not None and reply.item_id == event.item_id:
            self._stop_speaking()
        reply = self._last_reply
        if reply is None or reply.item_id != event.item_id:
            raise BadEvent("There is no such item to truncate.", hint="Truncate the avatar's last item.")
        reply.playout.acknowledge(event.audio_end_ms, self.now())
        self._keep(reply, interrupted=True, position=float(event.audio_end_ms))
        self.narrator.truncated(event)

    async def _obey(self) -> None:
        """Commands that build on one another, in their order."""
        while True:
            event = await self._commands.get()
            try:
                await self._command(event)
            except VoiceError as exc:
                self.narrator.error(exc, event.event_id)

    async def _command(self, event: wire.Event) -> None:
        match event:
            case wire.InputAudioBufferCommit():
                await self._commit_input()
            case wire.ConversationItemCreate(item=item):
                self._typed(" ".join(part.text or "" for part in item.content).strip())
            case wire.CoachSay(text=text):
                self._typed(text.strip())
                self._tell(ReplyRequested("answer"))
            case wire.ResponseCreate():
                self._tell(ReplyRequested("answer"))
            case _:
                raise BadEvent("This event is not for this door.")

    async def _commit_input(self) -> None:
        hearing = self.listener.detach()
        if hearing is None:
            raise BadEvent("There is no sound to commit.", hint="Append sound before you commit it.")
        hearing.item_id = hearing.item_id or self.narrator.new_id("item")
        self._turn_ended_ms = self.now()
        said = await hearing.settle(self.now)
        self._timings["stt_ms"] = said.settled_in_ms
        if said.error is not None:
            self.narrator.transcription_failed(hearing, said.error)
        self._commit(hearing, said, self._turn_ended_ms)
        if not self.listener.manual:
            self._tell(ReplyRequested("answer"))

    def _typed(self, text: str) -> None:
        if not text:
            raise BadEvent("The turn has no text.", hint="Send a message item with input_text.")
        self._last_word_ms = self.now()
        turn = self.history.trainee_typed(text, at_ms=self.now())
        self.narrator.trainee_turn(self.narrator.new_id("item"), turn)

    # -- time -----------------------------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            now = self.now()
            self.listener.check_gap(now)
            state = self.machine.state
            if state is not State.LISTENING:
                self._last_word_ms = now
            if state in (State.SPEAKING, State.THINKING, State.YIELDING):
                continue
            if self._time_is_up():
                self._close_scene(state, now)
            elif state is State.LISTENING:
                self._mind_silence(now)

    def _time_is_up(self) -> bool:
        return self.now() >= self.scene.time_limit_s * 1000

    def _close_scene(self, state: State, now: float) -> None:
        overtime_s = now / 1000 - self.scene.time_limit_s
        if not self._closing and (state is State.LISTENING or overtime_s > CUT_IN_AFTER_S):
            self._closing = True
            self._tell(ReplyRequested("closing"))
        elif self._closing and state is State.LISTENING:
            self.hang_up("time_limit")  # the closing was interrupted: what matters has been said

    def _mind_silence(self, now: float) -> None:
        if now - self._last_word_ms >= self.scene.idle_limit_s * 1000:
            self.hang_up("idle")
            return
        quiet_s = (now - self._quiet_since_ms) / 1000
        due = 0 < self.scene.silence_prompt_s <= quiet_s
        if due and self._silence_prompts < SILENCE_PROMPTS and self.listener.hearing is None:
            self._silence_prompts += 1
            self._tell(ReplyRequested("silence"))

    async def _finish(self, helpers: list[asyncio.Task[None]]) -> None:
        """Let go of everything; what was being said or heard is still kept."""
        for helper in helpers:
            helper.cancel()
        self._carry_out(self.machine.handle(HungUp(), self.now()), State.ENDED)
        if self._settling is not None:
            self._settling.cancel()
