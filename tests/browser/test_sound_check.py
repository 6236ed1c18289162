"""The sound check as a trainee meets it: heard and hearing, or told what is in the way and how to go on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.axe import violations
from tests.browser.browser import Visit, launched, visit
from tests.browser.test_first_pages import EVERY_LOOK, faint_texts, look

CHECK = "/sound-check/?scenario=angry-customer"

STUB = """navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NAME"));"""
INSECURE = """
Object.defineProperty(navigator, "mediaDevices", { value: undefined });
Object.defineProperty(globalThis, "isSecureContext", { value: false });
"""


def enter(window: Visit) -> Page:
    window.sign_in()
    assert window.open(CHECK) == 200
    return window.page


def hear_and_be_heard(page: Page) -> None:
    page.get_by_role("button", name="Switch on the microphone").click()
    expect(page.get_by_text("We can hear you.")).to_be_visible()
    page.get_by_role("button", name="Play a sound").click()
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("You can hear us.")).to_be_visible()


def test_it_hears_and_is_heard_and_leads_to_the_room(talking_browser: Browser, base: str) -> None:
    with visit(talking_browser, base) as window:
        page = enter(window)
        hear_and_be_heard(page)
        expect(page.get_by_role("meter", name="Your level")).to_be_visible()
        expect(page.get_by_label("Microphone", exact=True)).to_have_value(re.compile("."))
        page.get_by_role("button", name="Begin the conversation").click()
        expect(page).to_have_url(re.compile(r"/conversations/[0-9a-f-]{36}/$"))
        [cookie] = [one for one in window.context.cookies() if one.get("name") == "sound_checked"]
        assert (cookie.get("value"), cookie.get("httpOnly"), cookie.get("sameSite")) == ("1", True, "Lax")


def test_the_keyboard_alone_is_enough(talking_browser: Browser, base: str) -> None:
    with visit(talking_browser, base) as window:
        page = enter(window)
        page.get_by_role("button", name="Switch on the microphone").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("We can hear you.")).to_be_visible()
        expect(page.get_by_label("Microphone", exact=True)).to_be_focused()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Play a sound")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Did you hear it?")).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Then one of these usually helps:")).to_be_visible()
        expect(page.get_by_role("button", name="No", exact=True)).to_have_attribute("aria-pressed", "true")


def test_another_microphone_is_remembered(talking_browser: Browser, base: str) -> None:
    with visit(talking_browser, base) as window:
        page = enter(window)
        hear_and_be_heard(page)
        devices = page.get_by_label("Microphone", exact=True)
        other = devices.locator("option").nth(1).get_attribute("value")
        assert other
        devices.select_option(other)
        expect(page.get_by_text("We can hear you.")).to_be_visible()
        page.reload()
        page.get_by_role("button", name="Switch on the microphone").click()
        expect(page.get_by_label("Microphone", exact=True)).to_have_value(other)


def test_a_refused_microphone_is_explained_and_typing_offered(
    playwright: Playwright, chromium: str, base: str
) -> None:
    flags = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")
    with launched(playwright, chromium, *flags) as refusing, visit(refusing, base) as window:
        page = enter(window)
        page.get_by_role("button", name="Switch on the microphone").click()
        expect(page.get_by_role("heading", name="The microphone is not allowed")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_focused()
        page.get_by_role("button", name="Type instead").click()
        expect(page).to_have_url(re.compile(r"/conversations/[0-9a-f-]{36}/\?type=1$"))


def test_a_microphone_that_is_plugged_in_shows_up_by_itself(talking_browser: Browser, base: str) -> None:
    with visit(talking_browser, base) as window:
        page = enter(window)
        page.evaluate(f"() => {{ {STUB.replace('NAME', 'NotFoundError')} }}")
        page.get_by_role("button", name="Switch on the microphone").click()
        expect(page.get_by_role("heading", name="No microphone found")).to_be_visible()
        page.evaluate(
            """() => {
              delete navigator.mediaDevices.getUserMedia;  // the browser's own again
              navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
            }"""
        )
        expect(page.get_by_text("We can hear you.")).to_be_visible()
        expect(page.get_by_role("heading", name="No microphone found")).to_be_hidden()


@pytest.mark.parametrize(
    ("name", "heading"),
    [("NotReadableError", "The microphone is in use"), ("UnknownError", "The microphone did not start")],
)
def test_other_problems_are_explained_and_tried_again(
    talking_browser: Browser, base: str, name: str, heading: str
) -> None:
    with visit(talking_browser, base) as window:
        page = enter(window)
        page.evaluate(f"() => {{ {STUB.replace('NAME', name)} }}")
        page.get_by_role("button", name="Switch on the microphone").click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        page.evaluate("() => { delete navigator.mediaDevices.getUserMedia; }")
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_text("We can hear you.")).to_be_visible()


def test_plain_http_is_told_to_need_https_before_anybody_clicks(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.context.add_init_script(INSECURE)
        page = enter(window)
        expect(page.get_by_role("heading", name="The microphone needs https")).to_be_visible()
        expect(page.get_by_role("button", name="Switch on the microphone")).to_be_hidden()
        expect(page.get_by_role("button", name="Type instead")).to_be_visible()


@pytest.mark.parametrize(("size", "scheme"), EVERY_LOOK)
def test_it_can_be_read_and_used_by_everybody(
    talking_browser: Browser, base: str, size: str, scheme: str
) -> None:
    with visit(talking_browser, base, **look(size, scheme)) as window:
        page = enter(window)
        hear_and_be_heard(page)
        widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1]
        assert faint_texts(page) == []
        assert violations(page) == []


def test_problems_can_be_read_and_used_by_everybody(browser: Browser, base: str) -> None:
    with visit(browser, base, **look("phone", "dark")) as window:
        window.context.add_init_script(INSECURE)
        page = enter(window)
        assert faint_texts(page) == []
        assert violations(page) == []
