"""An admin makes an avatar in a real browser: its picture, and its voice, which is heard before it is saved."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.browser import Visit, visit
from tests.browser.test_first_pages import EVERY_LOOK, faint_texts, look

ADMIN = ("admin@demo.test", "demo")
SOUND = """async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const sound = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(bytes.buffer);
  const samples = sound.getChannelData(0);
  const power = samples.reduce((sum, one) => sum + one * one, 0) / samples.length;
  return [sound.duration, Math.sqrt(power)];
}"""
PAGES = {
    "index": "/admin/",
    "avatars": "/admin/avatars/avatar/",
    "avatar": "/admin/avatars/avatar/add/",
    "knowledge": "/admin/avatars/knowledgeitem/",
    "item": "/admin/avatars/knowledgeitem/add/",
    "people": "/admin/accounts/user/",
    "person": "/admin/accounts/user/add/",
    "teams": "/admin/accounts/team/",
    "tokens": "/admin/accounts/apitoken/",
    "token": "/admin/accounts/apitoken/add/",
}


def heard(page: Page, answer: Response) -> tuple[float, float]:
    """Seconds and root mean square of a sample, as the browser itself decodes it."""
    assert answer.status == 200
    seconds, level = page.evaluate(SOUND, base64.b64encode(answer.body()).decode())
    return seconds, level


def hear(page: Page) -> tuple[float, float]:
    """Press the button; returns when the browser has played it to the end."""
    with page.expect_response("**/voices/sample/") as answer:
        page.get_by_role("button", name="Hear this voice").click()
    expect(page.locator("[data-voice]")).to_have_attribute("data-state", "played")
    expect(page.get_by_role("button", name="Hear this voice")).to_be_visible()
    return heard(page, answer.value)


def fill_in(window: Visit, picture: Path) -> None:
    page = window.page
    window.open("/admin/avatars/avatar/add/")
    page.get_by_label("Name:", exact=True).press_sequentially("Nell Sample")
    expect(page.get_by_label("Short name:")).to_have_value("nell-sample")
    page.get_by_label("Persona:").fill("You are Nell, who tries out voices.")
    page.get_by_role("radio", name="Face 3").check(force=True)
    page.get_by_label("Picture of your own:").set_input_files(picture)


def test_an_avatar_is_made_with_a_picture_and_heard_before_it_is_saved(
    browser: Browser, base: str, tmp_path: Path
) -> None:
    picture = tmp_path / "nell.png"
    Image.new("RGB", (640, 480), "teal").save(picture)
    with visit(browser, base) as window:
        page = window.page
        window.sign_in(*ADMIN)
        fill_in(window, picture)
        page.get_by_label("Voices of this language").select_option("en-us")
        page.get_by_label("Variant").select_option("f3")
        expect(page.locator("#id_voice")).to_have_value("en-us+f3")
        page.get_by_label("Let it say").fill("Good morning to you.")
        seconds, level = hear(page)
        assert seconds > 0.5
        assert level > 0.01
        page.get_by_label("Speed:").fill("0.5")
        slow, _ = hear(page)
        assert slow > 1.4 * seconds
        page.get_by_role("button", name="Save", exact=True).click()
        row = page.get_by_role("row", name=re.compile("Nell Sample"))
        expect(row).to_contain_text("en-us+f3")
        drawn = row.locator("img.portrait, .portrait img")
        expect(drawn).to_have_js_property("naturalWidth", 480)
        row.get_by_role("link", name="Nell Sample").click()
        expect(page.get_by_label("Variant")).to_have_value("f3")
        page.get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Yes, I’m sure").click()
        expect(page.get_by_text("was deleted successfully")).to_be_visible()


def test_voices_follow_the_language_and_a_name_that_is_not_listed_stays(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        page = window.page
        window.sign_in(*ADMIN)
        window.open("/admin/avatars/avatar/add/")
        voices, name = page.get_by_label("Voices of this language"), page.locator("#id_voice")
        groups = voices.locator("optgroup")
        expect(groups).to_have_count(1)
        expect(groups).to_have_attribute("label", "English")
        text = page.get_by_label("Let it say")
        page.get_by_label("Language of the voice:").select_option("de")
        expect(groups).to_have_attribute("label", "German")
        expect(text).to_have_value(re.compile("^Guten Morgen"))
        page.get_by_label("Voices of all languages").check()
        expect(groups.first).to_have_attribute("label", "German")
        assert groups.count() > 50
        name.fill("af_heart")
        expect(voices.locator("option:checked")).to_have_text(
            "af_heart (not in the server’s list; it takes one close to it)"
        )
        expect(name).to_have_value("af_heart")


def test_a_speech_server_that_is_down_is_said_and_nothing_is_lost(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        page = window.page
        window.sign_in(*ADMIN)
        down = {"error": {"message": "The speech server failed.", "hint": "Start it: make tts-worker."}}
        page.route("**/voices/**", lambda route: route.fulfill(status=503, json=down))
        window.open("/admin/avatars/avatar/add/")
        expect(page.get_by_role("status")).to_contain_text("The list of voices is not there now")
        page.locator("#id_voice").fill("af_heart")
        page.get_by_role("button", name="Hear this voice").click()
        expect(page.get_by_role("alert")).to_have_text("The speech server failed. Start it: make tts-worker.")
        expect(page.locator("#id_voice")).to_have_value("af_heart")
        page.unroute("**/voices/**")
        page.route("**/voices/**", lambda route: route.abort())
        page.get_by_role("button", name="Hear this voice").click()
        expect(page.get_by_role("alert")).to_contain_text("What you filled in is still here")
        assert all("Failed to load resource" in one for one in window.complaints)
        window.complaints.clear()  # those were the failures themselves


def test_a_token_is_shown_once_and_can_be_copied(browser: Browser, base: str) -> None:
    with visit(browser, base, permissions=["clipboard-read", "clipboard-write"]) as window:
        page = window.page
        window.sign_in(*ADMIN)
        window.open("/admin/accounts/apitoken/add/")
        page.get_by_label("Acts as:").select_option(label="Tess (trainee@demo.test)")
        page.get_by_label("Name:").fill("gateway")
        page.get_by_role("button", name="Save", exact=True).click()
        shown = page.locator("#token").inner_text()
        assert re.fullmatch(r"coach_[\w-]{40,}", shown)
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("status")).to_have_text("Copied")
        assert page.evaluate("() => navigator.clipboard.readText()") == shown
        page.get_by_role("link", name="I have copied it: back to the tokens").click()
        expect(page.get_by_role("row", name=re.compile("gateway"))).to_contain_text("valid")
        assert shown not in page.content()


@pytest.mark.parametrize(("size", "scheme"), EVERY_LOOK)
def test_the_admin_fits_and_can_be_read_everywhere(
    browser: Browser, base: str, size: str, scheme: str, tmp_path: Path
) -> None:
    with visit(browser, base, **look(size, scheme)) as window:
        window.sign_in(*ADMIN)
        for name, path in PAGES.items():
            assert window.open(path) == 200
            window.page.screenshot(path=tmp_path / f"admin-{name}-{size}-{scheme}.png", full_page=True)
            widths = window.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
            assert widths[0] <= widths[1], name
            assert faint_texts(window.page) == [], name
