"""Signing in and the first page in a real browser, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browser import Visit, visit

COACH = ("coach@demo.test", "demo")
SCENARIOS = [
    "A discovery call with a sceptical buyer",
    "A job interview",
    "An angry customer with a broken phone",
    "Free talk with Lumina",
]
WINDOWS = {"desktop": (1280, 800), "phone": (360, 740)}
EVERY_LOOK = [(window, scheme) for window in WINDOWS for scheme in ("light", "dark")]


def look(window: str, scheme: str) -> dict[str, Any]:
    width, height = WINDOWS[window]
    return {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "reduced_motion": "reduce"}


def test_a_trainee_signs_in_and_finds_the_four_scenarios(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        assert window.open("/") == 200
        assert window.page.url == f"{base}/accounts/login/?next=/"
        expect(window.page.get_by_label("E-mail address")).to_be_focused()
        window.page.keyboard.type("trainee@demo.test")
        window.page.keyboard.press("Tab")
        window.page.keyboard.type("demo")
        window.page.keyboard.press("Enter")
        expect(window.page.get_by_role("heading", level=1)).to_have_text("Hello Tess")
        assert window.page.url == f"{base}/"
        assert window.page.get_by_role("heading", level=3).all_inner_texts() == SCENARIOS
        for title in SCENARIOS:
            expect(window.page.get_by_role("button", name=f"Talk: {title}", exact=True)).to_be_visible()
        window.page.get_by_role("button", name="Sign out").click()
        expect(window.page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_wrong_password_is_said_aloud_and_the_address_kept(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        window.page.get_by_label("E-mail address").fill("trainee@demo.test")
        window.page.get_by_label("Password").fill("wrong")
        window.page.get_by_role("button", name="Sign in").click()
        alert = window.page.get_by_role("alert")
        expect(alert).to_have_text("This address and password don't fit together. Please try again.")
        expect(window.page.get_by_label("E-mail address")).to_have_value("trainee@demo.test")
        password = window.page.get_by_label("Password")
        expect(password).to_be_focused()
        expect(password).to_have_value("")
        expect(password).to_have_accessible_description(
            "This address and password don't fit together. Please try again."
        )


def test_a_page_that_is_not_there_leads_back(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.sign_in()
        assert window.open("/nowhere/") == 404
        assert window.complaints == [
            "error: Failed to load resource: the server responded with a status of 404 (Not Found)"
        ]
        window.complaints.clear()  # that was the page itself
        expect(window.page.get_by_role("heading", level=1)).to_have_text("There is no such page")
        window.page.get_by_role("link", name="Back to the scenarios").click()
        expect(window.page.get_by_role("heading", level=1)).to_have_text("Hello Tess")


def pages(window: Visit) -> Iterator[str]:
    """Opens one page after the other; their names."""
    window.open("/accounts/login/")
    yield "sign-in"
    # Somebody else: after five wrong tries nobody may try with an address for minutes.
    window.page.get_by_label("E-mail address").fill(f"{uuid.uuid4().hex}@demo.test")
    window.page.get_by_label("Password").fill("wrong")
    window.page.get_by_role("button", name="Sign in").click()
    expect(window.page.get_by_role("alert")).to_be_visible()
    yield "sign-in-error"
    window.sign_in()
    yield "home"
    for name, path in (
        ("profile", "/profile/"),
        ("security", "/accounts/2fa/"),
        ("password", "/accounts/password/change/"),
        ("addresses", "/accounts/email/"),
        ("leaving", "/accounts/logout/"),
    ):
        window.open(path)
        yield name


@pytest.mark.parametrize(("size", "scheme"), EVERY_LOOK)
def test_pages_fit_and_can_be_read_everywhere(
    browser: Browser, base: str, size: str, scheme: str, tmp_path: Path
) -> None:
    """Nothing reaches beyond the window's side, and every text stands out 4.5:1 or more from its ground."""
    with visit(browser, base, **look(size, scheme)) as window:
        for name in pages(window):
            window.page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
            widths = window.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
            assert widths[0] <= widths[1], name
            assert faint_texts(window.page) == [], name
            assert small_targets(window.page) == [], name


FAINT_TEXTS = """() => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const [r, g, b, alpha = 1] = channels(getComputedStyle(element).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const entry = element.matches("input:not([type=hidden])");
    if (!(own || entry) || !element.checkVisibility()) continue;
    const color = getComputedStyle(element).color;
    if (!color.startsWith("rgb")) { faint.push(`unknown color ${color}`); continue; }
    const [a, b] = [light(channels(color).slice(0, 3)), light(ground(element))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${element.tagName} ${element.textContent.trim()}`);
  }
  return faint;
}"""


