"""Writing a scenario in a real browser: edited, rehearsed by typing, published, sent through a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.browser import Visit, visit

ADMIN = ("admin@demo.test", "demo")
LIST = "/admin/avatars/scenario/"


@pytest.fixture
def window(browser: Browser, base: str) -> Iterator[Visit]:
    with visit(browser, base, viewport={"width": 1280, "height": 800}, accept_downloads=True) as window:
        window.open(f"/accounts/login/?next={LIST}")
        window.page.get_by_label("E-mail address").fill(ADMIN[0])
        window.page.get_by_label("Password").fill(ADMIN[1])
        window.page.get_by_role("button", name="Sign in").click()
        expect(window.page.get_by_role("heading", level=1)).to_have_text("Select scenario to change")
        yield window


def open_scenario(page: Page, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).click()
    expect(page.get_by_role("heading", name=title)).to_be_visible()


def copied(page: Page, title: str) -> str:
    """Opens a copy of this scenario: the served demo is shared with other tests. The copy's title."""
    open_scenario(page, title)
    page.get_by_role("button", name="Duplicate").click()
    expect(page.get_by_text(f"“{title} (copy)” is a draft of its own.")).to_be_visible()
    return f"{title} (copy)"


def say(page: Page, text: str) -> None:
    """Types it, says it with Enter, and waits for the answer."""
    turns = page.get_by_role("log").locator("li")
    before = turns.count()
    box = page.get_by_label("What the trainee says")
    expect(box).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(turns).to_have_count(before + 2)
    expect(box).to_have_value("")


def test_an_author_edits_rehearses_publishes_and_copies(window: Visit, tmp_path: Path) -> None:
    page = window.page
    title = copied(page, "A job interview")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Conversations run on version 1")).to_be_visible()

    page.locator("#lines-0").get_by_label("when the trainee says").fill("xylophone, marimba")
    line = page.locator("#lines-0").get_by_label("the avatar says").input_value()
    page.get_by_role("button", name="Rehearse by typing").click()

    expect(page.get_by_role("log").locator("li")).to_have_count(1)  # the opening line
    say(page, "I play the xylophone every morning")
    answer = page.get_by_role("log").locator("li").last
    expect(answer).to_contain_text(line)
    expect(answer).to_contain_text("Line 1 · ")
    expect(answer).to_contain_text("Heard: xylophone")
    page.get_by_role("button", name="Start again").click()
    expect(page.get_by_role("log").locator("li")).to_have_count(1)
    say(page, "Goodbye")
    expect(page.get_by_role("status").filter(has_text="The scene has ended.")).to_be_visible()

    page.get_by_role("link", name="Back to the scenario").click()
    expect(page.get_by_text("draft differs from v1")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text(f"“{title}”: version 2 is what runs now.")).to_be_visible()
    expect(page.get_by_text("Conversations run on version 2")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "job-interview-copy.coachsite.json"

    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_text("Version 2 was the last one.")).to_be_visible()

    window.open(LIST)
    page.get_by_role("link", name="Import from a file").click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("Its short name was taken; it is job-interview-copy-2.")).to_be_visible()
    expect(page.get_by_text("Never published: nobody can begin it yet.")).to_be_visible()
    expect(page.locator("#lines-0").get_by_label("when the trainee says")).to_have_value("xylophone, marimba")


def test_rows_move_and_a_new_one_is_counted_on(window: Visit) -> None:
    page = window.page
    copied(page, "Free talk with Lumina")
    rows = page.locator("#criteria-group tr.has_original")
    before = [box.input_value() for box in rows.get_by_label("title").all()]
    rows.first.get_by_role("button", name="Move down").focus()
    page.keyboard.press("Enter")
    expect(rows.nth(1).get_by_role("button", name="Move down")).to_be_focused()
    page.locator("#criteria-group").get_by_role("button", name=re.compile("Add another")).click()
    new = page.locator("#criteria-group tr.dynamic-criteria").last
    expect(new.get_by_label("No.")).to_have_value(str(len(before) + 1))
    expect(new.get_by_label("title")).to_be_focused()
    page.keyboard.type("Took a breath")
    new.get_by_label("question").fill("Did the trainee pause?")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    after = [box.input_value() for box in rows.get_by_label("title").all()]
    assert after == [before[1], before[0], *before[2:], "Took a breath"]


def test_a_wrong_target_is_explained_and_a_lost_session_keeps_what_was_typed(window: Visit) -> None:
    page = window.page
    open_scenario(page, "A discovery call with a sceptical buyer")
    page.get_by_role("textbox", name="Targets").fill("monologue: up to 76")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("do you mean longest_monologue?")).to_be_visible()
    expect(page.get_by_role("textbox", name="Targets")).to_have_value("monologue: up to 76")

    window.open(LIST)
    open_scenario(page, "A discovery call with a sceptical buyer")
    page.get_by_role("button", name="Show the exact prompt").click()
    expect(page.locator("pre")).to_contain_text("You are Helen Novak.")
    page.get_by_role("link", name="Rehearse by typing").click()
    expect(page.get_by_role("log").locator("li")).to_have_count(1)
    window.context.clear_cookies(name="sessionid")
    page.keyboard.type("Are you there?")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Sign in again in another tab")
    assert page.get_by_label("What the trainee says").input_value() == "Are you there?"
