"""Claims about how a conversation comes to its report and how the report is kept."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts import vault
from accounts.models import User
from accounts.vault import Damaged, PersonErased
from avatars.models import Scenario
from coachsite.sweeping import SWEEPS
from memory.conversations import (
    UnknownConversation,
    end_conversation,
    load_context,
    mark_interrupted,
    record_turn,
    start_conversation,
)
from memory.models import Conversation
from memory.records import TimedWord, TurnRecord
from reports import analysis
from reports.analysis import analyse, error_code, overdue, report_json
from reports.metrics import ANALYSIS_VERSION, compute_report
from reports.models import Report
from reports.tasks import analyse_conversation, request_report, requeue_overdue, sweep_interrupted
from tests.db.conftest import Cast
from voice.errors import SttUnavailable

pytestmark = [pytest.mark.db, pytest.mark.django_db(databases=["default", "keys"])]

WHISPER = {"stt": {"name": "whisper", "writes_fillers": True}}
SPHINX = {"stt": {"name": "pocketsphinx", "writes_fillers": False}}


@pytest.fixture
def conversation(cast: Cast, scenario: Scenario) -> UUID:
    """Ended: the avatar spoke for 4 s, then the trainee for 6 s in 12 words."""
    started = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    tokens = "um where did you buy it and do you have the receipt".split()
    words = tuple(TimedWord(one, 5000.0 + 500.0 * k, 5500.0 + 500.0 * k) for k, one in enumerate(tokens))
    turns = (
        TurnRecord(seq=1, speaker="avatar", kind="opening", text="Where is it?", started_ms=0, ended_ms=4000),
        TurnRecord(
            seq=2,
            speaker="trainee",
            kind="speech",
            text=" ".join(tokens),
            started_ms=5000,
            ended_ms=11_000,
            words=words,
        ),
    )
    for turn in turns:
        record_turn(conversation_id=started.pk, record=turn)
    with scopes_disabled():
        Conversation.objects.filter(pk=started.pk).update(engines=SPHINX)
    end_conversation(conversation_id=started.pk, reason="hung_up")

    return started.pk


def rows() -> list[Report]:
    with scopes_disabled():
        return list(Report.objects.order_by("pk"))


def test_it_computes_and_stores_the_report(conversation: UUID) -> None:
    report = analyse(conversation_id=conversation)
    assert rows() == [report]
    assert (report.status, report.progress, report.error_code) == ("done", 1.0, "")
    assert report.analysis_version == ANALYSIS_VERSION
    whole = report_json(conversation_id=conversation)
    assert (whole["status"], whole["scenario"], whole["scenario_version"]) == ("done", "late-delivery", 1)
    assert {name: (one["status"], one["value"], one["verdict"]) for name, one in whole["metrics"].items()} == {
        "speech_rate": ("measured", 120, "in"),  # 12 words in 6 s
        "filled_pauses": ("not_measurable", None, None),  # PocketSphinx writes none
        "talk_ratio": ("measured", 0.6, "above"),  # 6 / (6 + 4), the scenario wants 0.3-0.5
        "response_latency": ("not_enough_speech", None, None),
        "longest_monologue": ("measured", 6, "in"),
        "interruptions": ("measured", 0, None),
        "questions": ("measured", 2, None),
    }
    assert json.loads(json.dumps(whole)) == whole


def test_it_measures_filled_pauses_only_if_the_recognizer_says_that_it_writes_them(conversation: UUID) -> None:
    statuses = []
    for engines in (WHISPER, SPHINX, {"stt": "whisper"}, {"stt": {"name": "whisper"}}, {}):
        with scopes_disabled():
            Conversation.objects.filter(pk=conversation).update(engines=engines)
        analyse(conversation_id=conversation)
        statuses.append(report_json(conversation_id=conversation)["metrics"]["filled_pauses"]["status"])
    assert statuses == ["not_enough_speech", *["not_measurable"] * 4]


def test_running_it_twice_gives_the_same_report_byte_for_byte(conversation: UUID) -> None:
    first = analyse(conversation_id=conversation)
    before = plaintext(first)
    second = analyse(conversation_id=conversation)
    assert (second.pk, second.created_at) == (first.pk, first.created_at)
    assert plaintext(second) == before
    assert len(rows()) == 1


def test_what_is_stored_is_sealed(conversation: UUID) -> None:
    report = analyse(conversation_id=conversation)
    assert b"speech_rate" in plaintext(report)
    assert b"speech_rate" not in stored(report)


def test_a_turn_that_was_written_late_is_in_the_next_run(conversation: UUID) -> None:
    analyse(conversation_id=conversation)
    late = TurnRecord(seq=3, speaker="avatar", kind="reply", text="Yes.", started_ms=12_000, ended_ms=20_000)
    record_turn(conversation_id=conversation, record=late)
    analyse(conversation_id=conversation)
    # 6 / (6 + 4 + 8)
    assert report_json(conversation_id=conversation)["metrics"]["talk_ratio"]["value"] == 0.333


def test_it_keeps_the_report_of_an_older_analysis_as_it_was(conversation: UUID) -> None:
    with scopes_disabled():
        old = Report.objects.create(
            conversation=Conversation.objects.get(pk=conversation),
            analysis_version=0,
            status="done",
            metrics={"version": 0},
        )
    new = analyse(conversation_id=conversation)
    assert rows() == [old, new]
    assert rows()[0].metrics == {"version": 0}


def test_a_conversation_in_which_nothing_was_said_gets_a_report(cast: Cast, scenario: Scenario) -> None:
    empty = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    analyse(conversation_id=empty.pk)
    metrics = report_json(conversation_id=empty.pk)["metrics"]
    assert {one["value"] for one in metrics.values()} == {None}


def test_of_two_tasks_for_a_report_the_one_behind_does_not_set_it_back(
    conversation: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []

    def watched(*args: Any, measured: Callable[[float], None], **kwargs: Any) -> Any:
        with scopes_disabled():
            Report.objects.update(progress=0.7)  # by the other one

        def and_look(share: float) -> None:
            measured(share)
            seen.append(report_json(conversation_id=conversation)["progress"])

        return compute_report(*args, measured=and_look, **kwargs)

    monkeypatch.setattr(analysis, "compute_report", watched)
    analyse(conversation_id=conversation)
    assert seen == [0.7] * 5 + [pytest.approx(0.3 + 0.6 * 6 / 7)] * 2


def test_a_report_is_stored_with_few_writes(conversation: UUID) -> None:
    with CaptureQueriesContext(connection) as asked:
        analyse(conversation_id=conversation)
    assert len([one for one in asked if one["sql"].startswith('UPDATE "reports_report"')]) == 3


# -- what goes wrong -----------------------------------------------------------------------------------------


def damage(conversation: UUID) -> None:
    """The second turn's text gets the words' sealed value, which no other field opens."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE memory_turn SET text = words WHERE seq = 2")


