"""Claims about work that nobody waits for."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from celery import shared_task
from django.db import transaction
from django_scopes import get_scope

from accounts.background import run_in_background
from accounts.models import Organization
from accounts.scoping import organization_scope
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "keys"])


class Probe:
    """A task that tells what it saw, and can be waited for."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.saw: dict[str, Any] = {}

        @shared_task(name=f"probe.{id(self)}")
        def task(**kwargs: Any) -> None:
            self.saw = {"kwargs": kwargs, "organizations": Organization.objects.count(), "scope": get_scope()}
            self.saw["thread"] = threading.current_thread().name.split("_")[0]
            self.done.set()
            if kwargs.get("fail"):
                raise ValueError("what somebody said")

        self.task = task


def test_without_a_broker_it_runs_in_a_thread_in_nobodys_scope(cast: Cast) -> None:
    probe = Probe()
    with organization_scope(cast.organization):
        run_in_background(probe.task, conversation_id="x")
    assert probe.done.wait(10)
    assert probe.saw == {
        "kwargs": {"conversation_id": "x"},
        "organizations": 2,
        "scope": {},
        "thread": "background",
    }


def test_it_begins_after_the_commit(cast: Cast) -> None:
    probe = Probe()
    with transaction.atomic():
        Organization.objects.create(name="New", slug="new")
        run_in_background(probe.task)
        assert not probe.done.is_set()
    assert probe.done.wait(10)
    assert probe.saw["organizations"] == 3


def test_a_failure_is_logged_without_its_text(cast: Cast, caplog) -> None:
    probe, after = Probe(), Probe()
    run_in_background(probe.task, fail=True)
    assert probe.done.wait(10)
    for _ in range(2):  # both threads are free again: the failed one has logged
        after.done.clear()
        run_in_background(after.task)
        assert after.done.wait(10)
    messages = [record.getMessage() for record in caplog.records if record.name == "accounts.background"]
    assert messages == [f"background.failed task={probe.task.name} error=ValueError"]
    assert "what somebody said" not in caplog.text
