"""Where a conversation meets a limit: time is up, somebody signed out, every place is taken."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.axe import violations
from tests.browser.browser import Visit, launched, visit
from tests.browser.test_room import BEGIN, PATIENCE_MS, connected, said
from tests.engine.sounds import speech
from tests.service.proxy import wire
from tests.service.served import Served, manage, serve
from voice.engines.base import INPUT_RATE

SENSES = Path(__file__).with_name("senses.js").read_text()
CLOSING = "Goodbye."
SCENARIOS = """
from accounts.models import Organization
from avatars.publishing import import_sheet, publish
from avatars.sheets import AvatarSheet, LineSheet, ScenarioSheet, TurnTaking
nora = AvatarSheet(slug="nora", name="Nora", persona="You are Nora.", face="silver-bob",
                   turn_taking=TurnTaking(patience_ms=4000, interrupt_after_ms=400, silence_prompt_s=0))
LINES = (LineSheet("I see."), LineSheet("Go on."))
for slug, limit_s in (("short", 35), ("long", 600)):
    sheet = ScenarioSheet(slug=slug, title="At the front desk", avatar=nora, brief="Help her.",
                          time_limit_s=limit_s, lines=LINES)
    publish(scenario=import_sheet(organization=Organization.objects.get(slug="demo"), sheet=sheet))
"""


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo with one place, and scenarios in which the trainee speaks first to somebody patient."""
    data = tmp_path_factory.mktemp("small-house")
    for command in (("migrate", "-v0"), ("seed_demo",), ("shell", "-v0", "-c", SCENARIOS)):
        done = manage(data, *command)
        assert done.returncode == 0, done.stderr
    with serve(data, COACH_MAX_CONVERSATIONS="1") as served:
        served.wait_until_served()
        yield served


@pytest.fixture(scope="module")
def sounding(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """It lets a page sound without a touch, as after a click that led to it."""
    with launched(playwright, chromium, "--autoplay-policy=no-user-gesture-required") as browser:
        yield browser


def enter(window: Visit, scenario: str, email: str = "trainee@demo.test") -> str:
    """By typing; the conversation's id."""
    window.sign_in(email)
    conversation: str = window.page.evaluate(BEGIN, scenario)
    assert window.open(f"/conversations/{conversation}/?type=1") == 200
    return conversation


def end(page: Page) -> None:
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="End", exact=True).click()


def test_time_that_runs_out_is_told_twice_and_the_avatar_closes(sounding: Browser, small_house: Served) -> None:
    with visit(sounding, f"http://127.0.0.1:{small_house.port}") as window:
        conversation = enter(window, "short")
        page = window.page
        connected(page)
        notice = page.get_by_role("status").filter(has_text="minute left")
        expect(notice).to_have_text("Less than a minute left")
        expect(page.get_by_text(re.compile(r"^0:[0-3]\d left$"))).to_be_visible()
        assert violations(page) == []
        over = page.get_by_role("status").filter(has_text="Time is up. Nora brings it to a close.")
        expect(over).to_be_visible(timeout=45_000)
        expect(said(page, "Nora").locator(".said")).to_have_text(CLOSING, timeout=PATIENCE_MS)
        expect(page.get_by_text("The conversation has ended", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        page.wait_for_url(f"{window.base}/reports/{conversation}/")


def test_who_signs_out_elsewhere_is_told_and_goes_on_after_signing_in(
    sounding: Browser, small_house: Served
) -> None:
    with wire(small_house.port) as line, visit(sounding, f"http://127.0.0.1:{line.port}") as window:
        conversation = enter(window, "long")
        page = window.page
        connected(page)
        page.get_by_label("What you say to Nora").fill("Good morning, how can I help you?")
        page.keyboard.press("Enter")
        expect(said(page, "Nora").locator(".said")).to_have_text(re.compile("I see|Go on"))
        window.context.clear_cookies()  # signed out in another tab
        line.cut()
        line.mend()
        alert = page.get_by_role("alert")
        expect(alert.get_by_role("heading", name="You are signed out")).to_be_visible(timeout=PATIENCE_MS)
        assert violations(page) == []
        alert.get_by_role("link", name="Sign in").click()
        page.get_by_label("E-mail address").fill("trainee@demo.test")
        page.get_by_label("Password").fill("demo")
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(f"{window.base}/conversations/{conversation}/?type=1")
        connected(page)
        expect(said(page, "You").locator(".said")).to_have_text("Good morning, how can I help you?")
        end(page)
        page.wait_for_url(f"{window.base}/reports/{conversation}/")
        # Chromium notes every try that failed.
        assert all("WebSocket connection to" in complaint for complaint in window.complaints)
        window.complaints.clear()


def test_who_finds_every_place_taken_comes_in_when_one_is_free(sounding: Browser, small_house: Served) -> None:
    base = f"http://127.0.0.1:{small_house.port}"
    with visit(sounding, base) as first, visit(sounding, base) as second:
        enter(first, "long")
        connected(first.page)
        enter(second, "long", "coach@demo.test")
        busy = "Every place is taken. You come in as soon as one is free."
        expect(second.page.get_by_text(busy)).to_be_visible()
        expect(second.page.get_by_role("button", name="Try now")).to_be_visible()
        assert violations(second.page) == []
        end(first.page)
        first.page.wait_for_url(re.compile("/reports/"))
        connected(second.page)  # by itself
        end(second.page)
        second.page.wait_for_url(re.compile("/reports/"))


def test_a_key_pressed_in_the_middle_of_a_sentence_ends_what_was_said_before(
    sounding: Browser, small_house: Served
) -> None:
    """Without the key the avatar would wait 4 s for more, and then talk over whoever holds it."""
    with visit(sounding, f"http://127.0.0.1:{small_house.port}") as window:
        window.context.add_init_script(SENSES)
        enter(window, "long")
        page = window.page
        page.evaluate("() => sessionStorage.setItem('mouth', '1')")
        connected(page)
        page.get_by_role("button", name="Switch on the microphone").click()
        expect(page.get_by_text("Your microphone is on")).to_be_visible()
        speak(page, "I am very sorry that your phone is broken.")
        expect(page.get_by_text("Nora hears you", exact=True)).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.down(" ")
        expect(page.get_by_role("button", name="Let go to send")).to_be_visible()
        expect(said(page, "You").first).to_have_attribute("data-done", "true", timeout=PATIENCE_MS)
        speak(page, "I will send you a new phone today.")
        expect(said(page, "You")).to_have_count(2, timeout=PATIENCE_MS)
        expect(said(page, "Nora")).to_have_count(0)
        page.keyboard.up(" ")
        expect(said(page, "Nora").locator(".said")).to_have_text(re.compile("I see|Go on"), timeout=PATIENCE_MS)
        expect(said(page, "You")).to_have_count(2)
        expect(page.get_by_text("Nora is listening", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        expect(said(page, "Nora")).to_have_count(1)
        end(page)
        page.wait_for_url(re.compile("/reports/"))


def speak(page: Page, sentence: str) -> None:
    sound = base64.b64encode(speech(sentence).astype("<i2").tobytes()).decode()
    page.evaluate("([sound, rate]) => mouth.say(sound, rate)", [sound, INPUT_RATE])
