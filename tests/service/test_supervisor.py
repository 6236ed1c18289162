"""The supervisor with small programs as children: what it does when they crash, hang or leave others behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from coachsite.supervisor import Child, StartFailed, Supervisor
from tests.service.served import living

READY = "print('ready as can be', flush=True)\n"
FOR_EVER = "signal.pause()\n"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


async def first_line(output: asyncio.StreamReader) -> str:
    line = (await output.readline()).decode().strip()
    if not line:
        await asyncio.Event().wait()
    return line


def child(folder: Path, name: str, code: str, *, ready_within_s: float = 20.0, drain_s: float = 10.0) -> Child:
    return Child(
        name=name,
        command=[sys.executable, "-c", "import os, signal, sys, time\n" + code],
        ready=first_line,
        ready_within_s=ready_within_s,
        drain_s=drain_s,
        environment={"SUPERVISED_IN": str(folder)},
    )


def left(folder: Path) -> dict[int, str]:
    return living(f"SUPERVISED_IN={folder}")


def stop_me() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def supervise(
    folder: Path, *children: Child, on_ready: Callable[[dict[str, str]], None], until: str = ""
) -> list[str]:
    """What it said until it said this."""
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if until and until in line:
            stop_me()

    Supervisor(children, on_ready=on_ready, say=say, folder=folder).run()
    return said


def test_it_tells_what_each_child_told_and_ends_them_in_order(tmp_path: Path) -> None:
    told: list[dict[str, str]] = []
    ended = tmp_path / "ended"

    def farewell(name: str) -> str:
        handler = f"lambda *_: (open({str(ended)!r}, 'a').write('{name} '), sys.exit(0))"
        return f"signal.signal(signal.SIGTERM, {handler})\n"

    def on_ready(lines: dict[str, str]) -> None:
        told.append(lines)
        stop_me()

    first = child(tmp_path, "first", farewell("first") + READY + FOR_EVER)
    second = child(tmp_path, "second", farewell("second") + READY + FOR_EVER)
    assert supervise(tmp_path, first, second, on_ready=on_ready) == []
    assert told == [{"first": "ready as can be", "second": "ready as can be"}]
    assert ended.read_text() == "first second "
    assert left(tmp_path) == {}


def test_it_kills_a_child_that_does_not_heed_and_whatever_that_started(tmp_path: Path) -> None:
    deaf = child(tmp_path, "deaf", DEAF + "os.fork()\n" + READY + "while True: time.sleep(60)\n", drain_s=0.2)
    running: list[int] = []

    def on_ready(_: dict[str, str]) -> None:
        running.append(len(left(tmp_path)))
        stop_me()

    supervise(tmp_path, deaf, on_ready=on_ready)
    assert running == [2]
    assert left(tmp_path) == {}


def test_it_pauses_longer_after_each_crash(tmp_path: Path) -> None:
    """The first time it is well, then it never comes back."""
    mark = tmp_path / "mark"
    code = f"first = not os.path.exists({str(mark)!r})\nopen({str(mark)!r}, 'w').close()\n"
    crashing = child(tmp_path, "thing", code + f"if first:\n    {READY}" + "sys.exit(3)\n")
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if (pause := re.search(r"again in (\S+) s", line)) is None:
            return
        if pause[1] == "2":
            stop_me()
        else:  # due a moment before the pause is over, and a loop's timers go off in the order they are due
            nearly_s = float(pause[1]) * 0.99
            asyncio.get_running_loop().call_later(nearly_s, said.append, f"{pause[1]} s later")

    Supervisor([crashing], on_ready=lambda _: None, say=say, folder=tmp_path).run()
    assert said == [
        "the thing ended (exit code 3); starting it again in 0.5 s",
        "0.5 s later",
        "the thing did not start (exit code 3); its messages are above",
        "the thing ended (exit code 3); starting it again in 1 s",
        "1 s later",
        "the thing did not start (exit code 3); its messages are above",
        "the thing ended (exit code 3); starting it again in 2 s",
    ]
    assert left(tmp_path) == {}


def test_a_child_that_crashes_once_is_back(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code = f"first = not os.path.exists({str(mark)!r})\nopen({str(mark)!r}, 'w').close()\n{READY}"
    once = child(tmp_path, "thing", code + "if first: os.abort()\n" + FOR_EVER)
    assert supervise(tmp_path, once, on_ready=lambda _: None, until="is back") == [
        "the thing ended (signal SIGABRT); starting it again in 0.5 s",
        "the thing is back",
    ]
    assert left(tmp_path) == {}


def test_a_child_that_fails_at_the_start_ends_the_others(tmp_path: Path) -> None:
    well, ill = child(tmp_path, "well one", READY + FOR_EVER), child(tmp_path, "ill one", "sys.exit(4)\n")
    with pytest.raises(StartFailed, match=r"^the ill one did not start \(exit code 4\)"):
        supervise(tmp_path, well, ill, on_ready=lambda _: None)
    assert left(tmp_path) == {}


def test_a_child_that_is_silent_for_too_long_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartFailed, match=r"^the mute one was not ready within 1 s$"):
        supervise(tmp_path, child(tmp_path, "mute one", FOR_EVER, ready_within_s=1), on_ready=lambda _: None)
    assert left(tmp_path) == {}


def test_a_child_that_prints_a_lot_later_is_not_held_up(tmp_path: Path) -> None:
    """Nobody reads a pipe that is full."""
    done = tmp_path / "done"
    loud = child(
        tmp_path, "loud one", READY + f"print('x' * 1_000_000)\nopen({str(done)!r}, 'w')\nos.abort()\n"
    )
    supervise(tmp_path, loud, on_ready=lambda _: None, until="SIGABRT")
    assert done.exists()
