"""One speech worker for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.speech_worker import speech_worker


@pytest.fixture(scope="session")
def worker() -> Iterator[str]:
    """The address of a running speech worker."""
    with speech_worker() as address:
        yield address
