"""Rules for every test: a category by folder, nothing outside the machine, and skips that can be forbidden.

``COACH_TEST_NO_SKIPS=1`` fails a run in which anything was skipped: CI installs what tests need, so a skip
there is a test that did not run. ``COACH_TEST_DATABASE=postgres`` runs ``tests/db`` on PostgreSQL.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import machine
from tests.guard import sitecustomize  # noqa: F401  (importing it is what starts it)
from tests.houses import house  # noqa: F401  (a fixture of service and browser tests)

TESTS = Path(__file__).parent
CATEGORIES = ("unit", "db", "engine", "service", "browser")
GUARD = TESTS / "guard"

os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(GUARD), os.environ.get("PYTHONPATH"))))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test with its folder's category; without a server for it, a run on PostgreSQL is skipped."""
    on_postgres = os.environ.get("COACH_TEST_DATABASE") == "postgres"
    missing = machine.without_postgres() if on_postgres else ""
    for item in items:
        category = item.path.relative_to(TESTS).parts[0]
        if category not in CATEGORIES:
            raise pytest.UsageError(f"{item.nodeid}: tests belong in one of tests/{{{','.join(CATEGORIES)}}}")
        item.add_marker(category)
        if missing:
            item.add_marker(pytest.mark.skip(reason=missing))


@pytest.fixture(scope="session")
def postgres() -> str:
    """The URL of a PostgreSQL server where databases may be made."""
    if missing := machine.without_postgres():
        pytest.skip(missing)
    return machine.POSTGRES_URL


@pytest.fixture(scope="session")
def redis() -> str:
    """The URL of a Redis database for tests."""
    if missing := machine.without_redis():
        pytest.skip(missing)
    return machine.REDIS_URL


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium, to be started with ``machine.CHROMIUM_FLAGS``."""
    if missing := machine.without_chromium():
        pytest.skip(missing)
    return machine.chromium()


_skipped: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.skipped:
        _skipped.append(report.nodeid)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    if _skipped and os.environ.get("COACH_TEST_NO_SKIPS") == "1":
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        print(
            f"\nCOACH_TEST_NO_SKIPS=1 forbids skips, but {len(_skipped)} were skipped: "
            f"{', '.join(_skipped[:20])}"
        )
    yield
