"""What the papers say is there, is there."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAPERS = [
    PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "docker-compose.yml")
] + sorted(PROJECT.glob("docs/**/*.md"))
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)")
MAKE = re.compile(r"`make ([a-z-]+)|^make ([a-z-]+)", re.MULTILINE)
MANAGE = re.compile(r"manage\.py ([a-z_]+)")


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))


def commands() -> set[str]:
    """Every ``manage.py`` command of this project and of Django."""
    import django.core.management

    return set(django.core.management.get_commands())


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_its_links_lead_somewhere(path: Path) -> None:
    links = LINK.findall(path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_the_make_commands_it_names_exist(path: Path) -> None:
    named = {one or other for one, other in MAKE.findall(path.read_text())}
    assert named - targets() == set()


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_the_management_commands_it_names_exist(path: Path) -> None:
    assert set(MANAGE.findall(path.read_text())) - commands() == set()


def test_make_help_lists_what_people_need() -> None:
    told = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    listed = [line.split()[1] for line in told.splitlines()]
    assert listed == ["help", "demo", "test", "lint", "bench", "tts-worker", "lock", "wheels"]


def test_the_readme_opens_with_the_two_commands() -> None:
    text = (PROJECT / "README.md").read_text()
    assert text.index("make demo") < text.index("make test")


def test_the_license_is_the_one_that_is_declared_and_names_the_gpl_parts() -> None:
    text = (PROJECT / "LICENSE").read_text()
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert text.startswith("MIT License")
    assert {part for part in ("espeak-ng", "phonemizer") if part in text} == {"espeak-ng", "phonemizer"}


def test_the_changelog_knows_the_version() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert f"## {project['version']}" in (PROJECT / "CHANGELOG.md").read_text()


def test_decisions_are_numbered_without_gaps_and_say_the_three_things() -> None:
    decisions = sorted((PROJECT / "docs/decisions").glob("*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(numbers) + 1))
    headings = {"## Context", "## Decision", "## Consequences"}
    assert [path.name for path in decisions if not headings <= set(path.read_text().splitlines())] == []
