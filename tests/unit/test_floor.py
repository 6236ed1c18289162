"""The floor works its events through one after the other, and never without end."""

from __future__ import annotations

import asyncio

from voice.floor import EVENTS_WAITING, Floor
from voice.table import Action, ReplyRequested
from voice.turns import TurnMachine


def test_actions_that_call_for_ever_more_events_are_a_fault_and_not_a_full_memory() -> None:
    faults: list[Exception] = []
    carried: list[Action] = []

    async def main() -> None:
        def carry_out(action: Action) -> None:
            carried.append(action)
            floor.tell(ReplyRequested())
            floor.tell(ReplyRequested())

        floor = Floor(
            TurnMachine(),
            clock=lambda: 0.0,
            carry_out=carry_out,
            changed=lambda _state: None,
            broken=faults.append,
        )
        floor.tell(ReplyRequested())
        floor.close()

    asyncio.run(main())
    assert [type(fault) for fault in faults] == [RuntimeError]
    assert 0 < len(carried) <= EVENTS_WAITING
