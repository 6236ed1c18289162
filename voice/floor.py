"""Runs the turn machine in real time: one event after the other, and a wake-up at its deadline."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from voice.table import Action, Event, State
from voice.turns import TurnMachine

EVENTS_WAITING = 64
"""Events that may wait while another is worked through. They come from the actions of one event, so there is a
handful at most; more is a fault of ours (actions that call for each other): it ends the conversation."""


class Floor:
    """``carry_out`` is given each action, ``changed`` is called after each event that changed the state or not.
    What either raises goes to ``broken``: nothing here may end in a callback that nobody looks at."""

    def __init__(
        self,
        machine: TurnMachine,
        *,
        clock: Callable[[], float],
        carry_out: Callable[[Action], None],
        changed: Callable[[State], None],
        broken: Callable[[Exception], None],
    ) -> None:
        self._machine, self._clock = machine, clock
        self._carry_out, self._changed, self._broken = carry_out, changed, broken
        self._waiting: deque[Event | None] = deque()
        """Events that came while another was worked through, ``EVENTS_WAITING`` at most; None: it is time."""
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False

    def tell(self, event: Event) -> None:
        """Something happened. Actions that make something happen in turn are finished first."""
        self._put(event)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _wake(self) -> None:
        self._put(None)

    def _put(self, event: Event | None) -> None:
        if len(self._waiting) >= EVENTS_WAITING:
            raise RuntimeError("the floor's events call for each other")  # ends up in _work, below on the stack
        self._waiting.append(event)
        self._work()

    def _work(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._take(self._waiting.popleft())
            self._set_timer()
        except Exception as exc:
            self._waiting.clear()
            self._broken(exc)
        finally:
            self._busy = False

    def _take(self, event: Event | None) -> None:
        before, now = self._machine.state, self._clock()
        if event is None:
            # A timer may be a hair early by the clock that the deadline was reckoned with.
            actions = self._machine.tick(max(now, self._due))
        else:
            actions = self._machine.handle(event, now)
        for action in actions:
            self._carry_out(action)
        self._changed(before)

    def _set_timer(self) -> None:
        self.close()
        due = self._machine.deadline
        if due is None:
            return
        self._due = due
        delay_s = max(0.0, due - self._clock()) / 1000
        self._timer = asyncio.get_running_loop().call_later(delay_s, self._wake)
