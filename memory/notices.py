"""Word to the processes that hold conversations. Group messages may be lost: the database is the truth, and a
writer that missed one is refused there."""

from __future__ import annotations

import logging
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def group_of(person: UUID) -> str:
    """The channel group of everything that is open for this person."""
    return f"person.{person.hex}"


def stop_conversations(*, person: UUID, reason: str) -> None:
    """Ask whoever holds a conversation of this person to end it now, or for ``signed_out`` to leave it so
    that it can be taken up again."""
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group_of(person), {"type": "conversation.stop", "reason": reason})
    except (RedisError, OSError) as exc:
        logger.warning("open conversations were not told to stop: %s", type(exc).__name__)


async def ask_to_leave(*, person: UUID, conversation_id: UUID, newcomer: str) -> None:
    """Ask whoever holds this conversation to let go of it for ``newcomer``, the owner that its trainee has just
    come back to."""
    message = {
        "type": "conversation.leave",
        "conversation": str(conversation_id),
        "newcomer": newcomer,
    }
    try:
        await get_channel_layer().group_send(group_of(person), message)
    except (RedisError, OSError) as exc:
        logger.warning("an open conversation was not told to move: %s", type(exc).__name__)
