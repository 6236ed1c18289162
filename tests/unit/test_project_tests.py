"""The rules of the test suite itself hold."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guard.sitecustomize import OutsideTheMachine

PROJECT = Path(__file__).parents[2]
# From the blocks set aside for documentation: nobody's.
SOMEWHERE_V4, SOMEWHERE_V6 = "192.0.2.1", "2001:db8::1"


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, SOMEWHERE_V4), (socket.AF_INET6, SOMEWHERE_V6)], ids=["IPv4", "IPv6"]
)
def test_it_refuses_a_connection_to_another_machine(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family) as outside, pytest.raises(OutsideTheMachine, match=host):
        outside.connect((host, 443))


def test_it_refuses_a_datagram_to_another_machine() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(OutsideTheMachine):
        outside.sendto(b"hello", (SOMEWHERE_V4, 53))


def test_it_refuses_to_look_up_a_name_elsewhere() -> None:
    with pytest.raises(OutsideTheMachine, match=r"example\.test"):
        socket.getaddrinfo("example.test", 80)


def test_it_allows_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # for a short path: those of Unix sockets end at 107 bytes
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("s")
        server.listen()
        client.connect("s")
    assert socket.getaddrinfo("localhost", 80)


def test_it_guards_every_python_that_a_test_starts() -> None:
    code = f"import socket; socket.socket().connect(('{SOMEWHERE_V4}', 443))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "OutsideTheMachine" in done.stderr.splitlines()[-1]


def run_pytest(folder: Path, test: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One test file, in a suite of its own with this suite's conftest."""
    (folder / "tests" / "unit").mkdir(parents=True)
    (folder / "tests" / "service").mkdir()
    suite = ("__init__.py", "conftest.py", "houses.py", "machine.py", "guard")
    for name in (*suite, "service/__init__.py", "service/served.py"):
        (folder / "tests" / name).symlink_to(PROJECT / "tests" / name)
    (folder / "tests" / "unit" / "test_one.py").write_text(test)
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\nmarkers = ['unit']\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-p", "no:cacheprovider", "-q", "-m", "unit"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COACH_")}
    environ |= {"PYTHONPATH": str(folder), **environment}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


SKIPPED = "import pytest\n\ndef test_one():\n    pytest.skip('no such thing here')\n"


def test_a_skip_passes_where_skips_are_allowed(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, SKIPPED)
    assert (done.returncode, "1 skipped" in done.stdout) == (0, True)


def test_a_skip_fails_where_skips_are_forbidden(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, SKIPPED, COACH_TEST_NO_SKIPS="1")
    assert done.returncode == 1
    assert "forbids skips, but 1 were skipped: tests/unit/test_one.py::test_one" in done.stdout


def test_a_pass_passes_where_skips_are_forbidden(tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "def test_one():\n    assert True\n", COACH_TEST_NO_SKIPS="1")
    assert (done.returncode, "1 passed" in done.stdout) == (0, True)


def test_every_test_file_is_in_a_category() -> None:
    files = {path.relative_to(PROJECT / "tests").parts[0] for path in (PROJECT / "tests").rglob("test_*.py")}
    assert files <= {"unit", "db", "engine", "service", "browser"}


def test_no_test_measures_how_long_something_takes() -> None:
    """It depends on the machine and its load: ``make bench`` measures, and tests hold anywhere."""
    stopwatches = ("perf" + "_counter", "process" + "_time", "thread" + "_time")
    files = (PROJECT / "tests").rglob("*.py")
    assert [path.name for path in files if any(one in path.read_text() for one in stopwatches)] == []
