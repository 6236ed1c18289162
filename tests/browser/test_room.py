"""The live room in a real browser, as somebody uses it: hear, talk, type, mute, lose the line, end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from tests import machine
from tests.browser.axe import violations
from tests.browser.browser import Visit, visit
from tests.service.proxy import wire
from tests.service.served import Served, manage
from tests.speech import say, write_wav

RATE = 48_000
OPENING = "Finally. This is my fourth call this week. My phone is dead, and nobody over there seems to care."
PATIENCE_MS = 30_000

# Listens to whatever the page sends to the speaker. `until` resolves once something holds.
EARS = """
const connect = AudioNode.prototype.connect;
const ears = [];
AudioNode.prototype.connect = function (to, ...rest) {
  if (to instanceof AudioDestinationNode) {
    const ear = new AnalyserNode(this.context, { fftSize: 2048 });
    connect.call(this, ear);
    ears.push(ear);
  }
  return connect.call(this, to, ...rest);
};
globalThis.hear = () => Math.max(0, ...ears.map((ear) => {
  const samples = new Float32Array(ear.fftSize);
  ear.getFloatTimeDomainData(samples);
  return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
}));
globalThis.until = (found) => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`never: ${found}`)), 30000);
  const look = () => {
    if (!found()) return void requestAnimationFrame(look);
    clearTimeout(timer);
    resolve(true);
  };
  look();
});
"""
BEGIN = """async (scenario) => {
  const token = document.cookie.match(/csrftoken=([^;]+)/)[1];
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  const body = JSON.stringify({ scenario });
  return (await (await fetch("/conversations/start/", { method: "POST", headers, body })).json()).conversation;
}"""
LIKES = """
from accounts.models import Profile, User
from django_scopes import scopes_disabled
with scopes_disabled():
    user = User.everyone.get(email="{email}")
    Profile.objects.update_or_create(user=user, defaults={{"microphone": "{microphone}"}})
"""


@pytest.fixture(scope="module")
def microphones(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is heard by microphones that somebody talks into all the time, or nobody."""
    folder = tmp_path_factory.mktemp("microphones")
    said = say("I am very sorry that your phone is broken. I will send you a new phone today.", rate=RATE)
    sounds = {"talk": said, "silence": np.zeros(RATE, np.int16)}
    for name, sound in sounds.items():
        write_wav(folder / f"{name}.wav", sound, RATE)
    return {name: str(folder / f"{name}.wav") for name in sounds}


