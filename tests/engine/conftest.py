"""For all tests of engines: one speech worker for those that leave it as they found it, and patience."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.engine.speech_worker import speech_worker
from voice.engines import stt_pocketsphinx


@pytest.fixture(scope="session")
def worker() -> Iterator[str]:
    """The address of a running speech worker."""
    with speech_worker() as address:
        yield address


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a conversation nobody waits longer for a transcript; on a busy machine a test does."""
    monkeypatch.setattr(stt_pocketsphinx, "SETTLE_LIMIT_S", 300.0)
