"""The two voice doors: the browser's WebSocket and the Realtime API.

Channels hands a consumer one message at a time, so nothing here waits for work: sound and events go straight
into the conversation, which returns at once; what goes out passes through one bounded queue per client.
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
    ServerBusy,
    VoiceError,
)
from voice.live import LiveConversation
from voice.narrator import error_event
from voice.scene import Door
from voice.wire import Encoder, check_size, parse, sound_of

logger = logging.getLogger(__name__)

FRAMES_WAITING = 512
"""Frames that may wait to be sent. Sound is paced, so only a client that does not read gets here; it is cut
off, and can come back."""
SEND_DEADLINE_S = 10.0
CLOSING_DEADLINE_S = 8.0
_CLOSE_CODES: dict[type[VoiceError], int] = {NotAuthorised: 4401, ConversationElsewhere: 4409, ServerBusy: 1013}
NOT_FOUND = 4404
ENDED = 1000
BROKEN = 1011
TOO_SLOW = 4408


class VoiceConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """What both doors have in common. A subclass says who comes in and to which conversation."""

    door_name: ClassVar[str]
    binary: ClassVar[bool] = False
    coach_events: ClassVar[bool] = False
    ahead_ms: ClassVar[float] = 300.0
    pausable: ClassVar[bool] = False
    waits_for_update_s: ClassVar[float] = 0.0
    """How long the avatar waits for a first ``session.update`` before it opens the scene, so that its first
    words have the rate that the client wants."""

    async def admit(self) -> tuple[User, uuid.UUID]:
        """The trainee and the conversation. Raises VoiceError."""
        raise NotAuthorised

    async def connect(self) -> None:
        await self.accept()
        self.live: LiveConversation | None = None
        self._turn_detection: wire.TurnDetection | None = wire.TurnDetection()
        self._outbox: asyncio.Queue[str | bytes | None] = asyncio.Queue(FRAMES_WAITING)
        self._encoder = Encoder(coach_events=self.coach_events, binary=self.binary)
        self._close_code = ENDED
        self._holding: asyncio.Task[None] | None = None
        self._updated = asyncio.Event()
        self._started = False
        self._group = ""
        self._sending = asyncio.create_task(self._send_all())
        self.door = Door(emit=self._emit, ahead_ms=self.ahead_ms, pausable=self.pausable)
        try:
            user, conversation_id = await self.admit()
            live = LiveConversation(user=user, conversation_id=conversation_id, door=self.door)
            await live.open()
        except VoiceError as exc:
            logger.info("%s door refused: %s", self.door_name, exc.code)
            self._emit(error_event(exc))
            self._shut(self._close_code_of(exc))
            return
        except Exception as exc:
            # Only the kind: what a database or an engine says may hold what somebody said.
            logger.error("%s door: not opened: %s", self.door_name, type(exc).__name__)
            self._emit(error_event(VoiceError()))
            self._shut(BROKEN)
            return
        self.live, self._model = live, live.context.sheet.slug
        self._group = group_of(user.pk)
        with contextlib.suppress(RedisError, OSError):  # without it nobody can be told to stop, no more
            await self.channel_layer.group_add(self._group, self.channel_name)
        self._emit(wire.SessionCreated(session=self._session()))
        self._emit(live.engines)
        self._holding = asyncio.create_task(self._hold(live))

    async def _hold(self, live: LiveConversation) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.waits_for_update_s):
                await self._updated.wait()
        self._started = True
        reason = "internal"
        try:
            reason = await live.hold()
        except Exception as exc:  # the database may be away; the client must not be left hanging
            logger.error("%s door: a conversation could not be closed: %s", self.door_name, type(exc).__name__)
        self._shut({"elsewhere": 4409, "internal": BROKEN, "shutdown": 1012}.get(reason, ENDED))

    async def disconnect(self, code: int) -> None:
        """The client is gone. What it said is still being kept; a moment is given for that."""
        if self.live is not None:
            self.live.hang_up("disconnected")
        if self._holding is not None:
            await asyncio.wait({self._holding}, timeout=CLOSING_DEADLINE_S)
        self._sending.cancel()
        if self._group:
            with contextlib.suppress(RedisError, OSError):
                await self.channel_layer.group_discard(self._group, self.channel_name)

    async def conversation_stop(self, message: dict[str, str]) -> None:
        """From memory.notices: the person's conversations are to end."""
        if self.live is not None:
            self.live.hang_up(message["reason"])

    # -- in -------------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.live is None:
            return
        try:
            if bytes_data is not None:
                self._take_binary(bytes_data)
            else:
                self._take(parse(text_data or ""))
        except VoiceError as exc:
            event_id = exc.event_id if isinstance(exc, BadInput) else None
            logger.info("%s door: %s", self.door_name, exc.code)
            self._emit(error_event(exc, event_id))

    def _take_binary(self, data: bytes) -> None:
        check_size(len(data))
        if not self.binary:
            raise BadEvent("This door takes no binary frames.", hint="Send input_audio_buffer.append.")
        self._hear(data)

    def _take(self, event: wire.Event) -> None:
        assert self.live is not None
        try:
            match event:
                case wire.InputAudioBufferAppend():
                    self._hear(sound_of(event))
                case wire.SessionUpdate(session=session):
                    self._update(session)
                case _:
                    self.live.conversation.receive(event)
        except BadInput as exc:
            exc.event_id = exc.event_id or event.event_id
            raise

    def _hear(self, pcm: bytes) -> None:
        assert self.live is not None
        if self._started:
            self.live.conversation.hear(pcm)

    # -- the session ----------------------------------------------------------------------------------------

    def _update(self, session: wire.Session) -> None:
        """All or nothing: a session that names anything impossible changes nothing."""
        assert self.live is not None
        audio = session.audio or wire.SessionAudio()
        rate_in = audio.input.format.rate if audio.input and audio.input.format else None
        rate_out = audio.output.format.rate if audio.output and audio.output.format else None
        self.check_rates(rate_in, rate_out)
        if rate_in is not None:
            self.live.conversation.listener.set_rate(rate_in)
            self.door.input_rate = rate_in
        if rate_out is not None:
            self.door.output_rate = rate_out
        if audio.input is not None and "turn_detection" in audio.input.model_fields_set:
            self._turn_detection = audio.input.turn_detection
            self.live.conversation.listener.set_manual(self._turn_detection is None)
            if self._turn_detection is not None and self._turn_detection.silence_duration_ms is not None:
                self.live.conversation.set_patience(float(self._turn_detection.silence_duration_ms))
        if session.coach is not None and session.coach.events is not None:
            self._encoder.coach_events = session.coach.events
        self._updated.set()
        self._emit(wire.SessionUpdated(session=self._session()))
        if session.coach is not None and session.coach.events:
            self._emit(self.live.engines)

    def check_rates(self, rate_in: int | None, rate_out: int | None) -> None:
        """Raises BadAudio for a rate that this door does not take."""

    def _session(self) -> wire.Session:
        return wire.Session.model_validate(
            {
                "id": f"sess_{self.live.conversation_id.hex}" if self.live else None,
                "model": self._model,
                "output_modalities": ["audio"],
                "audio": {
                    "input": {
                        "format": {"rate": self.door.input_rate},
                        "turn_detection": self._turn_detection,
                    },
                    "output": {"format": {"rate": self.door.output_rate}},
                },
                "coach": {"events": self._encoder.coach_events},
            }
        )

    # -- out ------------------------------------------------------------------------------------------------

    def _emit(self, event: wire.ServerEvent) -> None:
        frame = self._encoder.encode(event)
        if frame is None:
            return
        try:
            self._outbox.put_nowait(frame)
        except asyncio.QueueFull:
            logger.warning("%s door: the client does not read; cut off", self.door_name)
            self._close_code = TOO_SLOW
            self._sending.cancel()
            if self.live is not None:
                self.live.hang_up("disconnected")

    async def _send_all(self) -> None:
        try:
            while (frame := await self._outbox.get()) is not None:
                async with asyncio.timeout(SEND_DEADLINE_S):
                    if isinstance(frame, bytes):
                        await self.send(bytes_data=frame)
                    else:
                        await self.send(text_data=frame)
        except TimeoutError:
            self._close_code = TOO_SLOW
            if self.live is not None:
                self.live.hang_up("disconnected")
        finally:
            await self.close(code=self._close_code)

    def _shut(self, code: int) -> None:
        """Close once everything that waits has been sent."""
        self._close_code = code
        try:
            self._outbox.put_nowait(None)
        except asyncio.QueueFull:
            self._sending.cancel()

    def _close_code_of(self, error: VoiceError) -> int:
        if isinstance(error, NotAuthorised) and self._is_signed_in:
            return NOT_FOUND
        return next((code for kind, code in _CLOSE_CODES.items() if isinstance(error, kind)), NOT_FOUND)

    _is_signed_in = False