def test_a_failure_is_stored_by_code_and_raised(conversation: UUID) -> None:
    damage(conversation)
    with pytest.raises(Damaged):
        analyse(conversation_id=conversation)
    assert report_json(conversation_id=conversation) == {
        "status": "failed",
        "progress": 0.1,
        "error_code": "damaged",
    }


def test_a_report_that_is_done_outlives_a_later_failure(conversation: UUID) -> None:
    analyse(conversation_id=conversation)
    before = report_json(conversation_id=conversation)
    damage(conversation)
    with pytest.raises(Damaged):
        analyse(conversation_id=conversation)
    assert report_json(conversation_id=conversation) == before


def test_a_failed_report_can_be_made_again(conversation: UUID) -> None:
    with scopes_disabled():
        Report.objects.create(
            conversation_id=conversation,
            analysis_version=ANALYSIS_VERSION,
            status="failed",
            error_code="damaged",
        )
    analyse(conversation_id=conversation)
    assert [(one.status, one.error_code) for one in rows()] == [("done", "")]


def test_a_codes_origin_is_the_error_or_its_class() -> None:
    assert error_code(SttUnavailable()) == "stt_unavailable"
    assert error_code(ZeroDivisionError("what she said")) == "zero_division_error"


def test_no_report_is_written_about_a_person_who_is_being_erased(cast: Cast, conversation: UUID) -> None:
    User.everyone.filter(pk=cast.trainee.pk).update(erasing_since=timezone.now())
    with pytest.raises(PersonErased):
        analyse(conversation_id=conversation)
    assert rows() == []


