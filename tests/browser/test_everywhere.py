"""What holds on every page, empty and full: axe finds nothing, the console is silent, nothing is wider than
the window, and nothing is asked of another site."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.axe import violations
from tests.browser.browser import visit
from tests.browser.lives import Life, live
from tests.browser.test_first_pages import EVERY_LOOK, look
from tests.service.served import Served, manage, serve

TRAINEE, COACH, ADMIN = "trainee@demo.test", "coach@demo.test", "admin@demo.test"


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Life]]:
    """A house of its own, in which a trainee has rehearsed."""
    data = tmp_path_factory.mktemp("lived-in")
    for command in (("migrate", "-v0"), ("seed_demo",)):
        done = manage(data, *command)
        assert done.returncode == 0, done.stderr
    life = live(data)
    with serve(data) as served:
        served.wait_until_served()
        yield served, life


def full_pages(life: Life) -> dict[str, dict[str, str]]:
    """Paths by name, by who sees them."""
    return {
        TRAINEE: {
            "home": "/",
            "history": "/history/",
            "report": f"/reports/{life.done[0]}/",
            "report-failed": f"/reports/{life.failed}/",
            "report-working": f"/reports/{life.working}/",
            "report-live": f"/reports/{life.left}/",
            "profile": "/profile/",
            "sound-check": "/sound-check/?scenario=lumina",
            "password": "/accounts/password/change/",
            "security": "/accounts/2fa/",
            "email": "/accounts/email/",
            "logout": "/accounts/logout/",
        },
        COACH: {
            "home": "/",
            "history": "/history/",
            "team": "/team/",
            "team-nothing-found": "/team/?scenario=none",
            "report": f"/reports/{life.done[0]}/",
        },
        ADMIN: {
            "admin": "/admin/",
            "scenarios": "/admin/avatars/scenario/",
            "scenario": f"/admin/avatars/scenario/{life.scenario}/change/",
            "scenario-prompt": f"/admin/avatars/scenario/{life.scenario}/prompt/",
            "scenario-rehearse": f"/admin/avatars/scenario/{life.scenario}/rehearse/",
            "scenario-import": "/admin/avatars/scenario/import/",
            "scenario-history": f"/admin/avatars/scenario/{life.scenario}/history/",
            "scenario-delete": f"/admin/avatars/scenario/{life.draft}/delete/",
            "scenario-new": "/admin/avatars/scenario/add/",
            "avatars": "/admin/avatars/avatar/",
            "avatar": f"/admin/avatars/avatar/{life.avatar}/change/",
            "avatar-delete": f"/admin/avatars/avatar/{life.idle}/delete/",
            "avatar-delete-refused": f"/admin/avatars/avatar/{life.avatar}/delete/",
            "avatar-new": "/admin/avatars/avatar/add/",
            "knowledge": "/admin/avatars/knowledgeitem/",
            "knowledge-item": f"/admin/avatars/knowledgeitem/{life.item}/change/",
            "knowledge-new": "/admin/avatars/knowledgeitem/add/",
            "assignments": "/admin/avatars/assignment/",
            "assignment": f"/admin/avatars/assignment/{life.assignment}/change/",
            "assignment-delete": f"/admin/avatars/assignment/{life.assignment}/delete/",
            "assignment-new": "/admin/avatars/assignment/add/",
            "people": "/admin/accounts/user/",
            "person": f"/admin/accounts/user/{life.tess}/change/",
            "person-password": f"/admin/accounts/user/{life.tess}/password/",
            "person-new": "/admin/accounts/user/add/",
            "teams": "/admin/accounts/team/",
            "team": f"/admin/accounts/team/{life.team}/change/",
            "team-new": "/admin/accounts/team/add/",
            "organizations": "/admin/accounts/organization/",
            "organization": f"/admin/accounts/organization/{life.organization}/change/",
            "tokens": "/admin/accounts/apitoken/",
            "token-new": "/admin/accounts/apitoken/add/",
        },
    }


@pytest.mark.parametrize(("size", "scheme"), EVERY_LOOK)
@pytest.mark.parametrize("who", [TRAINEE, COACH, ADMIN])
def test_every_page_can_be_used_by_everybody(
    browser: Browser, lived_in: tuple[Served, Life], who: str, size: str, scheme: str, tmp_path: Path
) -> None:
    served, life = lived_in
    found = {}
    with visit(browser, f"http://127.0.0.1:{served.port}", **look(size, scheme)) as window:
        window.sign_in(who)
        for name, path in full_pages(life)[who].items():
            assert window.open(path) == 200, name
            window.page.screenshot(path=tmp_path / f"{name}-{size}-{scheme}.png", full_page=True)
            problems = [*window.complaints]
            problems += violations(window.page)
            window.complaints.clear()  # axe's own attempts to style the page among them
            own, seen = window.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
            # Django's own admin scrolls its tables sideways on a phone.
            if own > seen and who != ADMIN:
                problems.append(f"{own} px wide in a window of {seen}")
            if problems:
                found[name] = problems
    assert not found, "\n".join(f"{name}: {one}" for name, problems in found.items() for one in problems)
