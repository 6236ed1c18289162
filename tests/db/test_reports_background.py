"""A report is computed by a thread of the server where there is no broker."""

from __future__ import annotations

import time

import pytest

from avatars.models import Scenario
from memory.conversations import end_conversation, start_conversation
from reports.analysis import report_json
from reports.tasks import request_report
from tests.db.conftest import Cast

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "keys"], transaction=True)]


def test_without_a_broker_a_thread_computes_the_report_soon(cast: Cast, scenario: Scenario) -> None:
    conversation = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    assert end_conversation(conversation_id=conversation.pk, reason="hung_up")
    request_report(conversation_id=conversation.pk)
    deadline = time.monotonic() + 20.0
    while report_json(conversation_id=conversation.pk)["status"] in ("queued", "running"):
        assert time.monotonic() < deadline, "the report did not come"
        time.sleep(0.02)  # another thread's work in the database: there is nothing to wait on
    report = report_json(conversation_id=conversation.pk)
    assert (report["status"], report["progress"], sorted(report["metrics"])) == (
        "done",
        1.0,
        [
            "filled_pauses",
            "interruptions",
            "longest_monologue",
            "questions",
            "response_latency",
            "speech_rate",
            "talk_ratio",
        ],
    )
