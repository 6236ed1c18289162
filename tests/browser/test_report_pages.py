"""The report and the lists that lead to it, in a real browser: the report comes by itself, numbers lead to
their moments, and times are those of whoever reads."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.browser.axe import violations
from tests.browser.browser import visit
from tests.service.served import Served, manage

REHEARSED = """
from accounts.models import User
from memory.conversations import end_conversation, record_turn, start_conversation
from memory.records import TurnRecord
from reports.analysis import mark_queued
tess = User.everyone.get(email="trainee@demo.test")
pk = start_conversation(trainee=tess, scenario_slug="angry-customer").pk
said = [
    ("avatar", "opening", "Finally. This phone is broken, and I have been waiting for an hour.", ""),
    ("trainee", "speech", "I am sorry to hear that, and I would like to know what happened to it.", ""),
    ("avatar", "reply", "It went black and", "nobody called me back."),
    ("trainee", "speech", "Wait, please, who promised to call you back about this phone?", ""),
    ("avatar", "reply", "Somebody named Karen.", ""),
]
for seq, (speaker, kind, text, unheard) in enumerate(said, 1):
    record_turn(conversation_id=pk, record=TurnRecord(
        seq=seq, speaker=speaker, kind=kind, text=text, unheard_text=unheard, interrupted=bool(unheard),
        started_ms=6000.0 * seq, ended_ms=6000.0 * seq + 5500.0))
end_conversation(conversation_id=pk, reason="hung_up")
mark_queued(conversation_id=pk)
print(pk)
"""

ANALYSED = """
from reports.analysis import analyse
analyse(conversation_id="{id}")
"""


def told(house: Served, code: str) -> str:
    """What a program inside the house printed."""
    done = manage(house.data, "shell", "-v0", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_report_appears_by_itself_and_leads_to_its_moments(
    browser: Browser, base: str, house: Served
) -> None:
    conversation = told(house, REHEARSED)
    with visit(browser, base, reduced_motion="reduce") as window:
        window.sign_in()
        page = window.page
        window.open(f"/reports/{conversation}/")
        expect(page.get_by_role("progressbar", name="Your report is being made")).to_be_visible()
        expect(page.get_by_text("Waiting for its turn…")).to_be_visible()
        assert violations(page) == []
        with page.expect_response(lambda answer: "/progress/" in answer.url) as asked:
            pass
        assert asked.value.status == 204
        told(house, ANALYSED.replace("{id}", conversation))
        expect(page.get_by_role("heading", name="What was measured")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("Your report is ready.")
        expect(page.get_by_role("progressbar")).to_have_count(0)

        interruptions = page.get_by_role("listitem").filter(
            has=page.get_by_role("heading", name="Interruptions")
        )
        interruptions.get_by_role("link", name="took the floor").click()
        assert page.url.endswith(f"/reports/{conversation}/#turn-4")
        turn = page.locator("#turn-4")
        expect(turn).to_be_in_viewport()
        expect(turn).to_have_css("outline-style", "solid")
        expect(turn).to_contain_text("took the floor")
        expect(page.locator("#turn-3 s")).to_have_text("nobody called me back.")
        assert violations(page) == []


def test_times_are_those_of_the_reader(browser: Browser, base: str, house: Served) -> None:
    told(house, REHEARSED)
    texts = []
    for zone in ("UTC", "Asia/Kolkata"):  # half an hour off every other one
        with visit(browser, base, timezone_id=zone, locale="en-US") as window:
            window.sign_in()
            window.open("/history/")
            time = window.page.locator("time").first
            expect(time).to_have_text(re.compile(r"^(Today|Yesterday) \d\d:\d\d$"))
            texts.append(time.inner_text()[-2:])
            assert violations(window.page) == []
    assert (int(texts[1]) - int(texts[0])) % 60 == 30
