"""What has to be looked after from time to time."""

from __future__ import annotations

from celery import shared_task

from memory.conversations import interrupt_abandoned


@shared_task(name="memory.interrupt_abandoned", ignore_result=True)  # type: ignore[untyped-decorator]
def sweep_abandoned() -> None:
    """Say of what is live and driven by nobody that it is interrupted."""
    interrupt_abandoned()