def test_it_fails_by_code_once_the_key_is_destroyed(cast: Cast, conversation: UUID) -> None:
    vault.destroy_key(cast.trainee.pk)
    with pytest.raises(PersonErased):
        analyse(conversation_id=conversation)
    assert report_json(conversation_id=conversation)["error_code"] == "person_erased"


def test_an_unknown_conversation_is_an_error_and_has_no_report() -> None:
    unknown = uuid4()
    with pytest.raises(UnknownConversation):
        analyse(conversation_id=unknown)
    assert report_json(conversation_id=unknown) == {"status": "none", "progress": 0.0, "error_code": ""}


# -- in the background ---------------------------------------------------------------------------------------


def test_the_task_is_acknowledged_late_and_runs_again_when_its_worker_is_lost() -> None:
    for task in (analyse_conversation, requeue_overdue, sweep_interrupted):
        assert (task.acks_late, task.reject_on_worker_lost, task.ignore_result) == (True, True, True)
    assert analyse_conversation.name == "reports.analyse_conversation"


def test_the_task_computes_the_report(conversation: UUID) -> None:
    analyse_conversation(conversation_id=str(conversation))
    assert report_json(conversation_id=conversation)["status"] == "done"


def test_the_task_takes_what_is_gone_for_done(
    cast: Cast, conversation: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    analyse_conversation(conversation_id=str(uuid4()))
    User.everyone.filter(pk=cast.trainee.pk).update(erasing_since=timezone.now())
    analyse_conversation(conversation_id=str(conversation))
    assert [one.getMessage() for one in caplog.records] == [
        "reports.nothing_to_analyse reason=unknown_conversation",
        "reports.nothing_to_analyse reason=person_erased",
    ]


def test_asking_marks_the_report_as_queued_until_the_task_runs(conversation: UUID) -> None:
    # The test's transaction is never committed, so the task never starts.
    request_report(conversation_id=conversation)
    assert report_json(conversation_id=conversation) == {"status": "queued", "progress": 0.0, "error_code": ""}


def test_asking_again_leaves_a_report_that_is_done_readable(conversation: UUID) -> None:
    analyse(conversation_id=conversation)
    before = report_json(conversation_id=conversation)
    request_report(conversation_id=conversation)
    assert report_json(conversation_id=conversation) == before


def test_what_was_lost_with_its_process_is_found_again(conversation: UUID) -> None:
    assert overdue() == []
    with scopes_disabled():
        Conversation.objects.update(ended_at=timezone.now() - timedelta(minutes=16))
    assert overdue() == [conversation]  # ended, and nobody ever asked
    requeue_overdue()
    assert overdue() == []  # asked just now
    with scopes_disabled():
        Report.objects.update(updated_at=timezone.now() - timedelta(minutes=16), status="running")
    assert overdue() == [conversation]  # asked, and lost
    analyse(conversation_id=conversation)
    with scopes_disabled():
        Report.objects.update(updated_at=timezone.now() - timedelta(minutes=16))
    assert overdue() == []


def test_what_was_abandoned_ends_and_its_report_is_asked_for(cast: Cast, scenario: Scenario) -> None:
    left, fresh = (start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug).pk for _ in range(2))
    for pk in (left, fresh):
        mark_interrupted(conversation_id=pk)
    day_ago = timezone.now() - timedelta(days=1)
    with scopes_disabled():
        Conversation.objects.filter(pk=left).update(lease_expires_at=day_ago)
    sweep_interrupted()
    assert [report_json(conversation_id=pk)["status"] for pk in (left, fresh)] == ["queued", "none"]
    assert [load_context(conversation_id=pk).status for pk in (left, fresh)] == ["ended", "interrupted"]


def test_what_a_timer_of_the_server_sweeps_is_what_celerys_beat_sends() -> None:
    beats = {one["task"] for one in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {task.name for task in SWEEPS} == beats


def test_a_conversation_that_goes_on_is_not_overdue(cast: Cast, scenario: Scenario) -> None:
    start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    assert overdue(older_than=timedelta(0)) == []


def stored(report: Report) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT metrics FROM reports_report WHERE id = %s", [report.pk])
        (value,) = cursor.fetchone()
    return bytes(value)


def plaintext(report: Report) -> bytes:
    opened = vault.open_sealed("reports.Report.metrics", stored(report))
    assert opened is not None
    return opened
