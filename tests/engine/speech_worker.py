"""The real speech worker as a process of its own, for tests that need a voice."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PYTHON = PROJECT / "tts_worker" / ".venv" / "bin" / "python"
END_TIMEOUT_S = 60.0


@contextmanager
def speech_worker() -> Iterator[str]:
    """Starts the worker; yields its address; ends it."""
    with short_folder() as folder:
        address = f"unix://{folder}/s"
        with running(address):
            yield address


@contextmanager
def running(address: str) -> Iterator[subprocess.Popen[str]]:
    """The worker at this address, ready. It may be killed meanwhile."""
    process = start(address)
    try:
        yield process
    finally:
        end(process)


def start(address: str, *options: str) -> subprocess.Popen[str]:
    """Start the worker and wait for its ready line; a worker that ends instead raises with what it wrote."""
    assert PYTHON.exists(), "The speech worker's environment is missing: run make test, which sets it up."
    process = subprocess.Popen(
        [str(PYTHON), "-m", "tts_worker", "--uri", address, *options],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("ready "):
        end(process)
        raise AssertionError(f"The speech worker did not start (code {process.returncode}).")
    return process


def end(process: subprocess.Popen[str]) -> int:
    """SIGTERM; the exit code."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.wait(END_TIMEOUT_S)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path leaves room for a Unix socket's 107 bytes, wherever TMPDIR points."""
    with tempfile.TemporaryDirectory(prefix="cs-", dir="/tmp") as folder:
        yield Path(folder)
