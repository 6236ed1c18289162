"""Chromium, and the served demo that it visits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import machine
from tests.service.served import Served


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One per module: while it is open, this thread counts as one with a running event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(machine.CHROMIUM_FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def base(house: Served) -> str:
    return f"http://127.0.0.1:{house.port}"
