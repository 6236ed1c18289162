"""scripts/environment.py makes environments whole or not at all; the Makefile refuses a Python it can't use."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.service.served import wait_until

PROJECT = Path(__file__).parents[2]
STAMP = "coachsite-installed.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two requirement files and an index of its own: a folder of wheels."""
    for name in ("one", "two"):
        wheel(tmp_path, name, "1.0")
        (tmp_path / f"{name}.txt").write_text(f"coach-{name}==1.0\n")
    return tmp_path


def wheel(folder: Path, name: str, version: str) -> None:
    """A package with one module, as pip takes it."""
    package, info = f"coach_{name}", f"coach_{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{package}-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{package}.py", f"VERSION = '{version}'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: coach-{name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        files = (f"{package}.py", f"{info}/METADATA", f"{info}/WHEEL", f"{info}/RECORD")
        archive.writestr(f"{info}/RECORD", "".join(f"{file},,\n" for file in files))


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(PROJECT / "scripts/environment.py"), *arguments]


def environ(folder: Path) -> dict[str, str]:
    return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=folder, env=environ(folder), capture_output=True, text=True, check=False
    )


def installed(folder: Path) -> dict[str, str]:
    """The version of each of the two packages that can be imported there."""
    code = (
        "import importlib.util as u, importlib as i, json\n"
        "names = [n for n in ('one', 'two') if u.find_spec('coach_' + n)]\n"
        "print(json.dumps({n: i.import_module('coach_' + n).VERSION for n in names}))"
    )
    python = folder / "env" / "bin" / "python"
    told = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout))


def test_it_installs_what_is_missing_and_then_nothing(folder: Path) -> None:
    first = make(folder, "env", "one.txt")
    assert (first.returncode, "Installing one.txt into env" in first.stdout) == (0, True)
    assert installed(folder) == {"one": "1.0"}
    (folder / "coach_one-1.0-py3-none-any.whl").unlink()  # nothing to install it from any more
    again = make(folder, "env", "one.txt")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_it_adds_a_file_and_follows_a_changed_one(folder: Path) -> None:
    assert make(folder, "env", "one.txt").returncode == 0
    wheel(folder, "one", "2.0")
    (folder / "one.txt").write_text("coach-one==2.0\n")
    assert make(folder, "env", "one.txt", "two.txt").returncode == 0
    assert installed(folder) == {"one": "2.0", "two": "1.0"}
    # Asked for less, it takes nothing away.
    assert make(folder, "env", "one.txt").stdout == ""
    assert installed(folder) == {"one": "2.0", "two": "1.0"}


def test_with_only_it_holds_nothing_else(folder: Path) -> None:
    assert make(folder, "--only", "env", "one.txt").returncode == 0
    assert make(folder, "--only", "env", "two.txt").returncode == 0
    assert installed(folder) == {"two": "1.0"}


def test_it_makes_anew_what_was_cut_off(folder: Path) -> None:
    """Killed in the middle, with a package half there."""
    assert make(folder, "env", "one.txt").returncode == 0
    (folder / "env" / STAMP).unlink()
    (folder / "env.installing").touch()
    (debris,) = (folder / "env" / "lib").glob("python3*/site-packages/coach_one.py")
    debris.with_name("coach_two.py").write_text("VERSION = 'half'\n")
    assert make(folder, "env", "one.txt").returncode == 0
    assert installed(folder) == {"one": "1.0"}
    assert not (folder / "env.installing").exists()


def test_a_kill_in_the_middle_is_mended_by_the_next_run(folder: Path) -> None:
    running = subprocess.Popen(
        command("env", "one.txt"), cwd=folder, env=environ(folder), stdout=subprocess.PIPE
    )
    wait_until(lambda: (folder / "env.installing").exists(), "the beginning of the installation")
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert not (folder / "env" / STAMP).exists()
    assert make(folder, "env", "one.txt").returncode == 0
    assert installed(folder) == {"one": "1.0"}


def test_two_at_once_install_once(folder: Path) -> None:
    both = [
        subprocess.Popen(
            command("env", "one.txt"), cwd=folder, env=environ(folder), stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Installing" in text for text in said) == 1
    assert installed(folder) == {"one": "1.0"}


def test_what_pip_cannot_find_is_said_and_the_rest_stays_usable(folder: Path) -> None:
    assert make(folder, "env", "one.txt").returncode == 0
    (folder / "two.txt").write_text("coach-two==9.9\n")
    failed = make(folder, "env", "one.txt", "two.txt")
    assert failed.returncode == 1
    last = failed.stderr.splitlines()[-1]
    assert last == "error: pip could not install two.txt (see above): does it reach a package index?"
    assert make(folder, "env", "one.txt").stdout == ""
    assert installed(folder) == {"one": "1.0"}


def test_a_linked_environment_is_somebody_elses(folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    (folder / "env").symlink_to(folder / "elsewhere")
    assert make(folder, "env", "one.txt").returncode == 0
    assert list((folder / "elsewhere").iterdir()) == []


# -- which Python --------------------------------------------------------------------------------------------


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A PATH with the tools that make needs, and no Python."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("make", "sh", "awk", "env"):
        path = shutil.which(name)
        assert path
        (tools / name).symlink_to(path)
    return tools


def pretend(folder: Path, name: str, prints: str) -> None:
    """A program that answers whatever it is asked with this."""
    (folder / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
    (folder / name).chmod(0o755)


def demo(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", "demo", *arguments],
        cwd=PROJECT,
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("prints", "found"),
    [
        ("python-3.10", "python3 is 3.10"),
        ("python-3.14", "python3 is 3.14"),
        ("python-3.9", "python3 is 3.9"),
        ("Python 3.12.1", "none found"),
    ],
)
def test_an_unsupported_python_is_one_clear_line(bin_folder: Path, prints: str, found: str) -> None:
    pretend(bin_folder, "python3", prints)
    done = demo(bin_folder)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"Coachsite needs Python 3.11, 3.12 or 3.13 ({found})" in line


def test_no_python_at_all_is_one_clear_line(bin_folder: Path) -> None:
    done = demo(bin_folder)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)


def test_a_named_python_that_is_not_supported_is_one_clear_line(bin_folder: Path) -> None:
    pretend(bin_folder, "python3", "python-3.12")
    pretend(bin_folder, "python-old", "python-3.8")
    done = demo(bin_folder, "PYTHON=python-old")
    assert done.returncode == 2
    assert "(python-old is 3.8)" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_it_takes_the_first_supported_one(bin_folder: Path, minor: int) -> None:
    pretend(bin_folder, "python3", "python-3.14")
    pretend(bin_folder, f"python3.{minor}", f"python-3.{minor}")
    done = subprocess.run(
        [str(PROJECT / "scripts/find-python")],
        env={"PATH": str(bin_folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(bin_folder / f"python3.{minor}")
