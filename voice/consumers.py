"""The two voice doors: the browser's WebSocket and the Realtime API.

Channels hands a consumer one message at a time, so nothing here waits for work: the conversation is opened and
held by a task, sound and events go straight into it, and what goes out passes through one bounded queue per
client. Only a disconnect waits a moment, so that what was said last is still kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from redis.exceptions import RedisError

from accounts.models import User
from accounts.tokens import user_for_token
from memory.conversations import UnknownScenario, start_conversation
from memory.notices import group_of
from voice import events as wire
from voice.errors import (
    BadAudio,
    BadEvent,
    BadInput,
    ConversationElsewhere,
    NotAuthorised,
    RateLimited,
    ServerBusy,
    VoiceError,
)
from voice.live import LiveConversation, check_room
from voice.narrator import error_event
from voice.outbox import Allowance, Frame, Outbox
from voice.scene import Door
from voice.wire import Encoder, check_size, parse, sound_of

logger = logging.getLogger(__name__)

EARLY_FRAMES = 128
"""Frames of the client that may wait until the conversation has begun (a few seconds of sound); more are
refused with ``rate_limited``."""
ERRORS_AT_ONCE, ERRORS_PER_S = 20.0, 2.0
"""A client may make so many mistakes at once, and so many a second after that. Each is answered; one that goes
on is cut off, because what it sends waits in the server's memory."""
CLOSING_DEADLINE_S = 8.0
ENDED = 1000
NOT_SIGNED_IN, NOT_FOUND, TOO_SLOW, ELSEWHERE, FLOODED = 4401, 4404, 4408, 4409, 4429
BROKEN, BUSY, RESTARTING = 4500, 4503, 4512
"""A server may close with 1000 or with 3000 and above only; Daphne's library refuses the rest."""
_AFTER = {
    "signed_out": NOT_SIGNED_IN,
    "elsewhere": ELSEWHERE,
    "internal": BROKEN,
    "not_kept": BROKEN,
    "shutdown": RESTARTING,
}
"""Close code by the reason for which a conversation was left; every other reason is an end."""


class VoiceConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """What both doors have in common. A subclass says who comes in and to which conversation."""

    door_name: ClassVar[str]
    binary: ClassVar[bool] = False
    coach_events: ClassVar[bool] = False
    ahead_ms: ClassVar[float] = 300.0
    pausable: ClassVar[bool] = False
    resumable: ClassVar[bool] = False
    """Whether a client that was cut off can come back to the same conversation."""
    waits_for_update_s: ClassVar[float] = 0.0
    """How long the avatar waits for a first ``session.update`` before it opens the scene, so that its first
    words have the rate that the client wants."""

    async def admit(self) -> tuple[User, uuid.UUID]:
        """The trainee and the conversation. Raises VoiceError."""
        raise NotAuthorised

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            # A server that is late ends a consumer without a disconnect; nobody is there all the same.
            live: LiveConversation | None = getattr(self, "live", None)
            if live is not None:
                live.hang_up("disconnected")

    async def connect(self) -> None:
        await self.accept()
        self._patience = Allowance(ERRORS_AT_ONCE, ERRORS_PER_S)
        self.live: LiveConversation | None = None
        self._model = self._group = ""
        self._signed_in = self._started = False
        self._early: list[Frame] = []
        self._updated = asyncio.Event()
        self._turn_detection: wire.TurnDetection | None = wire.TurnDetection()
        self._encoder = Encoder(coach_events=self.coach_events, binary=self.binary)
        self._outbox = Outbox(self._send_frame, self._close_with, self._stuck, too_slow=TOO_SLOW)
        self.door = Door(emit=self._emit, ahead_ms=self.ahead_ms, pausable=self.pausable)
        self._serving = asyncio.create_task(self._serve())

    async def disconnect(self, code: int) -> None:
        """The client is gone. What it said is still being kept; a moment is given for that."""
        self._outbox.drop()
        if self.live is None:
            self._serving.cancel()
        else:
            self.live.hang_up("disconnected")
        await asyncio.wait({self._serving}, timeout=CLOSING_DEADLINE_S)
        if self._group:
            with contextlib.suppress(RedisError, OSError):
                await self.channel_layer.group_discard(self._group, self.channel_name)

    async def conversation_stop(self, message: dict[str, str]) -> None:
        """From memory.notices: the person's conversations are to end."""
        if self.live is not None:
            self.live.hang_up(message["reason"])

    async def conversation_leave(self, message: dict[str, str]) -> None:
        """From memory.notices: the trainee has opened this conversation anew, somewhere else."""
        live = self.live
        if live is None or live.owner == message["newcomer"]:
            return
        if str(live.conversation_id) == message["conversation"]:
            live.hang_up("elsewhere")

    # -- the conversation -----------------------------------------------------------------------------------

    async def _serve(self) -> None:
        """Open the conversation, hold it, close the socket."""
        try:
            live = await self._open()
            logger.info("%s door: conversation %s taken up", self.door_name, live.conversation_id)
            reason = await self._hold(live)
            logger.info("%s door: conversation %s left: %s", self.door_name, live.conversation_id, reason)
        except VoiceError as exc:
            logger.info("%s door refused: %s", self.door_name, exc.code)
            self._emit(error_event(exc))
            self._outbox.shut(self._close_code_of(exc))
        except Exception as exc:
            # Only the kind: what a database or an engine says may hold what somebody said.
            logger.error("%s door: %s", self.door_name, type(exc).__name__)
            self._emit(error_event(VoiceError()))
            self._outbox.shut(BROKEN)
        else:
            self._outbox.shut(_AFTER.get(reason, ENDED))

    async def _open(self) -> LiveConversation:
        user, conversation_id = await self.admit()
        live = LiveConversation(
            user=user, conversation_id=conversation_id, door=self.door, resumable=self.resumable
        )
        await live.open()
        self.live, self._model = live, live.context.sheet.slug
        self._group = group_of(user.pk)
        with contextlib.suppress(RedisError, OSError):  # without it nobody can be told to stop, no more
            await self.channel_layer.group_add(self._group, self.channel_name)
        self._emit(wire.SessionCreated(session=self._session()))
        self._emit(live.engines)
        return live

    async def _hold(self, live: LiveConversation) -> str:
        early, self._early = self._early, []
        for frame in early:
            self._handle(frame)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.waits_for_update_s):
                await self._updated.wait()
        asyncio.get_running_loop().call_soon(self._begun)
        return await live.hold()

    def _begun(self) -> None:
        """The conversation runs: what came too early for it is handed on."""
        self._started = True
        early, self._early = self._early, []
        for frame in early:
            self._handle(frame)

    def _close_code_of(self, error: VoiceError) -> int:
        match error:
            case NotAuthorised():
                return NOT_FOUND if self._signed_in else NOT_SIGNED_IN
            case ConversationElsewhere():
                return ELSEWHERE
            case ServerBusy():
                return BUSY
            case BadInput():
                return NOT_FOUND
        return BROKEN

    # -- in -------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        self._handle(bytes_data if bytes_data is not None else text_data or "")

    def _handle(self, frame: Frame) -> None:
        if self._outbox.is_shut:
            return
        try:
            if self.live is None:
                self._keep_early(frame)
            elif isinstance(frame, bytes):
                self._take_binary(frame)
            else:
                self._take(frame)
        except VoiceError as exc:
            self._refuse(exc)

    def _refuse(self, error: VoiceError) -> None:
        """Tell the client what it did wrong, in the log only the code; cut it off if it goes on and on."""
        event_id = error.event_id if isinstance(error, BadInput) else None
        logger.info("%s door: %s", self.door_name, error.code)
        self._emit(error_event(error, event_id))
        if not self._patience.take(asyncio.get_running_loop().time()):
            self._outbox.shut(FLOODED)
            if self.live is not None:
                self.live.hang_up("disconnected")

    def _keep_early(self, frame: Frame) -> None:
        check_size(len(frame))
        if len(self._early) >= EARLY_FRAMES:
            raise RateLimited("Too much was sent before the conversation had begun.")
        self._early.append(frame)

    def _take_binary(self, data: bytes) -> None:
        check_size(len(data))
        if not self.binary:
            raise BadEvent("This door takes no binary frames.", hint="Send input_audio_buffer.append.")
        if self.live is None or not self._started:
            self._keep_early(data)
        else:
            self.live.conversation.hear(data)

    def _take(self, text: str) -> None:
        assert self.live is not None
        event = parse(text)
        try:
            match event:
                case wire.SessionUpdate(session=session):
                    self._update(session)
                case _ if not self._started:
                    self._keep_early(text)
                case wire.InputAudioBufferAppend():
                    self.live.conversation.hear(sound_of(event))
                case _:
                    self.live.conversation.receive(event)
        except BadInput as exc:
            exc.event_id = exc.event_id or event.event_id
            raise

    # -- the session ----------------------------------------------------------------------------------------

    def _update(self, session: wire.Session) -> None:
        """All or nothing: a session that names anything impossible changes nothing."""
        assert self.live is not None
        conversation = self.live.conversation
        audio = session.audio or wire.SessionAudio()
        rate_in = audio.input.format.rate if audio.input and audio.input.format else None
        rate_out = audio.output.format.rate if audio.output and audio.output.format else None
        self.check_rates(rate_in, rate_out)
        if rate_in is not None:
            conversation.listener.set_rate(rate_in)
            self.door.input_rate = rate_in
        if rate_out is not None:
            self.door.output_rate = rate_out
        if audio.input is not None and "turn_detection" in audio.input.model_fields_set:
            detection = self._turn_detection = audio.input.turn_detection
            conversation.listener.set_manual(detection is None)
            if detection is not None:
                wanted_ms = detection.silence_duration_ms
                conversation.set_patience(None if wanted_ms is None else float(wanted_ms))
        if session.coach is not None and session.coach.events is not None:
            self._encoder.coach_events = session.coach.events
        self._updated.set()
        self._emit(wire.SessionUpdated(session=self._session()))
        if session.coach is not None and session.coach.events:
            self._emit(self.live.engines)

    def check_rates(self, rate_in: int | None, rate_out: int | None) -> None:
        """Raises BadAudio for a rate that this door does not take."""

    def _session(self) -> wire.Session:
        formats = {
            "input": {"format": {"rate": self.door.input_rate}, "turn_detection": self._turn_detection},
            "output": {"format": {"rate": self.door.output_rate}},
        }
        return wire.Session.model_validate(
            {
                "id": f"sess_{self.live.conversation_id.hex}" if self.live else None,
                "model": self._model,
                "output_modalities": ["audio"],
                "audio": formats,
                "coach": {"events": self._encoder.coach_events},
            }
        )

    # -- out ------------------------------------------------------------------------------------------------

    def _emit(self, event: wire.ServerEvent) -> None:
        frame = self._encoder.encode(event)
        if frame is not None:
            self._outbox.put(frame)

    async def _send_frame(self, frame: Frame) -> None:
        if isinstance(frame, bytes):
            await self.send(bytes_data=frame)
        else:
            await self.send(text_data=frame)

    async def _close_with(self, code: int) -> None:
        await self.close(code=code)

    def _stuck(self) -> None:
        logger.warning("%s door: the client does not read; cut off", self.door_name)
        if self.live is not None:
            self.live.hang_up("disconnected")


