"""What is installed is pinned, the same everywhere, and says nothing about where it comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FILES = sorted([*PROJECT.glob("requirements/*.txt"), *PROJECT.glob("tts_worker/requirements-*.txt")])
FILES = [path for path in FILES if path.name != "overrides.txt"]
PIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][a-z0-9.+]*( ; .+)?")
PYTHONS = ("3.11.9", "3.12.9", "3.13.9")


def names(path: Path) -> set[str]:
    return {line.split("==")[0] for line in path.read_text().splitlines()}


def asked_for(path: Path) -> set[str]:
    lines = [line.split("#")[0].strip() for line in path.read_text().splitlines()]
    return {
        re.split(r"[\[<>=; ]", line)[0].lower() for line in lines if line and not line.startswith(("-c", "-r"))
    }


def on(marker: str, python: str, system: str = "linux") -> bool:
    """Whether a line's marker lets it be installed on this Python."""
    from packaging.markers import Marker

    environment = {
        "python_full_version": python,
        "python_version": python.rsplit(".", 1)[0],
        "sys_platform": system,
        "platform_python_implementation": "CPython",
        "platform_machine": "x86_64",
    }
    return Marker(marker).evaluate(environment)


def test_it_finds_all_five_files() -> None:
    assert [path.name for path in FILES] == [
        "lint.txt", "main.txt", "test.txt", "requirements-cpu.txt", "requirements-gpu.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_line_is_one_exact_version_and_no_address(path: Path) -> None:
    assert [line for line in path.read_text().splitlines() if not PIN.fullmatch(line)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("python", PYTHONS)
def test_no_python_gets_two_versions_of_one_package(path: Path, python: str) -> None:
    chosen = []
    for line in path.read_text().splitlines():
        pin, _, marker = line.partition(" ; ")
        if not marker or on(marker, python):
            chosen.append(pin.split("==")[0])
    assert sorted(set(chosen)) == chosen


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_was_asked_for_is_pinned(path: Path) -> None:
    assert asked_for(path.with_suffix(".in")) <= names(path)


def test_torch_stays_out() -> None:
    assert [path.name for path in FILES if names(path) & {"torch", "torchaudio"}] == []


def test_the_worker_has_one_onnxruntime() -> None:
    worker = {path.stem: names(path) & {"onnxruntime", "onnxruntime-gpu"} for path in FILES[3:]}
    assert worker == {"requirements-cpu": {"onnxruntime"}, "requirements-gpu": {"onnxruntime-gpu"}}


def test_the_files_that_share_an_environment_agree() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES[:3]:
        for line in path.read_text().splitlines():
            pins.setdefault(line.split("==")[0], set()).add(line)
    # A package may have a line per Python; the files must then have the same lines.
    for path in FILES[:3]:
        text = path.read_text().splitlines()
        for name in names(path):
            assert pins[name] == {line for line in text if line.startswith(f"{name}==")}, name


def test_every_direct_dependency_has_its_reason_written_down() -> None:
    reasons = (PROJECT / "docs/decisions/0002-dependencies.md").read_text()
    wanted = set().union(*(asked_for(path.with_suffix(".in")) for path in FILES))
    assert sorted(name for name in wanted if f"`{name}`" not in reasons) == []
