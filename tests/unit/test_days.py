"""Days in the words that people use for them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.days import day, due, moment

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 4, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
"""A Wednesday there; in Greenwich it is still Tuesday."""


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=20), "Today 00:10"),
        (timedelta(minutes=40), "Yesterday 23:50"),
        (timedelta(days=1), "Yesterday 00:30"),
        (timedelta(days=6), "Thursday 00:30"),
        (timedelta(days=7), "Feb 25 00:30"),
        (timedelta(days=100), "Nov 24, 2025 00:30"),
    ],
)
def test_a_moment_is_told_from_where_the_reader_is(ago: timedelta, words: str) -> None:
    when = (NOW - ago).astimezone(ZoneInfo("UTC"))
    assert moment(when, NOW) == words
    assert day(when, NOW) == words[:-6]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "Due today"),
        (1, "Due tomorrow"),
        (2, "Due Friday"),
        (7, "Due Mar 11"),
        (400, "Due Apr 8, 2027"),
        (-1, "Was due yesterday, still open"),
        (-2, "Was due Monday, still open"),
        (-30, "Was due Feb 2, still open"),
    ],
)
def test_what_is_due_is_said_calmly(days: int, words: str) -> None:
    today = date(2026, 3, 4)
    assert due(today + timedelta(days=days), today) == words
