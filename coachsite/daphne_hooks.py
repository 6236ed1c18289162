"""What Daphne does not offer by itself: something to do when it starts, and time to finish when it stops.

Daphne speaks no ASGI lifespan. It runs on Twisted's reactor, which knows both moments.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any


def install(*, on_start: Callable[[], Awaitable[None]], on_stop: Callable[[], Awaitable[None]]) -> bool:
    """Call ``on_start`` once the server runs and let shutdown wait for ``on_stop``. False: not under Daphne."""
    if "daphne.server" not in sys.modules:
        return False
    from twisted.internet import defer, reactor

    tasks: set[asyncio.Future[None]] = set()

    def begin() -> None:
        task = asyncio.ensure_future(on_start())
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def end() -> defer.Deferred[None]:
        return defer.Deferred.fromFuture(asyncio.ensure_future(on_stop()))

    running: Any = reactor  # a module that is a reactor: no type fits it
    running.callWhenRunning(begin)
    running.addSystemEventTrigger("before", "shutdown", end)
    return True