def faint_texts(page: Page) -> list[str]:
    found: list[str] = page.evaluate(FAINT_TEXTS)
    return found


SMALL_TARGETS = """() => {
  const small = [];
  for (const element of document.querySelectorAll("header a, header button, button, .button, select, input")) {
    if (!element.checkVisibility() || element.matches("[type=hidden]")) continue;
    // A click on its label is a click on the box.
    const box = element.matches("[type=checkbox], [type=radio]") ? element.parentElement : element;
    const { width, height } = box.getBoundingClientRect();
    if (height < 43.5 || width < 43.5) small.push(`${width}x${height} ${element.outerHTML.slice(0, 80)}`);
  }
  return small;
}"""


def small_targets(page: Page) -> list[str]:
    found: list[str] = page.evaluate(SMALL_TARGETS)
    return found


def test_a_profile_counts_its_letters_and_asks_before_it_loses_them(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.sign_in(*COACH)
        window.page.get_by_role("link", name="Your profile: Chris").click()
        wish = window.page.get_by_label("What should the avatars know")
        expect(window.page.get_by_text("Letters left: 500")).to_be_visible()
        wish.fill("x" * 501)
        expect(window.page.get_by_text("Letters too many: 1")).to_be_visible()
        window.page.get_by_role("button", name="Save").click()
        expect(window.page.get_by_role("alert")).to_contain_text("This is not saved yet.")
        expect(wish).to_have_value("x" * 501)
        asked = []
        window.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        window.page.get_by_role("link", name="Practice").click(no_wait_after=True)
        wish.fill("Slowly, please.")
        assert asked == ["beforeunload"]
        expect(window.page.get_by_text("Letters left: 485")).to_be_visible()
        window.page.get_by_role("button", name="Save").click()
        expect(window.page.get_by_role("status")).to_have_text(
            "Saved. It holds from your next conversation on."
        )
        expect(wish).to_have_value("Slowly, please.")
        window.page.get_by_role("link", name="Practice").click()
        expect(window.page.get_by_role("heading", level=1)).to_have_text("Hello Chris")
        assert asked == ["beforeunload"]


def test_pages_learn_the_readers_time_zone(browser: Browser, base: str) -> None:
    with visit(browser, base, timezone_id="Asia/Tokyo") as window:
        window.open("/accounts/login/")
        cookies = {one["name"]: one["value"] for one in window.context.cookies()}
        assert cookies["timezone"] == "Asia/Tokyo"


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, base: str) -> None:
    with visit(browser, base, **look("desktop", "light")) as window:
        window.sign_in(
            "coach@demo.test"
        )  # who has not rehearsed here: nothing but the scenarios is on the page
        reached = []
        for _ in range(8 + len(SCENARIOS)):
            window.page.keyboard.press("Tab")
            reached.append(
                window.page.evaluate(
                    """() => {
                      const element = document.activeElement, style = getComputedStyle(element);
                      const box = element.getBoundingClientRect();
                      return [element.getAttribute("aria-label") ?? element.textContent.trim(),
                              style.outlineStyle, parseFloat(style.outlineWidth),
                              box.left >= 0 && box.top >= 0];
                    }"""
                )
            )
        assert [name for name, *_ in reached] == [
            "Skip to the content", "Coachsite", "Practice", "History", "Team", "Your profile: Chris",
            "Sign out", "Light or dark", *(f"Talk: {title}" for title in SCENARIOS),
        ]  # fmt: skip
        shown = [(style, width >= 2, on_screen) for _, style, width, on_screen in reached]
        assert shown == [("solid", True, True)] * len(reached)


def test_the_choice_of_light_or_dark_is_remembered(browser: Browser, base: str) -> None:
    with visit(browser, base, **look("desktop", "light")) as window:
        window.open("/accounts/login/")
        ground = "() => getComputedStyle(document.body).backgroundColor"
        by_day = window.page.evaluate(ground)
        window.page.get_by_role("button", name="Light or dark").click()
        by_night = window.page.evaluate(ground)
        assert by_night != by_day
        window.sign_in()
        assert window.page.evaluate(ground) == by_night
        window.page.get_by_role("button", name="Light or dark").click()
        window.page.reload()
        assert window.page.evaluate(ground) == by_day
