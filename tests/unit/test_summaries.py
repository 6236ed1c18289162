"""Claims about a report in a line."""

from __future__ import annotations

from typing import Any

import pytest

from reports.models import Report
from reports.summaries import Summary, count, summary_of, to_show


def verdicts(*given: str | None) -> dict[str, Any]:
    return {"metrics": {f"metric_{number}": {"verdict": one} for number, one in enumerate(given)}}


def test_it_says_how_many_of_the_judged_measures_were_on_target() -> None:
    report = Report(status="done", summary=count(verdicts("in", "above", None, "in", "below")))
    assert summary_of(report) == Summary("done", 2, 4, "2 of 4 on target")


def test_it_says_nothing_where_nothing_was_judged() -> None:
    assert summary_of(Report(status="done", summary=count(verdicts(None)))) == Summary("done", 0, 0, "")


@pytest.mark.parametrize(
    ("status", "state"), [("queued", "working"), ("running", "working"), ("failed", "failed")]
)
def test_a_report_that_is_not_done_says_nothing(status: str, state: Any) -> None:
    assert summary_of(Report(status=status)) == Summary(state)


def test_no_report_is_no_result() -> None:
    assert summary_of(None) == Summary("none")


def test_a_report_older_than_its_summary_is_counted_from_its_metrics() -> None:
    assert summary_of(Report(status="done", metrics=verdicts("in", "in"))).line == "2 of 2 on target"


def test_it_shows_the_newest_report_that_is_done() -> None:
    first, second = Report(status="done", analysis_version=1), Report(status="done", analysis_version=2)
    failed = Report(status="failed", analysis_version=3)
    assert to_show([second, failed, first]) is second
    assert to_show([failed]) is failed
    assert to_show([]) is None
