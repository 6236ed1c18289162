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
    # make itself says where it is when it is run by another make, as make test does.
    command = ["make", "--no-print-directory", "help"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
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


ARCHITECTURE = PROJECT / "docs/architecture.md"


def folders_of_code() -> set[str]:
    """What make and git leave alone: ``build`` is made, and so is what begins with a dot."""
    folders = [path for path in PROJECT.iterdir() if path.is_dir() and path.name[0] not in "._"]
    return {path.name for path in folders if any(path.glob("**/*.py"))} - {"build"}


def test_the_architecture_s_house_has_every_folder_of_code_and_no_other() -> None:
    table = ARCHITECTURE.read_text().split("## The house")[1].split("Imports point")[0]
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", table, re.M) for name in re.findall(r"`(\w+)/`", row)
    }
    assert listed == folders_of_code()


def test_the_architecture_s_imports_are_those_that_lint_holds() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    assert f"`{' -> '.join(layers)}`" in ARCHITECTURE.read_text()


def test_the_modules_that_the_architecture_names_exist() -> None:
    section = ARCHITECTURE.read_text().split("## The live conversation")[1].split("Four rules")[0]
    named = {name.removesuffix(".py") for name in re.findall(r"`([a-z_]+(?:\.py)?)`", section)}
    assert named >= {"segmenter", "turns", "phrases", "playout", "conversation", "wire", "consumers"}
    assert {name for name in named if not (PROJECT / "voice" / f"{name}.py").is_file()} == set()


def test_every_settings_name_in_the_architecture_is_one() -> None:
    named = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", ARCHITECTURE.read_text()))
    assert {
        name for name in named if f"| `{name}` |" not in (PROJECT / "docs/settings.md").read_text()
    } == set()


def test_every_engine_of_its_own_is_in_the_contract_that_keeps_engines_apart() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    apart, unseen = (
        next(one for one in contracts if one["name"].startswith(name))
        for name in ("Engines know", "The conversation sees")
    )
    modules = {f"voice.engines.{path.stem}" for path in (PROJECT / "voice/engines").glob("*.py")}
    helpers = {
        f"voice.engines.{name}"
        for name in ("sphinx", "sphinx_pool", "sphinx_recognition", "wyoming_link", "wyoming_speech")
    }
    whole = modules - {"voice.engines.__init__", "voice.engines.base"}
    assert set(unseen["forbidden_modules"]) == whole
    assert set(apart["modules"]) == whole - helpers - {"voice.engines.registry"}


def test_the_code_uses_the_words_of_the_glossary() -> None:
    glossary = ARCHITECTURE.read_text().split("## Words")[1]
    terms = re.findall(r"\*([^*]+)\*", glossary)
    assert len(terms) >= 15
    apps = ("avatars", "memory", "reports", "voice")
    code = " ".join(path.read_text().lower() for app in apps for path in (PROJECT / app).rglob("*.py"))
    words = {word for term in terms for word in re.findall(r"[a-z]+", term.lower())} - {"and"}
    assert {word for word in words if not re.search(rf"\b{word}|_{word}", code)} == set()
