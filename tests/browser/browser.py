"""A Chromium in which nothing may go unnoticed: no error or warning, and no request to anywhere else."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, expect

from tests import machine

TRAINEE = ("trainee@demo.test", "demo")


@dataclass
class Visit:
    """One person's window. ``complaints`` is what the browser had to say against the pages."""

    base: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def elsewhere(self) -> list[str]:
        """Requests that left the site."""
        own = urlsplit(self.base).netloc
        return [url for url in self.requests if urlsplit(url).netloc != own]

    def open(self, path: str) -> int:
        """The page's status."""
        answer = self.page.goto(self.base + path)
        assert answer is not None
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        return answer.status

    def sign_in(self, email: str = TRAINEE[0], password: str = TRAINEE[1]) -> None:
        self.open("/accounts/login/")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation", name="Places")).to_be_visible()


@contextlib.contextmanager
def launched(playwright: Playwright, chromium: str, *flags: str) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=chromium, args=[*machine.CHROMIUM_FLAGS, *flags])
    try:
        yield browser
    finally:
        browser.close()


def microphone_flags(wav: Path) -> tuple[str, ...]:
    """A microphone that plays this file over and over, and is allowed without a question."""
    return (
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={wav}",
        "--use-fake-ui-for-media-stream",
    )


@contextlib.contextmanager
def visit(browser: Browser, base: str, **options: Any) -> Iterator[Visit]:
    """A fresh window; at its end nothing must have been complained about."""
    context = browser.new_context(**options)
    visit = Visit(base, context, context.new_page())

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            visit.complaints.append(f"{message.type}: {message.text}")

    context.on("console", note)
    context.on("weberror", lambda error: visit.complaints.append(f"uncaught: {error.error}"))
    context.on("request", lambda request: visit.requests.append(request.url))
    visit.page.on("websocket", lambda socket: visit.requests.append(socket.url))
    try:
        yield visit
    finally:
        context.close()
    assert visit.complaints == [], visit.complaints
    assert visit.elsewhere() == [], visit.elsewhere()
