"""The work of one conversation: its tasks, and what becomes of a fault of ours.

A fault in a task or in a callback ends the conversation; the first one counts and is raised at its end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

from voice.errors import VoiceError

P = ParamSpec("P")


class Work:
    """``on_fault`` is called at each fault; ``async with work.group`` waits for the tasks."""

    def __init__(self, on_fault: Callable[[], None]) -> None:
        self.group = asyncio.TaskGroup()
        self.fault: Exception | None = None
        self._on_fault = on_fault

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self.group.create_task(self._watch(work))
        task.add_done_callback(lambda _: work.close())  # it may be cancelled before it has begun
        return task

    async def _watch(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as exc:
            self.break_off(exc)

    def guard(self, work: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """What the client did wrong is the caller's to tell; everything else is a fault of ours."""
        try:
            work(*args, **kwargs)
        except VoiceError:
            raise
        except Exception as exc:
            self.break_off(exc)

    def break_off(self, fault: Exception) -> None:
        """A fault of ours: end it."""
        while isinstance(fault, ExceptionGroup):
            fault = fault.exceptions[0]
        self.fault = self.fault or fault
        self._on_fault()
