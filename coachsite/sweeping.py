"""What Celery's beat does on a large installation, a small one's server does itself, every minute."""

from __future__ import annotations

import asyncio
import logging

from channels.db import database_sync_to_async
from django.conf import settings

from memory.tasks import sweep_abandoned
from reports.tasks import requeue_overdue, sweep_interrupted

logger = logging.getLogger(__name__)

EVERY_S = 60.0
SWEEPS = (sweep_abandoned, sweep_interrupted, requeue_overdue)


async def sweep_forever() -> None:
    """Until cancelled. Does nothing where there is a broker: beat sends the same tasks to the workers."""
    while not settings.CELERY_BROKER_URL:
        for task in SWEEPS:
            try:
                await database_sync_to_async(task)()
            except Exception as exc:  # the next minute may be better
                logger.warning("sweep failed: %s", type(exc).__name__)
        await asyncio.sleep(EVERY_S)