class BrowserConsumer(VoiceConsumer):
    """``/ws/voice/<conversation id>/``: session cookie, Origin checked before this is reached."""

    door_name = "browser"
    binary = True
    coach_events = True
    ahead_ms = 2_000.0
    pausable = True
    resumable = True
    waits_for_update_s = 0.5

    async def admit(self) -> tuple[User, uuid.UUID]:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            raise NotAuthorised("You are not signed in.", hint="Sign in and open the conversation again.")
        self._signed_in = True
        return user, self.scope["url_route"]["kwargs"]["conversation_id"]


class RealtimeConsumer(VoiceConsumer):
    """``/v1/realtime?model=<scenario slug>``: API token in the Authorization header."""

    door_name = "realtime"

    async def admit(self) -> tuple[User, uuid.UUID]:
        user = await database_sync_to_async(user_for_token)(_bearer(self.scope))
        if user is None:
            raise NotAuthorised("The API token is missing, unknown or expired.")
        self._signed_in = True
        check_room()  # before there is a conversation that nobody can come back to
        slug = parse_qs(self.scope["query_string"].decode(errors="replace")).get("model", [""])[0]
        try:
            conversation = await database_sync_to_async(start_conversation)(trainee=user, scenario_slug=slug)
        except UnknownScenario:
            raise BadEvent(
                "There is no such scenario.", hint="Name a published scenario: ?model=<scenario slug>."
            ) from None
        return user, conversation.pk

    async def conversation_stop(self, message: dict[str, str]) -> None:
        if message["reason"] != "signed_out":  # a token does not end with its person's session
            await super().conversation_stop(message)

    def check_rates(self, rate_in: int | None, rate_out: int | None) -> None:
        if {rate_in, rate_out} - {None, 24_000}:
            raise BadAudio("This door's sound has 24000 samples a second.", hint="Send audio/pcm at 24000.")


def _bearer(scope: dict[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return ""
