"""The avatar's side of a conversation: one reply at a time, from the request to what was heard of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable

from voice import events as wire
from voice.engines.base import ReplyRequest
from voice.errors import BadEvent, VoiceError
from voice.hearing import Said
from voice.history import History
from voice.listener import Spawn
from voice.narrator import Narrator
from voice.reply import Reply
from voice.scene import Cast, Door, Scene
from voice.table import AudioStarted, Event, Occasion, ReplyFailed
from voice.trainee import Cause, Trainee

KEEP_EVERY_MS = 1_500.0
"""So often what was heard of a reply is kept while it is being played: a killed process loses no more."""


class Avatar:
    """Carries out what was decided about replies, and is their audience. ``on_over`` is told of each reply
    that came to its end or failed, and tells the machine."""

    def __init__(
        self,
        *,
        scene: Scene,
        cast: Cast,
        door: Door,
        history: History,
        narrator: Narrator,
        trainee: Trainee,
        clock: Callable[[], float],
        spawn: Spawn,
        tell: Callable[[Event], None],
        on_over: Callable[[Reply], None],
    ) -> None:
        self.reply: Reply | None = None
        """The one reply that is under way."""
        self.speculations = self.speculations_dropped = 0
        self._scene, self._cast, self._door = scene, cast, door
        self._history, self._narrator, self._trainee = history, narrator, trainee
        self._clock, self._spawn, self._tell, self._on_over = clock, spawn, tell, on_over
        self._last: Reply | None = None
        self._answers = 0
        """So many of the trainee's turns the reply under way knows."""
        self._speculative = False
        self._cause: Cause | None = None
        self._kept_at_ms = 0.0
        """How much of the reply under way had been played when it was kept last."""

    # -- what was decided -----------------------------------------------------------------------------------

    def start(self, occasion: Occasion, *, said: Said | None) -> None:
        """Begin a reply; ``said`` is the turn that it speculates on (None: it is no speculation)."""
        reply = Reply(
            response_id=self._narrator.new_id("resp"),
            item_id=self._narrator.new_id("item"),
            occasion=occasion,
            ready=self._trainee.settled,
            deltas=lambda: self._deltas(occasion, said),
            tts=self._cast.tts,
            voice=self._scene.voice,
            door=self._door,
            audience=self,
            clock=self._clock,
        )
        self.reply = reply
        self._speculative = said is not None
        self._answers = self._trainee.turns + self._speculative
        reply.start(self._spawn)
        if said is not None:
            self.speculations += 1
        elif self._trainee.is_late:
            self._spawn(self._release_later(reply))
        else:
            self.release()

    async def _deltas(self, occasion: Occasion, said: Said | None) -> AsyncGenerator[str, None]:
        """The opening line is said as it stands; everything else is the model's."""
        if occasion == "opening":
            yield self._scene.opening_line
            return
        pending = said.text if said is not None and said is self._trainee.pending else ""
        request = ReplyRequest(
            system_prompt=self._scene.prompt(),
            history=self._history.shown(pending),
            occasion=occasion,
            metadata=self._scene.metadata,
        )
        stream = self._cast.llm.reply(request)
        try:
            async for delta in stream:
                yield delta
        finally:
            await stream.aclose()

    async def _release_later(self, reply: Reply) -> None:
        """The turn that it answers is announced first."""
        await self._trainee.settled()
        if reply is self.reply and not reply.withheld:
            self.release()

    def release(self) -> None:
        """Let the reply be heard."""
        reply = self.reply
        if reply is None:  # it failed while it was withheld and is gone
            self._tell(ReplyFailed())
            return
        if not reply.released:
            self._cause, self._trainee.cause = self._trainee.cause, None
            if self._cause is not None:
                self._cause.timings["endpoint_ms"] = max(0.0, self._clock() - self._cause.ended_ms)
        reply.release()

    def withhold(self) -> None:
        if self.reply is not None:
            self.reply.withhold()

    def pause(self) -> None:
        if self.reply is not None:
            self.reply.pause(self._clock())
            if self._door.pausable:
                self._narrator.paused(self.reply)

    def resume(self) -> None:
        if self.reply is not None:
            self.reply.resume(self._clock())
            if self._door.pausable:
                self._narrator.resumed(self.reply)

    def stop(self, reason: str) -> None:
        """The reply ends here: what was heard stays, the rest is kept apart. One that nobody knows of is thrown
        away without a word."""
        reply, self.reply = self.reply, None
        if reply is None:
            return
        reply.stop()
        if not reply.released:
            self.speculations_dropped += self._speculative
            return
        self._last = reply
        if reply.playout.shown:
            self._keep(reply, cut_off=True)
        self._narrator.reply_over(reply, "cancelled", reason)

    # -- what the client says about it ----------------------------------------------------------------------

    def cancel(self, response_id: str | None = None) -> None:
        """The client stops the reply, if one was announced to it. Raises BadEvent if it names another one:
        what it means has ended meanwhile."""
        if response_id is not None and (self.reply is None or self.reply.response_id != response_id):
            raise BadEvent(
                "This response is not under way.", hint="Cancel without a response_id, or not at all."
            )
        if self.reply is not None and (self.reply.released or not self._speculative):
            self.stop("client_cancelled")
            self._tell(ReplyFailed())

    def acknowledge(self, event: wire.CoachPlayback) -> None:
        """How much of it was played; only the reply under way listens."""
        if self.reply is not None and self.reply.item_id == event.item_id:
            self.reply.playout.acknowledge(event.played_ms, self._clock())

    def truncate(self, event: wire.ConversationItemTruncate) -> None:
        """A client without acknowledgements says how much it had played when it fell silent. Raises
        BadEvent."""
        if self.reply is not None and self.reply.item_id == event.item_id:
            self.cancel()
        reply = self._last
        if reply is None or reply.item_id != event.item_id:
            raise BadEvent("There is no such item to truncate.", hint="Truncate the avatar's last item.")
        if reply.playout.shown:
            self._keep(reply, cut_off=True, position=min(float(event.audio_end_ms), reply.playout.sent_ms))
        self._narrator.truncated(event)

    def keep_so_far(self) -> None:
        """Call from time to time: what was heard by now is kept, without a word to the client."""
        if self.reply is None or self.reply.seq is None:
            return
        played_ms = self.reply.playout.position(self._clock())
        if abs(played_ms - self._kept_at_ms) >= KEEP_EVERY_MS:
            self._kept_at_ms = played_ms
            self._history.avatar_spoke(self.reply, cut_off=True)

    def answers_all(self) -> bool:
        """Whether the reply under way answers everything that the trainee has said."""
        return self.reply is not None and self._answers >= self._trainee.turns

    # -- how a reply fares (voice.reply.Audience) -------------------------------------------------------------

    def reply_released(self, reply: Reply) -> None:
        self._narrator.reply_begins(reply)

    def reply_phrase(self, reply: Reply, text: str) -> None:
        self._narrator.phrase(reply, text)
        # Written now and not only at the end: if this process dies, what was heard so far is not lost.
        self._kept_at_ms = reply.playout.position(self._clock())
        self._history.avatar_spoke(reply, cut_off=True)

    def reply_sound(self, reply: Reply, pcm: bytes, *, first: bool) -> None:
        if first:
            self._note_timings(reply)
        self._narrator.sound(reply, pcm)
        if first:
            self._tell(AudioStarted())

    def reply_sent(self, reply: Reply) -> None:
        self._narrator.all_sent(reply)

    def reply_finished(self, reply: Reply) -> None:
        if reply is not self.reply:
            return
        self.reply, self._last = None, reply
        self._keep(reply, cut_off=False, position=reply.playout.sent_ms)
        self._narrator.reply_over(reply, "completed")
        self._on_over(reply)

    def reply_failed(self, reply: Reply, error: VoiceError) -> None:
        if reply is not self.reply:
            return
        self.reply = None
        self._narrator.error(error)
        self._narrator.reply_over(reply, "failed", error=error)
        self._on_over(reply)

    def reply_hampered(self, reply: Reply, error: VoiceError) -> None:
        self._narrator.error(error)

    def _keep(self, reply: Reply, *, cut_off: bool, position: float | None = None) -> None:
        turn = self._history.avatar_spoke(reply, cut_off=cut_off, position=position)
        self._narrator.turn(reply.item_id, turn)

    def _note_timings(self, reply: Reply) -> None:
        """How the response gap came about; see TurnRecord for the names."""
        timings: dict[str, float] = {}
        if self._cause is not None and reply.occasion in ("answer", "closing"):
            timings = dict(self._cause.timings)
            timings["response_gap_ms"] = max(0.0, self._clock() - self._cause.ended_ms)
        if reply.first_token_ms is not None:
            timings["llm_first_token_ms"] = reply.first_token_ms
        if reply.first_sound_at is not None and reply.first_phrase_at is not None:
            timings["tts_first_audio_ms"] = reply.first_sound_at - reply.first_phrase_at
        self._cause = None
        reply.timings = {name: round(value, 1) for name, value in timings.items()}
        self._narrator.timings(reply)
