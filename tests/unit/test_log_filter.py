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


def test_what_others_say_is_left_alone() -> None:
    one = record("coachsite")
    assert WithoutQueryStrings().filter(one)
    assert (one.getMessage(), hasattr(one, "request")) == ("Not Found: /history/?q=what+she+said", True)
