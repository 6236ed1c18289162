"""One served demo for all tests that only need some server. ``tests/conftest.py`` hands it on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service.served import Served, manage, serve


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``manage.py serve`` on a free port, migrated and seeded, in a folder of its own."""
    data = tmp_path_factory.mktemp("house")
    for command in (("migrate", "-v0"), ("seed_demo",)):
        done = manage(data, *command)
        assert done.returncode == 0, done.stderr
    with serve(data) as served:
        served.wait_until_served()
        yield served
