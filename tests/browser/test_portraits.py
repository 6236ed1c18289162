"""Portraits in a real browser: the mouth follows the sound, and motion is off for whom it disturbs."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, Template
from playwright.sync_api import Browser, Page

from avatars.sheets import FACES, MOODS, AvatarSheet
from tests.browser.browser import visit

STATES = ("listening", "hearing", "thinking", "speaking", "ended")
PICTURE = "/static/favicon.svg"


def show(page: Page, face: str, size: str = "large", picture: str = "") -> None:
    """Puts a portrait into the page, as the tag renders it."""
    sheet = AvatarSheet("someone", "Someone", "You are someone.", face=face)
    template = Template("{% load portraits %}{% portrait sheet size=size picture=picture %}")
    html = template.render(Context({"sheet": sheet, "size": size, "picture": picture}))
    page.locator("main").evaluate("(main, html) => { main.innerHTML = html; }", html)


def act(page: Page, state: str, mouth: float = 0) -> None:
    page.locator("main .portrait").evaluate(
        """(portrait, [state, mouth]) => {
          portrait.dataset.state = state;
          portrait.style.setProperty("--mouth", mouth);
        }""",
        [state, mouth],
    )


def size_of(page: Page, part: str) -> tuple[float, float]:
    box = page.locator(f"main .portrait {part}").first.bounding_box()
    assert box is not None
    return box["width"], box["height"]


def feel(page: Page, mood: str) -> tuple[str, ...]:
    """How the mood can be told: brows, eyes, the line and the inside of the mouth, heat."""
    found: list[str] = page.locator("main .portrait").evaluate(
        """(portrait, mood) => {
          if (mood) portrait.dataset.mood = mood;
          const style = (part, name) => {
            const found = portrait.querySelector(part);
            return found ? getComputedStyle(found)[name] : "";
          };
          return [style(".brow", "transform"), style(".gaze", "scale"), style(".lip", "transform"),
                  style(".soft", "opacity"), style(".level", "opacity"), style(".hard", "opacity"),
                  style(".heat", "opacity")];
        }""",
        mood,
    )
    return tuple(found)


def looks(page: Page) -> tuple[Any, ...]:
    """How the state can be told: ring, posture, sign."""
    found: list[Any] = page.locator("main .portrait").evaluate(
        """(portrait) => {
          const style = (part) => getComputedStyle(portrait.querySelector(part));
          return [getComputedStyle(portrait).boxShadow, style(".gaze").transform, style(".head").transform,
                  style(".brows").transform, style("svg").filter, style(".sign").display];
        }"""
    )
    return tuple(found)


@pytest.mark.parametrize("face", FACES)
def test_the_mouth_opens_with_the_sound(browser: Browser, base: str, face: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        show(window.page, face)
        heights = []
        for mouth in (0, 0.5, 1):
            act(window.page, "speaking", mouth)
            heights.append(size_of(window.page, ".mouth")[1])
        assert heights == sorted(set(heights))
        assert heights[2] > heights[0] * 1.5


@pytest.mark.parametrize("face", FACES)
def test_every_mood_looks_different_and_the_mouth_still_opens(browser: Browser, base: str, face: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        show(window.page, face)
        window.page.emulate_media(reduced_motion="reduce")
        closed = {mood: feel(window.page, mood) for mood in ("", *MOODS)}
        assert len(set(closed.values())) == len(closed)
        assert window.page.evaluate("() => document.getAnimations().length") == 0
        window.page.emulate_media(reduced_motion="no-preference")
        for mood in MOODS:
            feel(window.page, mood)
            act(window.page, "speaking", 0)
            shut = size_of(window.page, ".mouth")[1]
            act(window.page, "speaking", 1)
            wide = size_of(window.page, ".mouth")[1]
            assert wide > shut * 1.5, mood


def test_the_voice_of_a_picture_can_be_seen(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        show(window.page, FACES[0], picture=PICTURE)
        act(window.page, "speaking", 0)
        silent = size_of(window.page, ".sign i")
        act(window.page, "speaking", 1)
        loud = size_of(window.page, ".sign i")
        assert (loud[0], loud[1] > silent[1] * 2) == (silent[0], True)


def test_without_motion_nothing_moves_and_every_state_looks_different(browser: Browser, base: str) -> None:
    with visit(browser, base, reduced_motion="reduce") as window:
        window.open("/accounts/login/")
        show(window.page, FACES[0])
        seen = set()
        for state in STATES:
            act(window.page, state)
            assert window.page.evaluate("() => document.getAnimations().length") == 0
            seen.add(looks(window.page))
        assert len(seen) == len(STATES)
        act(window.page, "speaking", 0)
        quiet = size_of(window.page, ".mouth")
        act(window.page, "speaking", 1)
        assert size_of(window.page, ".mouth") == quiet


def test_faces_in_a_list_keep_still(browser: Browser, base: str) -> None:
    with visit(browser, base) as window:
        window.open("/accounts/login/")
        for size, pixels in (("small", 40), ("medium", 56)):
            show(window.page, FACES[0], size=size)
            assert window.page.evaluate("() => document.getAnimations().length") == 0
            assert size_of(window.page, "svg") == (pixels, pixels)
        show(window.page, FACES[0])
        assert window.page.evaluate("() => document.getAnimations().map((one) => one.animationName)") == [
            "portrait-blink"
        ]
