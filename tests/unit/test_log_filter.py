"""Claims about what the request loggers may say."""

from __future__ import annotations

import logging

import pytest
from django.test import RequestFactory

from coachsite.security import WithoutQueryStrings


def record(name: str) -> logging.LogRecord:
    path = "/history/?q=what+she+said"
    made = logging.LogRecord(name, logging.WARNING, __file__, 1, "Not Found: %s", (path,), None)
    made.request = RequestFactory().get(path)
    return made


@pytest.mark.parametrize("name", ["django.request", "django.server"])
def test_neither_the_request_nor_its_query_is_left(name: str) -> None:
    one = record(name)
    assert WithoutQueryStrings().filter(one)
    assert one.getMessage() == "Not Found: /history/"
    assert not hasattr(one, "request")


@pytest.mark.parametrize(("status", "kept"), [(403, False), (404, False), (500, True)])
def test_a_refusal_is_one_line_and_a_fault_keeps_its_traceback(status: int, kept: bool) -> None:
    one = record("django.request")
    one.status_code = status
    one.exc_info = (ValueError, ValueError("x"), None)
    assert WithoutQueryStrings().filter(one)
    assert (one.exc_info is not None) is kept


def test_what_others_say_is_left_alone() -> None:
    one = record("coachsite")
    assert WithoutQueryStrings().filter(one)
    assert (one.getMessage(), hasattr(one, "request")) == ("Not Found: /history/?q=what+she+said", True)
