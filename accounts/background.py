"""Work that nobody waits for: a Celery worker's where there is a broker, else a thread of this server."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from django.conf import settings
from django.db import connections, transaction

logger = logging.getLogger(__name__)

WORKERS = 2
LIMIT = 200
"""Tasks that may wait in this process. One more is dropped and logged: what a task has to do is marked in the
database, and whoever looks for overdue work there finds it."""


class Task(Protocol):
    """What ``celery.shared_task`` makes: callable here, and sent with ``delay``."""

    name: str
    delay: Callable[..., Any]

    def __call__(self, **kwargs: Any) -> Any: ...


_pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="background")
_places = threading.BoundedSemaphore(LIMIT)


def run_in_background(task: Task, **kwargs: Any) -> None:
    """Have the task run soon, after the current transaction (if any) is committed; ids only as arguments,
    they pass through the broker. Never raises: what could not be started or failed is logged by code."""
    start = _send if settings.CELERY_BROKER_URL else _run_here
    transaction.on_commit(lambda: start(task, kwargs))


def _send(task: Task, kwargs: dict[str, Any]) -> None:
    try:
        task.delay(**kwargs)
    except Exception as exc:
        logger.error("background.not_sent task=%s error=%s", task.name, type(exc).__name__)


def _run_here(task: Task, kwargs: dict[str, Any]) -> None:
    if not _places.acquire(blocking=False):
        logger.error("background.full task=%s", task.name)
        return
    try:
        # An empty context: the task sets its own scope and inherits nobody's.
        _pool.submit(contextvars.Context().run, _run, task, kwargs)
    except RuntimeError:  # the interpreter is shutting down
        _places.release()
        logger.error("background.not_started task=%s", task.name)


def _run(task: Task, kwargs: dict[str, Any]) -> None:
    try:
        task(**kwargs)
    except Exception as exc:
        # The type only: the text of an exception may quote what somebody said.
        logger.error("background.failed task=%s error=%s", task.name, type(exc).__name__)
    finally:
        connections.close_all()
        _places.release()