class BrowserConsumer(VoiceConsumer):
    """``/ws/voice/<conversation id>/``: session cookie, Origin checked before this is reached."""

    door_name = "browser"
    binary = True
    coach_events = True
    ahead_ms = 2_000.0
    pausable = True
    waits_for_update_s = 0.5

    async def admit(self) -> tuple[User, uuid.UUID]:
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            raise NotAuthorised("You are not signed in.", hint="Sign in and open the conversation again.")
        self._is_signed_in = True
        return user, self.scope["url_route"]["kwargs"]["conversation_id"]


class RealtimeConsumer(VoiceConsumer):
    """``/v1/realtime?model=<scenario slug>``: API token in the Authorization header."""

    door_name = "realtime"

    async def admit(self) -> tuple[User, uuid.UUID]:
        user = await database_sync_to_async(user_for_token)(_bearer(self.scope))
        if user is None:
            raise NotAuthorised("The API token is missing, unknown or expired.")
        self._is_signed_in = True
        slug = parse_qs(self.scope["query_string"].decode(errors="replace")).get("model", [""])[0]
        try:
            conversation = await database_sync_to_async(start_conversation)(trainee=user, scenario_slug=slug)
        except UnknownScenario:
            raise BadEvent(
                "There is no such scenario.", hint="Name a published scenario: ?model=<scenario slug>."
            ) from None
        return user, conversation.pk

    def check_rates(self, rate_in: int | None, rate_out: int | None) -> None:
        if {rate_in, rate_out} - {None, 24_000}:
            raise BadAudio("This door's sound has 24000 samples a second.", hint="Send audio/pcm at 24000.")


def _bearer(scope: dict[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return ""
