"""``manage.py serve`` on one machine: what it starts, what it says, and that nothing of it stays."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.served import PROJECT, environment, free_port, living, manage, serve, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and needs PR_SET_PDEATHSIG")

ACCOUNTS = ["  admin@demo.test", "  coach@demo.test", "  trainee@demo.test"]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo that ran once."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    with serve(data, "--prepare") as served:
        served.wait_until_served()
        assert served.stop(signal.SIGTERM) == 0
    return data


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(prepared, tmp_path / "data"))


def people(data: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(data / "coachsite.sqlite3") as database:
        rows = database.execute("SELECT id, email, password FROM accounts_user ORDER BY id").fetchall()
    database.close()
    return rows


def test_it_says_where_it_is_with_which_engines_and_accounts_and_answers(tmp_path: Path) -> None:
    with serve(tmp_path / "data", "--prepare") as served:
        served.wait_until_served()
        assert f"Coachsite is at http://127.0.0.1:{served.port}" in served.lines
        said = [line.split()[0] for line in served.lines if line.startswith("  ")]
        assert said == ["hearing", "transcript", "answers", "voice", *(line.strip() for line in ACCOUNTS)]
        (voice,) = (line for line in served.lines if line.startswith("  voice"))
        assert "espeak" in voice
        assert "Sign in with the password demo as" in served.lines
        assert served.get() == 200
        assert len(served.processes()) == 3  # itself, the web server and the speech worker


def test_a_second_start_keeps_people_passwords_and_keys(data: Path) -> None:
    before = (people(data), (data / "secret_key").read_text(), (data / "master_key").read_text())
    with serve(data, "--prepare") as served:
        served.wait_until_served()
    assert (people(data), (data / "secret_key").read_text(), (data / "master_key").read_text()) == before
    assert sorted(email for _, email, _ in before[0]) == [line.strip() for line in ACCOUNTS]


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name
)
def test_a_stop_signal_ends_every_process_it_started(data: Path, number: signal.Signals) -> None:
    with serve(data) as served:
        served.wait_until_served()
        assert served.stop(number) == 0
        assert served.processes() == {}
        socket.create_server(("127.0.0.1", served.port)).close()


def test_a_stop_signal_while_it_starts_ends_every_process_too(data: Path) -> None:
    with serve(data) as served:
        served.wait_for_line("Starting ...")
        wait_until(lambda: len(served.processes()) > 1, "its first child")
        assert served.stop(signal.SIGTERM) == 0
        assert served.processes() == {}


def test_two_signals_at_once_are_one(data: Path) -> None:
    """As make passes SIGTERM on to what a terminal, or a service manager, has already signalled."""
    with serve(data) as served:
        served.wait_until_served()
        served.process.send_signal(signal.SIGTERM)
        assert served.stop(signal.SIGTERM) == 0
        assert served.processes() == {}


def test_who_comes_while_a_killed_web_server_is_started_again_waits_and_is_served(data: Path) -> None:
    with serve(data) as served:
        served.wait_until_served()
        killed = served.process_of("daphne")
        os.kill(killed, signal.SIGKILL)
        assert served.get() == 200
        assert served.wait_for_line("web server ended").endswith("(signal SIGKILL); starting it again in 0.5 s")
        served.wait_for_line("the web server is back")
        assert served.process_of("daphne") != killed


def test_a_killed_speech_worker_is_back_at_the_same_address(data: Path) -> None:
    with serve(data) as served:
        served.wait_until_served()
        killed = served.process_of("tts_worker")
        before = served.processes()[killed]
        os.kill(killed, signal.SIGKILL)
        served.wait_for_line("the speech worker is back")
        assert served.processes()[served.process_of("tts_worker")] == before
        assert served.process_of("tts_worker") != killed


def test_nothing_is_left_of_a_supervisor_that_was_killed(data: Path) -> None:
    with serve(data) as served:
        served.wait_until_served()
        assert served.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: served.processes() == {}, "the end of its children")


def test_it_serves_without_a_speech_worker_where_none_is_wanted(data: Path) -> None:
    with serve(data, COACH_TTS="none") as served:
        served.wait_until_served()
        assert "  voice       none" in served.lines
        assert len(served.processes()) == 2


def run(data: Path, *arguments: str, **settings: str) -> tuple[int, list[str]]:
    """Exit code and standard error of a start that comes to nothing."""
    done = manage(data, "serve", *arguments, **settings)
    assert "Starting" not in done.stdout
    return done.returncode, done.stderr.splitlines()


def test_a_port_in_use_is_one_clear_line(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = f"port {port} on 127.0.0.1 is in use: end what uses it, or choose another with COACH_PORT"
        assert run(data, COACH_PORT=str(port)) == (1, [f"CommandError: {line}"])


def test_a_second_server_finds_the_port_in_use_before_it_touches_the_data(data: Path, tmp_path: Path) -> None:
    with serve(data) as served:
        served.wait_until_served()
        code, lines = run(tmp_path / "other", "--prepare", COACH_PORT=str(served.port))
        assert (code, len(lines)) == (1, 1)
        assert not (tmp_path / "other" / "coachsite.sqlite3").exists()
        assert served.get() == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_refuses_other_machines_while_a_demo_password_is_in_use(data: Path, host: str) -> None:
    line = (
        f"COACH_HOST: {host} can be reached from other machines, and a demo account still has the password "
        "'demo', which everybody knows: give the demo accounts other passwords, or serve on 127.0.0.1"
    )
    assert run(data, COACH_HOST=host, COACH_PORT=str(free_port())) == (1, [f"CommandError: {line}"])


def test_it_refuses_other_machines_on_the_very_first_start_too(tmp_path: Path) -> None:
    code, lines = run(tmp_path / "data", "--prepare", COACH_HOST="0.0.0.0", COACH_PORT=str(free_port()))
    assert (code, len(lines)) == (1, 1)


def test_it_listens_to_other_machines_once_the_passwords_are_changed(data: Path) -> None:
    code = (
        "from accounts.models import User\n"
        "for user in User.everyone.all(): user.set_password('correct horse battery'); user.save()"
    )
    assert manage(data, "shell", "--no-imports", "-c", code).returncode == 0
    with serve(data, COACH_HOST="0.0.0.0") as served:
        served.wait_until_served()
        assert served.get() == 200
        assert [line for line in served.lines if "demo" in line] == []


def test_it_serves_on_ipv6_too(data: Path) -> None:
    with serve(data, COACH_HOST="::1", COACH_TTS="none") as served:
        served.wait_until_served()
        assert f"Coachsite is at http://[::1]:{served.port}" in served.lines


def test_a_database_that_is_behind_is_one_clear_line(tmp_path: Path) -> None:
    line = "the database 'default' is not up to date: run manage.py migrate, or manage.py serve --prepare"
    assert run(tmp_path / "data", COACH_PORT=str(free_port())) == (1, [f"CommandError: {line}"])


def test_a_host_that_is_not_this_machine_is_one_clear_line(data: Path) -> None:
    line = "COACH_HOST: 192.0.2.1 is no address of this machine"
    assert run(data, COACH_HOST="192.0.2.1", COACH_PORT=str(free_port())) == (1, [f"CommandError: {line}"])


def test_a_setting_that_cannot_be_parsed_is_one_line_and_code_2(data: Path) -> None:
    code, lines = run(data, COACH_PORT="eighty")
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith("error: COACH_PORT: allowed is a whole number from 1 to 65535")


def test_make_passes_a_stop_on(data: Path) -> None:
    """Ctrl-C in a terminal reaches make and what it runs; SIGTERM to make alone is passed on by it."""
    port = str(free_port())
    makefile = data / "Makefile"
    makefile.write_text(f"demo:\n\t@cd {PROJECT} && exec {sys.executable} manage.py serve\n")
    make = subprocess.Popen(
        ["make", "-f", str(makefile), "demo"],
        env=environment(data, COACH_PORT=port),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert make.stdout is not None
    with make.stdout:
        for line in make.stdout:
            if "Ctrl-C ends it." in line:
                os.killpg(make.pid, signal.SIGINT)
    assert make.wait(timeout=30) != 0  # make's own: it was interrupted
    assert living(f"COACH_DATA_DIR={data}") == {}
