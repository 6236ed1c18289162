"""From sign-in to report, as a person goes through it, in a real browser with a synthesized voice: nothing is
stubbed, the Content-Security-Policy stays on, what is heard is measured in the page."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.browser import Visit, visit
from tests.engine.sounds import BROKEN, TELL_ME, silence, speech
from tests.service.proxy import Wire, wire
from tests.service.served import Served, manage, serve
from tests.speech import write_wav
from voice.engines.base import INPUT_RATE

SENSES = Path(__file__).with_name("senses.js").read_text()
AUDIBLE, SILENT = 0.01, 0.0005
SHORT = "Of course. It simply stopped this morning."
SECOND = "A new one would be good. Thank you."
LONG = (
    "Well, let me think about that for a moment, because it is not as easy as you may believe, and I have told "
    "this story to five people already, each of whom promised to call me back, and not one of them ever did."
)
LAST = "Good. Then I have nothing more to ask."
SCENARIO = f"""
from accounts.models import Organization
from avatars.publishing import import_sheet, publish
from avatars.sheets import AvatarSheet, LineSheet, ScenarioSheet, TurnTaking
nora = AvatarSheet(slug="nora", name="Nora", persona="You are Nora.", face="silver-bob",
                   turn_taking=TurnTaking(patience_ms=700, interrupt_after_ms=400, silence_prompt_s=0))
sheet = ScenarioSheet(slug="front-desk", title="At the front desk", avatar=nora, brief="Help her.", lines=(
    LineSheet({SHORT!r}, cues=("what happened", "happened")),
    LineSheet({SECOND!r}, cues=("phone", "broken", "want", "new one")),
    LineSheet({LONG!r}, cues=("why",)),
    LineSheet({LAST!r}),
    LineSheet("I see."),
    LineSheet("Go on."),
))
publish(scenario=import_sheet(organization=Organization.objects.get(slug="demo"), sheet=sheet))
"""


@pytest.fixture(scope="module")
def front_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo with a scenario in which the trainee speaks first."""
    data = tmp_path_factory.mktemp("front-desk")
    for command in (("migrate", "-v0"), ("seed_demo",), ("shell", "-v0", "-c", SCENARIO)):
        done = manage(data, *command)
        assert done.returncode == 0, done.stderr
    with serve(data) as served:
        served.wait_until_served()
        yield served


