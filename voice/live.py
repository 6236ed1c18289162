"""A conversation from door to database: load, claim, hold, keep, close. Every door goes through here.

open     the conversation is the trainee's own, there is room for one more; where he left it open, that one
         lets go of it
hold     the loop runs; turns are kept as they happen; the lease is renewed
close    ended -> a report is asked for; cut off -> interrupted, to be taken up again
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import uuid

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.models import User
from accounts.vault import PersonErased
from memory import conversations
from memory.conversations import ConversationContext, UnknownConversation
from memory.notices import ask_to_leave
from reports.tasks import request_report
from voice import events as wire
from voice.casting import cast_for, describe_engines, engines_used, scene_for, warm_up
from voice.conversation import Conversation
from voice.engines import registry
from voice.errors import ConversationElsewhere, NotAuthorised, ServerBusy
from voice.recorder import Recorder
from voice.scene import Door

logger = logging.getLogger(__name__)

CUT_OFF = frozenset({"disconnected", "shutdown", "elsewhere", "internal", "not_kept", "signed_out"})
"""Reasons after which the conversation can be taken up again."""

TRIES_TO_MOVE, BETWEEN_TRIES_S = 30, 0.1
"""A trainee who comes back waits until the connection he left has let go of the conversation: it may not have
noticed that nobody is there. It only has to keep what was said last."""

DRAIN_S = 6.0
"""So long a server that stops waits for what was said to be kept."""

_live: set[LiveConversation] = set()


def check_room() -> None:
    """Raises ServerBusy when this process holds as many conversations as it may."""
    if len(_live) >= settings.COACH_MAX_CONVERSATIONS:
        raise ServerBusy


class LiveConversation:
    """``resumable``: a client that is cut off can come back to it; otherwise being cut off ends it."""

    def __init__(self, *, user: User, conversation_id: uuid.UUID, door: Door, resumable: bool = True) -> None:
        self.user, self.conversation_id, self.door = user, conversation_id, door
        self.resumable = resumable
        self.owner = f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:8]}"[:64]
        self.over = asyncio.Event()
        self._hung_up = ""
        self.context: ConversationContext
        self.conversation: Conversation

    async def open(self) -> None:
        """Raises NotAuthorised, ConversationElsewhere, ServerBusy; nothing is held then."""
        check_room()
        _live.add(self)
        try:
            await self._open()
        except BaseException:
            _live.discard(self)
            self.over.set()
            raise

    async def _open(self) -> None:
        context = await self._load()
        if context.status == "ended":
            raise NotAuthorised("This conversation has ended.", hint="Start a new one; its report is kept.")
        if not await self._claim():
            await self._take_over()
        try:
            await self._prepare()
        except BaseException:
            await database_sync_to_async(conversations.release_lease)(
                conversation_id=self.conversation_id, owner=self.owner
            )
            raise

    async def _claim(self) -> bool:
        claimed: bool = await database_sync_to_async(conversations.claim_lease)(
            conversation_id=self.conversation_id, owner=self.owner, seconds=settings.COACH_LEASE_S
        )
        return claimed

    async def _take_over(self) -> None:
        """The one who came last has the conversation. Raises ConversationElsewhere if its holder does not let
        go: a process that died keeps it until its lease has run out."""
        await ask_to_leave(person=self.user.pk, conversation_id=self.conversation_id, newcomer=self.owner)
        # Counted, not timed out: a claim that is cut short might have been granted.
        for _ in range(TRIES_TO_MOVE):
            await asyncio.sleep(BETWEEN_TRIES_S)
            if await self._claim():
                return
        raise ConversationElsewhere

    async def _prepare(self) -> None:
        # Read again: what the former owner wrote before it let go counts too.
        self.context = await self._load()
        cast = cast_for(self.context.sheet)
        await warm_up()
        await database_sync_to_async(conversations.note_engines)(
            conversation_id=self.conversation_id, engines=engines_used(cast, self.context.sheet)
        )
        self.recorder = Recorder(self.conversation_id, owner=self.owner, on_lost=self.hang_up)
        self.conversation = Conversation(
            scene=scene_for(self.context), cast=cast, door=self.door, record=self.recorder.record
        )
        if self._hung_up:
            self.conversation.hang_up(self._hung_up)

    async def _load(self) -> ConversationContext:
        try:
            context: ConversationContext | None = await database_sync_to_async(conversations.load_context)(
                conversation_id=self.conversation_id
            )
        except UnknownConversation:
            context = None
        if context is None or context.trainee_id != self.user.pk:
            raise NotAuthorised("This conversation is not yours, or there is none.")
        return context

    @property
    def engines(self) -> wire.CoachEngines:
        """Which engines are in use, and how to get better ones."""
        return wire.CoachEngines(
            engines=describe_engines(self.conversation.cast, self.context.sheet, machine=self.user.is_staff)
        )

    def hang_up(self, reason: str) -> None:
        """End it; the first reason counts. One that is just being opened ends as soon as it is."""
        self._hung_up = self._hung_up or reason
        if hasattr(self, "conversation"):
            self.conversation.hang_up(reason)

    async def hold(self) -> str:
        """Until it ends; returns the reason. What was said is kept, whatever happens."""
        helpers = [asyncio.create_task(self.recorder.run()), asyncio.create_task(self._renew())]
        reason = "internal"
        try:
            reason = await self.conversation.run()
        except* Exception as failures:
            # Only the kind: a message could carry what was said.
            kinds = sorted({type(one).__name__ for one in _leaves(failures)})
            logger.error("conversation %s broke off: %s", self.conversation_id, ", ".join(kinds))
        finally:
            try:
                await self._close(reason)
            finally:
                for helper in helpers:
                    helper.cancel()
                _live.discard(self)
                self.over.set()
        return reason

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(settings.COACH_LEASE_S / 3)
            try:
                kept = await database_sync_to_async(conversations.renew_lease)(
                    conversation_id=self.conversation_id, owner=self.owner, seconds=settings.COACH_LEASE_S
                )
            except Exception as exc:  # the database is away: the lease may run out, the conversation goes on
                logger.warning("lease not renewed: %s", type(exc).__name__)
                continue
            if not kept:
                self.hang_up("elsewhere")

    async def _close(self, reason: str) -> None:
        await self.recorder.drain()
        if reason in CUT_OFF and (self.resumable or reason == "elsewhere"):
            await database_sync_to_async(conversations.mark_interrupted)(
                conversation_id=self.conversation_id, owner=self.owner, elapsed_ms=self.conversation.now()
            )
            return
        ended = await database_sync_to_async(conversations.end_conversation)(
            conversation_id=self.conversation_id, reason=reason, owner=self.owner
        )
        if ended and reason != "erased":
            with contextlib.suppress(PersonErased, UnknownConversation):  # erased in this very moment
                await database_sync_to_async(request_report)(conversation_id=self.conversation_id)


async def prepare() -> None:
    """When a server starts: load what is slow to load, before anybody waits for it."""
    try:
        await warm_up()
    except Exception as exc:  # a server without its best engine, or before its migrations, still answers
        logger.warning("not everything could be prepared: %s", type(exc).__name__)


async def drain() -> None:
    """When a server stops: every conversation is left so that it can be taken up again."""
    leaving = list(_live)
    for live in leaving:
        live.hang_up("shutdown")
    if leaving:
        await asyncio.wait([asyncio.ensure_future(live.over.wait()) for live in leaving], timeout=DRAIN_S)
    await registry.aclose_all()


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for one in group.exceptions:
        leaves += _leaves(one) if isinstance(one, BaseExceptionGroup) else [one]
    return leaves