@contextmanager
def chromium_with(program: str, *flags: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        flags = (*machine.CHROMIUM_FLAGS, "--use-fake-device-for-media-stream", *flags)
        browser = playwright.chromium.launch(executable_path=program, args=list(flags))
        yield browser
        browser.close()


@pytest.fixture
def quiet(chromium: str, microphones: dict[str, str]) -> Iterator[Browser]:
    file = f"--use-file-for-fake-audio-capture={microphones['silence']}"
    with chromium_with(chromium, "--use-fake-ui-for-media-stream", file) as browser:
        yield browser


@pytest.fixture
def talking(chromium: str, microphones: dict[str, str]) -> Iterator[Browser]:
    file = f"--use-file-for-fake-audio-capture={microphones['talk']}"
    with chromium_with(chromium, "--use-fake-ui-for-media-stream", file) as browser:
        yield browser


@pytest.fixture
def refused(chromium: str) -> Iterator[Browser]:
    """There is a microphone, but the page may not use it."""
    with chromium_with(chromium) as browser:
        yield browser


def enter(window: Visit, email: str = "trainee@demo.test") -> str:
    """Sign in and begin; the conversation's id."""
    window.page.add_init_script(EARS)
    window.sign_in(email)
    conversation: str = window.page.evaluate(BEGIN, "angry-customer")
    assert window.open(f"/conversations/{conversation}/") == 200
    return conversation


def connected(page: Page) -> None:
    expect(page.get_by_text("Connected", exact=True)).to_be_visible(timeout=PATIENCE_MS)


def said(page: Page, speaker: str) -> Locator:
    return page.get_by_role("region", name="Captions").get_by_role("listitem").filter(has_text=speaker)


def type_in(page: Page, text: str) -> None:
    page.keyboard.press("t")
    expect(page.get_by_label("What you say to Marcus Bell")).to_be_focused()
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def wait_until(page: Page, found: str) -> None:
    page.evaluate(f"() => until(() => {found})")


def test_the_avatar_is_heard_and_read_and_answers_what_is_typed(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        enter(window)
        page = window.page
        wait_until(page, "hear() > 0.02")
        expect(page.get_by_text("Marcus Bell is speaking", exact=True)).to_be_visible()
        expect(page).to_have_title(re.compile("^Marcus Bell is speaking · "))
        wait_until(page, "document.querySelector('.room .portrait').style.getPropertyValue('--mouth') > 0.3")
        expect(said(page, "Marcus Bell").locator(".said")).to_have_text(OPENING, timeout=PATIENCE_MS)
        expect(page.get_by_text("Marcus Bell is listening", exact=True)).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_role("log")).to_have_text(f"Marcus Bell {OPENING}")
        assert violations(page) == []
        type_in(page, "I am very sorry that you had to call so often.")
        mine = said(page, "You")
        expect(mine.locator(".said")).to_have_text("I am very sorry that you had to call so often.")
        expect(mine).to_contain_text("typed")
        expect(said(page, "Marcus Bell")).to_have_count(2, timeout=PATIENCE_MS)
        wait_until(page, "hear() > 0.02")
        page.keyboard.press("Escape")
        expect(page.get_by_role("group", name="Your turn")).to_be_focused()


def test_the_face_darkens_at_rude_words_and_clears_at_kind_ones(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        enter(window)
        page = window.page
        face = page.locator(".room .portrait")
        expect(face).to_have_attribute("data-mood", "tense")
        connected(page)
        type_in(page, "That is not my problem. Calm down, it is our policy.")
        expect(face).to_have_attribute("data-mood", "angry", timeout=PATIENCE_MS)
        for kind in (
            "I am sorry. That must be frustrating, and it was our mistake.",
            "You are right, I apologize. I will send a courier today, personally.",
            "I understand. My name is Anna, and I will call you back.",
            "Thank you. I promise to make it right.",
        ):
            page.keyboard.type(kind)
            page.keyboard.press("Enter")
            expect(said(page, "You").filter(has_text=kind)).to_be_visible(timeout=PATIENCE_MS)
        expect(face).to_have_attribute("data-mood", re.compile("calm|neutral"), timeout=PATIENCE_MS)
        now = face.get_attribute("data-mood")
        assert now
        page.reload()
        expect(face).to_have_attribute("data-mood", now)


def test_what_was_not_heard_is_struck_through(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        enter(window)
        page = window.page
        wait_until(page, "hear() > 0.02")
        expect(said(page, "Marcus Bell").locator(".said")).to_contain_text("This is my fourth call")
        type_in(page, "Please tell me what happened.")
        opening = said(page, "Marcus Bell").first
        expect(opening.locator("del")).to_be_visible()
        heard, unheard = opening.locator(".said").inner_text(), opening.locator("del").inner_text()
        assert unheard
        assert f"{heard} {unheard}".strip() == OPENING
        page.reload()
        connected(page)
        expect(said(page, "Marcus Bell").first.locator("del")).to_have_text(unheard)
        assert said(page, "Marcus Bell").first.locator(".said").inner_text() == heard


def test_nothing_is_heard_of_somebody_who_is_muted(talking: Browser, base: str) -> None:
    with visit(talking, base) as window:
        enter(window)
        page = window.page
        connected(page)
        level = "document.querySelector('.meter .level').style.transform"
        wait_until(page, f"Number({level}.match(/[\\d.]+/)?.[0]) > 0.3")
        mute = page.locator('[data-part="mute"]')
        page.keyboard.press("m")
        expect(mute).to_have_attribute("aria-pressed", "true")
        expect(mute).to_have_accessible_name("Unmute")
        expect(page.get_by_text("You are muted")).to_be_visible()
        wait_until(page, f"Number({level}.match(/[\\d.]+/)[0]) === 0")
        mute.click()
        expect(mute).to_have_attribute("aria-pressed", "false")
        wait_until(page, f"Number({level}.match(/[\\d.]+/)[0]) > 0.3")


def test_somebody_who_likes_to_hold_a_key_is_heard_while_he_does(
    talking: Browser, base: str, house: Served
) -> None:
    with visit(talking, base) as window:
        likes(house, "coach@demo.test", "hold")
        try:
            enter(window, "coach@demo.test")
            page = window.page
            expect(page.get_by_text("Hold the button, or the space key, while you talk")).to_be_visible()
            expect(page.get_by_text("Marcus Bell is speaking", exact=True)).to_be_visible(timeout=PATIENCE_MS)
            expect(said(page, "Marcus Bell").first).to_contain_text("This is my fourth call")
            page.keyboard.down(" ")  # over the avatar: it falls silent
            expect(page.get_by_role("button", name="Let go to send")).to_be_visible()
            expect(said(page, "Marcus Bell").first.locator("del")).to_be_visible()
            expect(said(page, "You").locator(".said")).to_have_text(re.compile(r"\w+ \w+"), timeout=PATIENCE_MS)
            page.keyboard.up(" ")
            expect(page.get_by_role("button", name="Hold to talk")).to_be_visible()
            expect(said(page, "You")).to_have_attribute("data-done", "true", timeout=PATIENCE_MS)
            expect(said(page, "Marcus Bell")).to_have_count(2, timeout=PATIENCE_MS)
            expect(page.get_by_text("Marcus Bell is listening", exact=True)).to_be_visible(timeout=PATIENCE_MS)
            assert said(page, "You").count() == 1
        finally:
            likes(house, "coach@demo.test", "open")


def likes(house: Served, email: str, microphone: str) -> None:
    done = manage(house.data, "shell", "--no-imports", "-c", LIKES.format(email=email, microphone=microphone))
    assert done.returncode == 0, done.stderr


def test_a_lost_connection_is_shown_and_comes_back_by_itself(quiet: Browser, house: Served) -> None:
    with wire(house.port) as line, visit(quiet, f"http://127.0.0.1:{line.port}") as window:
        enter(window)
        page = window.page
        expect(said(page, "Marcus Bell").locator(".said")).to_contain_text(
            "My phone is dead", timeout=PATIENCE_MS
        )
        line.cut()
        expect(page.get_by_text("The connection is lost; reconnecting.")).to_be_visible()
        expect(page.get_by_text("Reconnecting", exact=True)).to_be_visible()
        wait_until(page, "hear() < 0.001")
        type_in(page, "Are you still there?")
        expect(page.get_by_text("Your text is still in the box")).to_be_visible()
        line.mend()
        connected(page)
        expect(page.get_by_text("Your text is still in the box")).to_have_count(0)
        again = page.get_by_text("Say the last thing once more if it is missing.")
        expect(again).to_be_visible()
        expect(said(page, "Marcus Bell").first.locator("del")).to_be_visible()  # as the server has it
        page.keyboard.press("Enter")
        expect(said(page, "You").locator(".said")).to_have_text("Are you still there?")
        expect(again).to_have_count(0)
        expect(said(page, "Marcus Bell")).to_have_count(2, timeout=PATIENCE_MS)
        # Chromium notes every try that failed.
        assert all("WebSocket connection to" in complaint for complaint in window.complaints)
        window.complaints.clear()


@pytest.mark.parametrize("trouble", ["bad gateway", "no network"])
def test_captions_stay_until_the_server_can_tell_them(quiet: Browser, house: Served, trouble: str) -> None:
    """A proxy that comes back before the server does, or a network that is gone again."""
    with wire(house.port) as line, visit(quiet, f"http://127.0.0.1:{line.port}") as window:
        conversation = enter(window)
        page = window.page
        expect(said(page, "Marcus Bell").locator(".said")).to_contain_text(
            "My phone is dead", timeout=PATIENCE_MS
        )

        def answer(route: Route) -> None:
            if trouble == "bad gateway":
                route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")
            else:
                route.abort()

        page.route(f"**/conversations/{conversation}/", answer)
        line.cut()
        expect(page.get_by_text("Reconnecting", exact=True)).to_be_visible()
        with page.expect_request(f"**/conversations/{conversation}/", timeout=PATIENCE_MS):
            line.mend()
        with page.expect_request(f"**/conversations/{conversation}/"):  # the next try: the first is over
            connected(page)
        expect(said(page, "Marcus Bell").first.locator(".said")).to_contain_text("My phone is dead")
        page.unroute(f"**/conversations/{conversation}/")
        expect(said(page, "Marcus Bell").first.locator("del")).to_be_visible(timeout=PATIENCE_MS)
        noted = ("WebSocket connection to", "Failed to load resource")
        assert all(any(one in complaint for one in noted) for complaint in window.complaints)
        window.complaints.clear()


def test_it_moves_to_the_window_that_opened_it_last(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        conversation = enter(window)
        connected(window.page)
        second = window.context.new_page()
        second.goto(f"{base}/conversations/{conversation}/")
        connected(second)
        expect(window.page.get_by_text("The conversation is open in another window")).to_be_visible()
        expect(window.page.get_by_role("button", name="Go on here")).to_be_focused()
        window.page.keyboard.press("Enter")
        connected(window.page)
        expect(window.page.get_by_role("group", name="Your turn")).to_be_focused()
        expect(second.get_by_text("The conversation is open in another window")).to_be_visible()


def test_its_end_is_confirmed_and_leads_to_the_report(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        conversation = enter(window)
        page = window.page
        connected(page)
        page.get_by_role("button", name="End", exact=True).click()
        dialog = page.get_by_role("dialog", name="End the conversation?")
        expect(dialog.get_by_role("button", name="Keep talking")).to_be_focused()
        dialog.get_by_role("button", name="Keep talking").click()
        expect(dialog).to_be_hidden()
        page.get_by_role("button", name="End", exact=True).click()
        dialog.get_by_role("button", name="End", exact=True).click()
        expect(page.get_by_text("The conversation has ended", exact=True)).to_be_visible()
        page.wait_for_url(f"{base}/reports/{conversation}/")


def test_a_refused_microphone_leaves_help_and_typing(refused: Browser, base: str) -> None:
    with visit(refused, base) as window:
        enter(window)
        page = window.page
        help_ = page.get_by_role("alert")
        expect(help_.get_by_role("heading")).to_have_text("The microphone is not allowed")
        expect(page.get_by_text("Not connected yet")).to_be_visible()
        expect(page.get_by_role("button", name="Try again")).to_be_focused()
        page.get_by_role("button", name="Try again").click()
        expect(help_.get_by_role("heading")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Go on by typing").click()
        connected(page)
        expect(page.get_by_label("What you say to Marcus Bell")).to_be_focused()
        page.keyboard.type("I am sorry about the phone.")
        page.keyboard.press("Enter")
        expect(said(page, "You").locator(".said")).to_have_text("I am sorry about the phone.")
        expect(page.get_by_role("button", name="Mute")).to_be_disabled()
        page.get_by_role("button", name="Try the microphone again").click()
        notice = page.get_by_role("status").filter(has_text="The microphone is not allowed")
        expect(notice).to_contain_text("Click the icon to the left of the address")
        expect(help_).to_be_hidden()
        expect(page.get_by_text("Waiting for your microphone")).to_have_count(0)
        expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_the_panel_has_the_brief_the_engines_and_timings_for_whoever_asks(
    quiet: Browser, base: str, size: tuple[int, int], tmp_path: Path
) -> None:
    with visit(quiet, base, viewport={"width": size[0], "height": size[1]}) as window:
        enter(window)
        page = window.page
        panel = page.get_by_role("complementary", name="About this conversation")
        expect(panel).to_be_hidden()
        connected(page)
        page.get_by_role("button", name="Brief").click()
        expect(panel).to_contain_text("Apologize sincerely, without excuses")
        for title in ("Silero", "PocketSphinx, embedded recognizer", "espeak-ng, embedded voice"):
            expect(panel.get_by_text(title, exact=True)).to_be_visible()
        expect(panel.get_by_text("Scripted lines (no language model)", exact=True)).to_be_visible()
        expect(panel).to_contain_text("A natural voice: your administrator can add it.")
        expect(panel).not_to_contain_text("COACH_")
        expect(panel).to_contain_text("Your voice is not recorded")
        expect(panel.get_by_role("table")).to_be_hidden()
        panel.get_by_label("Show how long each answer took").check()
        rows = panel.get_by_role("table").get_by_role("row")
        expect(rows).to_have_count(2, timeout=PATIENCE_MS)
        heads = rows.first.get_by_role("columnheader").all_inner_texts()
        assert heads == ["Your pause", "Words", "Thought", "Voice", "In all"]
        pause, words, thought, voice, _ = rows.nth(1).get_by_role("cell").all_inner_texts()
        assert (pause, words) == ("–", "–")  # nobody had spoken before the opening
        assert thought.isdecimal() or thought == "–"
        assert voice.isdecimal()
        assert violations(page) == []
        page.screenshot(path=tmp_path / "panel.png")
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        widths = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert widths[0] <= widths[1], json.dumps(widths)


# A browser that gives no sound before somebody has touched the page.
UNTOUCHED = """
const resume = AudioContext.prototype.resume;
let touched = false;
addEventListener("pointerup", () => { touched = true; }, true);
AudioContext.prototype.resume = function () { return touched ? resume.call(this) : Promise.resolve(); };
globalThis.AudioContext = class extends AudioContext {
  constructor(options) {
    super(options);
    this.suspend();
  }
};
"""


def test_where_the_browser_wants_a_touch_one_button_starts_it(
    quiet: Browser, base: str, tmp_path: Path
) -> None:
    with visit(quiet, base) as window:
        page = window.page
        page.add_init_script(UNTOUCHED)
        enter(window)
        start = page.get_by_role("button", name="Start", exact=True)
        expect(start).to_be_visible()
        expect(page.get_by_text("Not connected yet")).to_be_visible()
        assert violations(page) == []
        page.screenshot(path=tmp_path / "start.png")
        start.click()
        connected(page)
        expect(start).to_be_hidden()
        wait_until(page, "hear() > 0.02")


def test_captions_can_be_switched_off_and_the_microphone_changed(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        enter(window)
        page = window.page
        connected(page)
        expect(said(page, "Marcus Bell")).to_be_visible()
        button = page.get_by_role("button", name="Captions")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "false")
        expect(page.get_by_role("list").filter(has_text=OPENING[:8])).to_have_count(0)
        button.click()
        expect(said(page, "Marcus Bell")).to_contain_text("This is my fourth call")
        page.keyboard.down(" ")  # to talk: the click has not left the key with the button
        expect(page.get_by_role("button", name="Let go to send")).to_be_visible()
        page.keyboard.up(" ")
        expect(button).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="Sound").click()
        chosen = page.get_by_role("combobox", name="Microphone")
        chosen.select_option(label="Fake Audio Input 2")
        expect(chosen).to_be_enabled()
        expect(page.get_by_text("Your microphone is on")).to_be_visible()
        page.get_by_role("slider", name="How loud Marcus Bell is").fill("0")
        wait_until(page, "hear() < 0.001")
        page.reload()
        page.get_by_role("button", name="Sound").click()
        expect(page.get_by_role("slider", name="How loud Marcus Bell is")).to_have_value("0")


def test_a_chosen_microphone_is_chosen_again(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        enter(window)
        page = window.page
        connected(page)
        page.get_by_role("button", name="Sound").click()
        chosen = page.get_by_role("combobox", name="Microphone")
        chosen.select_option(label="Fake Audio Input 2")
        expect(chosen).to_be_enabled()
        expect(chosen.locator("option:checked")).to_have_text("Fake Audio Input 2")
        page.reload()
        connected(page)
        page.get_by_role("button", name="Sound").click()
        expect(chosen.locator("option:checked")).to_have_text("Fake Audio Input 2")


def test_whoever_would_rather_type_is_asked_for_no_microphone(quiet: Browser, base: str) -> None:
    with visit(quiet, base) as window:
        page = window.page
        page.add_init_script(ASKED)
        conversation = enter(window)
        assert window.open(f"/conversations/{conversation}/?type=1") == 200
        expect(page.get_by_label("What you say to Marcus Bell")).to_be_focused()
        page.keyboard.press("I")  # the touch that lets it sound
        connected(page)
        expect(page.get_by_text("No microphone: you can type")).to_be_visible()
        assert page.evaluate("() => asked") == 0
        page.get_by_role("button", name="Switch on the microphone").click()
        expect(page.get_by_text("Your microphone is on")).to_be_visible()
        expect(page.get_by_role("button", name="Mute")).to_be_enabled()
        assert page.evaluate("() => asked") == 1
        # Chromium notes that there was no sound before the first key.
        assert all("AudioContext was not allowed to start" in complaint for complaint in window.complaints)
        window.complaints.clear()


# Counts how often the page asks for a microphone.
ASKED = """
globalThis.asked = 0;
const ask = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = function (wanted) {
  globalThis.asked += 1;
  return ask.call(this, wanted);
};
"""


def test_single_keys_can_be_switched_off_and_stay_so(quiet: Browser, base: str, house: Served) -> None:
    with visit(quiet, base) as window:
        likes(house, "coach@demo.test", "hold")
        try:
            enter(window, "coach@demo.test")
            page = window.page
            connected(page)
            page.get_by_role("button", name="Brief").click()
            page.get_by_label("Use the keys Space, M and T").uncheck()
            expect(page.get_by_text("Hold the button while you talk", exact=True)).to_be_visible()
            page.reload()
            connected(page)
            expect(page.get_by_text("Hold the button while you talk", exact=True)).to_be_visible()
            mute = page.locator('[data-part="mute"]')
            for key in ("m", "t", " "):
                page.keyboard.press(key)
            expect(mute).to_have_attribute("aria-pressed", "true")  # as it begins for whoever holds a key
            expect(page.get_by_label("What you say to Marcus Bell")).to_be_hidden()
            expect(page.get_by_text("Keep the button down while you talk.")).to_have_count(0)
            page.get_by_role("button", name="Brief").click()
            page.get_by_label("Use the keys Space, M and T").check()
            page.get_by_role("button", name="Close").click()
            page.keyboard.press("t")
            expect(page.get_by_label("What you say to Marcus Bell")).to_be_focused()
        finally:
            likes(house, "coach@demo.test", "open")


# The corners of what has this name, as the eye sees it.
BOX = """(part) => {
  const { top, bottom, left, right } = document.querySelector(`[data-part="${part}"]`).getBoundingClientRect();
  return [top, bottom, left, right];
}"""


@pytest.mark.parametrize("size", [(1280, 800), (360, 740)])
def test_nothing_moves_while_a_key_is_held_or_by_a_long_word(
    quiet: Browser, base: str, size: tuple[int, int]
) -> None:
    with visit(quiet, base, viewport={"width": size[0], "height": size[1]}) as window:
        enter(window)
        page = window.page
        expect(page.get_by_text("Your microphone is on")).to_be_visible()
        connected(page)
        free = [page.evaluate(BOX, part) for part in ("bar", "hold", "captions-frame")]
        page.keyboard.down(" ")
        expect(page.get_by_role("button", name="Let go to send")).to_be_visible()
        assert [page.evaluate(BOX, part) for part in ("bar", "hold", "captions-frame")] == free
        page.keyboard.up(" ")
        type_in(page, "Donaudampfschifffahrt" * 8)
        expect(said(page, "You")).to_be_visible()
        wide = "() => { const { scrollWidth, clientWidth } = document.querySelector('.captions'); "
        assert page.evaluate(wide + "return scrollWidth <= clientWidth; }")


def test_above_a_phones_keyboard_the_last_words_and_the_text_box_have_room(quiet: Browser, base: str) -> None:
    with visit(quiet, base, viewport={"width": 360, "height": 400}) as window:
        enter(window)
        page = window.page
        connected(page)
        type_in(page, "Please tell me what happened.")
        mine = said(page, "You")
        expect(mine).to_be_in_viewport(ratio=1)
        expect(page.get_by_label("What you say to Marcus Bell")).to_be_in_viewport(ratio=1)
        for name in ("Mute", "End"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_in_viewport(ratio=1)
        page.keyboard.press("Escape")
        expect(page.locator(".room .portrait")).to_be_visible()