@pytest.fixture(scope="module")
def microphone_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sentences, with time for an answer after each."""
    said = [silence(3_000), speech(TELL_ME), silence(14_000), speech(BROKEN), silence(120_000)]
    path = tmp_path_factory.mktemp("voice") / "trainee.wav"
    write_wav(path, np.concatenate(said), INPUT_RATE)
    return path


def turn(page: Page, speaker: str, text: str | re.Pattern[str]) -> Locator:
    return page.locator(f".turn[data-speaker={speaker}][data-done=true]").filter(has_text=text)


def speak(page: Page, sentence: str) -> None:
    sound = base64.b64encode(speech(sentence).astype("<i2").tobytes()).decode()
    page.evaluate("([sound, rate]) => mouth.say(sound, rate)", [sound, INPUT_RATE])


def test_a_trainee_goes_the_whole_way(talking_browser: Browser, front_desk: Served) -> None:
    with wire(front_desk.port) as line, visit(talking_browser, f"http://127.0.0.1:{line.port}") as window:
        window.context.add_init_script(SENSES)
        window.sign_in()
        checks_the_microphone(window)
        holds_two_turns(window.page)
        interrupts(window)
        loses_and_regains_the_connection(window, line)
        ends_and_reads_the_report(window.page)


def checks_the_microphone(window: Visit) -> None:
    page = window.page
    page.get_by_role("button", name="Talk: At the front desk").click()
    expect(page).to_have_url(re.compile(r"/sound-check/\?scenario=front-desk$"))
    page.get_by_role("button", name="Switch on the microphone").click()
    expect(page.get_by_text("We can hear you.")).to_be_visible(timeout=15_000)
    page.get_by_role("button", name="Play a sound").click()
    assert page.evaluate("least => ear.hears(least)", AUDIBLE) >= AUDIBLE
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("You can hear us.")).to_be_visible()
    page.get_by_role("button", name="Begin the conversation").click()
    expect(page).to_have_url(re.compile(r"/conversations/[0-9a-f-]{36}/$"))


def holds_two_turns(page: Page) -> None:
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    expect(turn(page, "trainee", re.compile("happened"))).to_be_visible(timeout=30_000)
    assert page.evaluate("least => ear.hears(least)", AUDIBLE) >= AUDIBLE
    expect(page.get_by_text("Nora is speaking")).to_be_visible()
    expect(turn(page, "avatar", SHORT)).to_be_visible(timeout=15_000)
    expect(page.get_by_text("Nora is listening")).to_be_visible()
    expect(turn(page, "trainee", re.compile("broken"))).to_be_visible(timeout=40_000)
    expect(turn(page, "avatar", SECOND)).to_be_visible(timeout=15_000)


def interrupts(window: Visit) -> None:
    """With a microphone of our own, so that it happens in mid-sentence; the page is opened anew for that."""
    page = window.page
    page.evaluate("() => sessionStorage.setItem('mouth', 'ours')")
    page.reload()
    assert page.locator(".turn .said").all_inner_texts()[1::2] == [SHORT, SECOND]
    # Nobody has touched the page since, so the browser would not let it sound.
    page.get_by_role("button", name="Start").click()
    # Our microphone was made before that, and is itself a thing that may not sound yet.
    window.complaints[:] = [one for one in window.complaints if "AudioContext was not allowed" not in one]
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    page.keyboard.press("t")
    page.get_by_label("What you say to Nora").fill("Why?")
    page.keyboard.press("Enter")
    said = page.locator(".turn.avatar .said").last
    expect(said).to_have_text(re.compile("as easy as you may believe"), timeout=15_000)
    page.evaluate("least => ear.hears(least)", AUDIBLE)
    speak(page, TELL_ME)
    lost = page.locator(".turn.avatar .unheard:visible")
    expect(lost).to_be_visible(timeout=15_000)
    struck = lost.locator("del").inner_text()
    heard = page.locator(".turn.avatar").filter(has=page.locator(".unheard:visible")).locator(".said")
    assert f"{heard.inner_text()} {struck}" == LONG
    assert struck.endswith("not one of them ever did.")
    assert lost.locator("del").evaluate("one => getComputedStyle(one).textDecorationLine") == "line-through"
    expect(turn(page, "avatar", LAST)).to_be_visible(timeout=20_000)


def loses_and_regains_the_connection(window: Visit, line: Wire) -> None:
    page = window.page
    before = page.locator(".turn .said").all_inner_texts()
    line.cut()
    expect(page.get_by_text("The connection is lost")).to_be_visible()
    line.mend()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible(timeout=20_000)
    window.complaints[:] = [
        one
        for one in window.complaints
        if not re.search("WebSocket connection|ERR_(CONNECTION|EMPTY|SOCKET)", one)
    ]
    expect(page.locator(".turn .said")).to_have_count(len(before))
    assert page.locator(".turn .said").all_inner_texts() == before
    page.get_by_label("What you say to Nora").fill("Are you still there?")
    page.keyboard.press("Enter")
    expect(turn(page, "avatar", "I see.")).to_be_visible(timeout=15_000)


def ends_and_reads_the_report(page: Page) -> None:
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(page).to_have_url(re.compile(r"/reports/[0-9a-f-]{36}/$"), timeout=15_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("At the front desk")
    expect(page.get_by_role("heading", name="What was measured")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("heading", name="Interruptions")).to_be_visible()
    struck = page.locator("s").filter(has_text="not one of them ever did.")
    assert LONG.endswith(struck.inner_text())
    expect(page.get_by_text("Not for employment decisions")).to_be_visible()


def test_an_admin_makes_an_avatar_and_a_scenario_and_talks_to_it(
    talking_browser: Browser, front_desk: Served
) -> None:
    with visit(talking_browser, f"http://127.0.0.1:{front_desk.port}") as window:
        window.context.add_init_script(SENSES)
        window.sign_in("admin@demo.test")
        makes_an_avatar(window)
        makes_and_publishes_a_scenario(window)
        talks_to_it(window)


def makes_an_avatar(window: Visit) -> None:
    page = window.page
    window.open("/admin/avatars/avatar/add/")
    page.get_by_label("Name:", exact=True).press_sequentially("Otto")
    page.get_by_label("Persona:").fill("You are Otto, who waits for a parcel.")
    page.get_by_label("Voices of this language").select_option("en-us")
    page.get_by_label("Variant").select_option("m3")
    page.get_by_role("button", name="Hear this voice").click()  # its sound is measured in test_avatar_admin.py
    expect(page.locator("[data-voice]")).to_have_attribute("data-state", "played", timeout=15_000)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("Otto"))).to_be_visible()


def makes_and_publishes_a_scenario(window: Visit) -> None:
    page = window.page
    window.open("/admin/avatars/scenario/add/")
    page.get_by_label("Title:").press_sequentially("A late parcel")
    page.get_by_label("Avatar:").select_option(label="Otto")
    page.get_by_label("Brief:").fill("Tell him where it is.")
    page.get_by_label("Opening line:").fill("Where is my parcel?")
    lines = page.locator("#lines-group")
    for text, cues in (("That is good news.", "parcel, tomorrow"), ("I see.", "")):
        lines.get_by_role("button", name=re.compile("Add another")).click()
        row = lines.locator("tr.dynamic-lines").last
        row.get_by_label("the avatar says").fill(text)
        row.get_by_label("when the trainee says").fill(cues)
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Conversations run on version 1")).to_be_visible()


def talks_to_it(window: Visit) -> None:
    page = window.page
    window.open("/sound-check/?scenario=a-late-parcel")
    page.get_by_role("button", name="Begin the conversation").click()
    expect(turn(page, "avatar", "Where is my parcel?")).to_be_visible(timeout=20_000)
    page.keyboard.press("t")
    page.get_by_label("What you say to Otto").fill("Your parcel comes tomorrow.")
    page.keyboard.press("Enter")
    expect(turn(page, "avatar", "That is good news.")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="End", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="End").click()
    expect(page).to_have_url(re.compile(r"/reports/[0-9a-f-]{36}/$"), timeout=15_000)
