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
    """Ask whoever holds a conversation of this person to end it now."""
    layer = get_channel_layer()
    try:
        async_to_sync(layer.group_send)(group_of(person), {"type": "conversation.stop", "reason": reason})
    except (RedisError, OSError) as exc:
        logger.warning("open conversations were not told to stop: %s", type(exc).__name__)
