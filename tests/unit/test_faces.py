"""Claims about the drawn portraits."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from avatars.faces import PEOPLE, drawing
from avatars.sheets import FACES, MOODS

CSS = Path(__file__).parents[2] / "static" / "css" / "portrait.css"


def test_every_name_has_a_face_of_its_own() -> None:
    assert set(FACES) == {*PEOPLE, "light"}
    assert len({drawing(name) for name in FACES}) == len(FACES)


@pytest.mark.parametrize("name", FACES)
def test_a_face_is_well_formed_and_nothing_but_shapes(name: str) -> None:
    """Several faces stand on a page with a strict CSP: no ids, no references, no styles, no scripts."""
    nodes = list(ET.fromstring(drawing(name)).iter())
    assert {node.tag for node in nodes} <= {"svg", "g", "path", "ellipse", "circle", "rect"}
    assert {attribute for node in nodes for attribute in node.attrib} <= {
        "viewBox", "focusable", "class", "transform", "opacity", "d", "cx", "cy", "r", "rx", "ry",
        "width", "height", "fill", "fill-opacity", "stroke", "stroke-width", "stroke-linecap",
        "stroke-linejoin",
    }  # fmt: skip
    values = [value for node in nodes for value in node.attrib.values()]
    assert not [value for value in values if "url(" in value or ":" in value]


@pytest.mark.parametrize("name", FACES)
def test_a_face_has_the_parts_that_live(name: str) -> None:
    classes = [node.get("class") for node in ET.fromstring(drawing(name)).iter()]
    assert [classes.count(part) for part in ("eyes", "gaze", "mouth", "opening")] == [1, 1, 1, 1]
    assert "head" in classes


def test_the_css_moves_no_part_that_is_not_drawn() -> None:
    drawn = {part for name in FACES for part in re.findall(r'class="(\w+)"', drawing(name))}
    moved = re.findall(r"\.portrait :is\((\..*?)\)", CSS.read_text())
    assert len(moved) > 3
    assert {part.strip(" .") for parts in moved for part in parts.split(",")} - {"sign"} <= drawn


@pytest.mark.parametrize("name", FACES)
def test_a_face_has_the_parts_that_feel(name: str) -> None:
    classes = [node.get("class") for node in ET.fromstring(drawing(name)).iter()]
    assert [classes.count(part) for part in ("lip", "soft", "level", "hard")] == [1, 1, 1, 1]
    brows, heat = (0, 1) if name == "light" else (2, 0)
    assert (classes.count("brow"), classes.count("heat")) == (brows, heat)


def test_the_css_has_a_look_for_every_mood_and_for_no_other() -> None:
    assert re.findall(r'^\.portrait\[data-mood="(\w+)"\] \{', CSS.read_text(), re.MULTILINE) == list(MOODS)


def test_a_name_that_is_gone_shows_the_first_face() -> None:
    assert drawing("sand") == drawing(FACES[0])
