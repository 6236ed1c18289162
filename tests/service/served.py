"""``manage.py serve`` as a real process, and every process that comes of it."""

from __future__ import annotations

import contextlib
import http.client
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PATIENCE_S = 60.0
POLL_S = 0.05


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def environment(data: Path, **settings: str) -> dict[str, str]:
    """A demo in its own folder, and nothing of what this test run is configured with."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("COACH_", "DJANGO_", "PYTEST_"))
    }
    kept = {name: value for name, value in kept.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return {**kept, "COACH_DEMO": "1", "COACH_DATA_DIR": str(data), **settings}


def manage(data: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment(data, **settings),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Served:
    """A running ``serve``. ``lines`` is what it printed so far."""

    def __init__(self, data: Path, *arguments: str, **settings: str) -> None:
        self.data = data
        self.port = int(settings.setdefault("COACH_PORT", str(free_port())))
        self.lines: list[str] = []
        data.parent.mkdir(parents=True, exist_ok=True)
        self.errors = data.parent / f"{data.name}-stderr.txt"
        self._new: queue.Queue[str | None] = queue.Queue()
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "serve", *arguments],
                cwd=PROJECT,
                env=environment(data, **settings),
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._new.put(line.rstrip("\n"))
        self._new.put(None)

    def wait_for_line(self, text: str) -> str:
        """The next line that contains the text; fails when the output ends, or nothing comes for long."""
        while True:
            line = self._new.get(timeout=PATIENCE_S)
            errors = self.errors.read_text()[-2000:]
            assert line is not None, f"it ended without saying {text!r}, but {self.lines} and {errors}"
            self.lines.append(line)
            if text in line:
                return line

    def wait_until_served(self) -> None:
        self.wait_for_line("Ctrl-C ends it.")

    def get(self, path: str = "/healthz") -> int:
        """The status that the web server answers with."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        finally:
            connection.close()

    def processes(self) -> dict[int, str]:
        """Every living process that came of this one, by what is special in its environment: id -> command."""
        return living(f"COACH_DATA_DIR={self.data}")

    def process_of(self, text: str) -> int:
        (pid,) = (pid for pid, command in self.processes().items() if text in command)
        return pid

    def stop(self, number: signal.Signals) -> int:
        """Its exit code after this signal."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(timeout=PATIENCE_S)
        assert self.process.stdout is not None
        self.process.stdout.close()


@contextlib.contextmanager
def serve(data: Path, *arguments: str, **settings: str) -> Iterator[Served]:
    served = Served(data, *arguments, **settings)
    try:
        yield served
    finally:
        served.close()


def living(mark: str) -> dict[int, str]:
    """Processes with this in their environment, but for dead ones that nobody has collected yet."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                    command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    found[int(folder.name)] = command
    return found


def wait_until(true: Callable[[], bool], what: str) -> None:
    """For what no event tells, such as the end of a process that is not our child."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, f"waited {PATIENCE_S:.0f} s for {what}"
        time.sleep(POLL_S)
