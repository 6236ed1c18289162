"""Chromium, and the served demo that it visits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests.browser.browser import launched, microphone_flags
from tests.service.served import Served
from tests.speech import write_wav


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """One per module: while it is open, this thread counts as one with a running event loop."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    with launched(playwright, chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def talking_browser(playwright: Playwright, chromium: str, microphone_wav: Path) -> Iterator[Browser]:
    """Its microphone plays the module's ``microphone_wav`` over and over, and is allowed without a question."""
    with launched(playwright, chromium, *microphone_flags(microphone_wav)) as browser:
        yield browser


@pytest.fixture(scope="module")
def microphone_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tone of 440 Hz; a module that wants something else said has its own fixture of this name."""
    path = tmp_path_factory.mktemp("microphone") / "tone.wav"
    time_s = np.arange(2 * 48_000) / 48_000
    write_wav(path, (13_000 * np.sin(2 * np.pi * 440 * time_s)).astype(np.int16), 48_000)
    return path


@pytest.fixture(scope="module")
def base(house: Served) -> str:
    return f"http://127.0.0.1:{house.port}"
