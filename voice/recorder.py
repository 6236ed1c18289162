"""Turns on their way into the database, off the hot path.

The conversation hands over a turn and goes on. What waits is keyed by the turn's number, so a turn that
changes while it waits is written once, as it was last. While the database is away the writer tries again with
growing pauses; writing is idempotent, so nothing is lost and nothing is doubled.

The writer outlives its conversation: what still waits when that closes is written as soon as the database is
back, for as long as the process lives. What bounds it: ``TURNS_WAITING`` for each conversation, and no
conversation begins while the database is away, so there are never more such writers than conversations were
live when it left. Only who takes the conversation up elsewhere before it is back ends this: what the former
owner still had is refused then.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

from accounts.vault import PersonErased
from memory.conversations import LeaseLost, UnknownConversation, record_turn
from memory.records import TurnRecord

logger = logging.getLogger(__name__)

TURNS_WAITING = 1_000
"""Turns that may wait while the database is away: hours of talk. Beyond, the conversation ends."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
DRAIN_DEADLINE_S = 120.0
"""So long a conversation that closes waits for its turns to be written; the writer goes on after that."""

_writers: set[asyncio.Task[None]] = set()
"""Keeps the writers alive: the event loop itself holds its tasks only weakly."""


class Recorder:
    """``on_lost``: the conversation can't be kept any longer and has to end; called with the reason."""

    def __init__(self, conversation_id: uuid.UUID, *, owner: str, on_lost: Callable[[str], None]) -> None:
        self._conversation_id, self._owner = conversation_id, owner
        self._on_lost = on_lost
        self._waiting: dict[int, TurnRecord] = {}
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._writer: asyncio.Task[None] | None = None
        self._closed = False

    def record(self, turn: TurnRecord) -> None:
        """Keep this turn; returns at once. The same ``seq`` again replaces."""
        if self._closed:
            return
        if len(self._waiting) >= TURNS_WAITING and turn.seq not in self._waiting:
            self._on_lost("not_kept")
            return
        self._waiting[turn.seq] = turn
        self._idle.clear()
        self._news.set()

    async def run(self) -> None:
        """Write until cancelled; what waits by then is still written."""
        while True:
            await self._news.wait()
            self._news.clear()
            await asyncio.shield(self._begun())

    async def drain(self) -> bool:
        """Wait until everything is written. False: it was refused, or the database did not come back within
        ``DRAIN_DEADLINE_S``; in that case the writer goes on."""
        if self._waiting:
            self._begun()
        try:
            async with asyncio.timeout(DRAIN_DEADLINE_S):
                await self._idle.wait()
        except TimeoutError:
            logger.error("turns of conversation %s still wait for the database", self._conversation_id)
        return not self._waiting and not self._closed

    def _begun(self) -> asyncio.Task[None]:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_what_waits())
            _writers.add(self._writer)
            self._writer.add_done_callback(_writers.discard)
        return self._writer

    async def _write_what_waits(self) -> None:
        try:
            while self._waiting:
                await self._write(next(iter(self._waiting)))
        finally:
            # However it ends, nobody waits for a writer that is gone.
            self._idle.set()

    async def _write(self, seq: int) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            turn = self._waiting[seq]
            try:
                await database_sync_to_async(record_turn)(
                    conversation_id=self._conversation_id, record=turn, owner=self._owner
                )
            except (PersonErased, UnknownConversation):
                self._give_up("erased")
                return
            except LeaseLost:
                self._give_up("elsewhere")
                return
            except (OperationalError, InterfaceError) as exc:
                logger.warning("the database is away (%s); the turn waits", type(exc).__name__)
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            except Exception as exc:
                # Only the kind: a message could carry what was said.
                logger.error(
                    "a turn of conversation %s can't be kept: %s", self._conversation_id, type(exc).__name__
                )
                self._give_up("not_kept")
                return
            if self._waiting.get(seq) is turn:
                del self._waiting[seq]
                return

    def _give_up(self, reason: str) -> None:
        """Nothing may be written any more."""
        self._closed = True
        self._waiting.clear()
        self._on_lost(reason)
