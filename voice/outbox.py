"""What waits to be sent to one client: a bounded queue and the task that empties it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Frame = str | bytes

FRAMES_WAITING = 512
"""Frames that may wait. Sound is paced, so only a client that does not read gets here; it is cut off, and can
come back."""
SEND_DEADLINE_S = 10.0


@dataclass(slots=True)
class Allowance:
    """So many at once, and so many a second after that."""

    burst: float
    per_s: float
    _left: float = field(init=False)
    _at_s: float = 0.0

    def __post_init__(self) -> None:
        self._left = self.burst

    def take(self, now_s: float) -> bool:
        """Whether one more is allowed."""
        self._left = min(self.burst, self._left + (now_s - self._at_s) * self.per_s)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Outbox:
    """``send`` sends one frame, ``close`` closes the socket with a code; ``on_stuck`` is told, once, that the
    client does not read."""

    def __init__(
        self,
        send: Callable[[Frame], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
        on_stuck: Callable[[], None],
        *,
        too_slow: int,
    ) -> None:
        self._send, self._close, self._on_stuck, self._too_slow = send, close, on_stuck, too_slow
        self._queue: asyncio.Queue[Frame | None] = asyncio.Queue(FRAMES_WAITING)
        self._code: int | None = None
        self._task = asyncio.create_task(self._run())

    @property
    def is_shut(self) -> bool:
        return self._code is not None

    def put(self, frame: Frame) -> None:
        """Send it when its turn comes. After :meth:`shut` nothing is taken any more."""
        if self._code is not None:
            return
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            self._cut_off()

    def shut(self, code: int) -> None:
        """Close with this code once everything that waits has been sent. The first code counts."""
        if self._code is not None:
            return
        self._code = code
        with contextlib.suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)
            return
        self._task.cancel()

    def drop(self) -> None:
        """The client is gone: nothing can be sent any more."""
        self._task.cancel()

    def _cut_off(self) -> None:
        self._code = self._too_slow
        self._task.cancel()
        self._on_stuck()

    async def _run(self) -> None:
        try:
            while (frame := await self._queue.get()) is not None:
                async with asyncio.timeout(SEND_DEADLINE_S):
                    await self._send(frame)
        except TimeoutError:
            self._code = self._too_slow
            self._on_stuck()
        finally:
            await self._close(self._code if self._code is not None else self._too_slow)
