"""What ``manage.py serve`` runs: the web server and the speech worker, as children of one supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from coachsite import engines
from coachsite.supervisor import Child

MAX_MESSAGE_BYTES = 256 * 1024
"""Of a WebSocket message or frame; Daphne drops the connection beyond it, without a word. The doors take
a quarter of that and answer what is larger with an error: a mistake should not look like a lost connection."""
BACKLOG = 128
LONGEST_TEMPORARY_FOLDER = 60
"""Characters; the path of a Unix socket ends at 107 bytes."""


class CannotServe(Exception):
    """Nothing was started. The text is one line that says why, and what to do."""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there. Raises :class:`CannotServe`."""
    return all(ipaddress.ip_address(address[0]).is_loopback for *_, address in _addresses(host, 0))


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to where the web server will listen. Raises :class:`CannotServe`.

    It belongs to the supervisor, which hands it to the web server: who connects while that is starting, or
    starting again, waits instead of being refused.
    """
    family, kind, protocol, _, address = _addresses(host, port)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as exc:
        listener.close()
        raise _cannot_listen(host, port, exc) from exc
    return listener


def listen(listener: socket.socket) -> None:
    """Opens the door. Raises :class:`CannotServe`."""
    try:
        listener.listen(BACKLOG)
    except OSError as exc:
        host, port = listener.getsockname()[:2]
        raise _cannot_listen(host, port, exc) from exc


def _addresses(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as exc:
        raise CannotServe(f"COACH_HOST: {host} is no address of this machine") from exc
    # A name may have both kinds of address; the shorter one is what browsers try as well.
    return sorted(found, key=lambda entry: entry[0] != socket.AF_INET)  # type: ignore[arg-type]


def _cannot_listen(host: str, port: int, exc: OSError) -> CannotServe:
    if exc.errno == errno.EADDRINUSE:
        return CannotServe(
            f"port {port} on {host} is in use: end what uses it, or choose another with COACH_PORT"
        )
    if exc.errno == errno.EACCES:
        return CannotServe(f"port {port} may not be opened by this user: choose one above 1023 with COACH_PORT")
    return CannotServe(f"COACH_HOST: {host} is no address of this machine")


def require_migrated() -> None:
    """Raises :class:`CannotServe` where a database does not answer or is not up to date."""
    for alias in ("default", "keys"):
        try:
            executor = MigrationExecutor(connections[alias])
            behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as exc:
            raise CannotServe(
                f"the database {alias!r} does not answer: see DATABASE_URL, COACH_KEYS_URL"
            ) from exc
        if behind:
            raise CannotServe(
                f"the database {alias!r} is not up to date: run manage.py migrate, or manage.py serve --prepare"
            )


# -- the web server ----------------------------------------------------------------------------------------


def web_server(listener: socket.socket, environment: dict[str, str]) -> Child:
    """Daphne on the socket. What it has to tell is ``{"health": "" or a status line, "engines": {...}}``.

    It compresses no messages: sound does not shrink by that, and it costs CPU and memory.
    """
    domain = "INET6" if listener.family == socket.AF_INET6 else "INET"
    limit = str(MAX_MESSAGE_BYTES)
    command = [sys.executable, "-m", "daphne", "--verbosity", "0", "--no-server-name"]
    # A client whose network died says nothing: found within 20 s, so that its trainee can come back.
    command += ["--ping-interval", "10", "--ping-timeout", "10"]
    command += ["--websocket-max-message-size", limit, "--websocket-max-frame-size", limit]
    command += ["--endpoint", f"systemd:domain={domain}:name=web", "coachsite.asgi:application"]

    async def answers(output: asyncio.StreamReader) -> str:
        told = await engines.wait_until_told(output)
        return json.dumps({"health": await _first_answer(listener), "engines": told})

    return Child(
        name="web server",
        command=command,
        ready=answers,
        ready_within_s=90.0,
        drain_s=8.0,
        environment=environment,
        listen_fd=listener.fileno(),
    )


async def _first_answer(listener: socket.socket) -> str:
    """Returns once the server answers: "" if it is well, else its status line."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            status = await _status_line(host, port)
            if status.startswith("HTTP/"):
                return "" if status.split()[1] in {"200", "301", "400"} else status
        # The process that took the connection is gone; the next one may be better.
        await asyncio.sleep(0.2)


async def _status_line(host: str, port: int) -> str:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).decode("latin-1").strip()
    finally:
        writer.close()


# -- the speech worker -------------------------------------------------------------------------------------


@contextlib.contextmanager
def socket_folder() -> Iterator[Path]:
    """A folder of our own for the worker's socket, short enough for its path."""
    parent = tempfile.gettempdir()
    folder = tempfile.mkdtemp(
        prefix="coach-", dir=parent if len(parent) <= LONGEST_TEMPORARY_FOLDER else "/tmp"
    )
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def speech_worker(project: Path, address: str) -> Child:
    """The process behind the avatar's voice, in its own environment. Raises :class:`CannotServe`."""
    python = project / "tts_worker" / ".venv" / "bin" / "python"
    if not python.exists():
        raise CannotServe("the speech worker is not installed: run make demo, or set COACH_TTS=none")
    return Child(
        name="speech worker",
        command=[str(python), "-m", "tts_worker", "--uri", address, "--parent-pid", str(os.getpid())],
        ready=_ready_line,
        ready_within_s=60.0,
        drain_s=3.0,
    )


async def _ready_line(output: asyncio.StreamReader) -> str:
    """What the worker says about itself after the word ``ready``."""
    while line := await output.readline():
        words = line.decode(errors="replace").split()
        if words[:1] == ["ready"]:
            return " ".join(words[1:])
    # Its output is closed: it is ending, and whoever waits for that sees it end.
    await asyncio.Event().wait()
    return ""
