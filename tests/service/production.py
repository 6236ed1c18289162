"""The production layout as plain processes: web servers, a Celery worker, the speech worker, on PostgreSQL and
Redis, configured by the environment alone."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import secrets
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.service.served import PROJECT, free_port, wait_until

WORKER_PYTHON = PROJECT / "tts_worker" / ".venv" / "bin" / "python"


@contextlib.contextmanager
def fresh_databases(server_url: str) -> Iterator[tuple[str, str]]:
    """The URLs of two empty databases, gone afterwards: the main one and the keys'."""
    names = [f"coach_{purpose}_{uuid.uuid4().hex[:8]}" for purpose in ("main", "keys")]
    base = server_url.rsplit("/", 1)[0]
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in names:
            connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{base}/{names[0]}", f"{base}/{names[1]}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            for name in names:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def outage(server_url: str, database_url: str) -> Iterator[None]:
    """The database throws everybody out and lets nobody in."""
    name = database_url.rsplit("/", 1)[1]
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            connection.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')


@dataclass
class Installation:
    """Processes that share one configuration; every one of them is ended by ``close``."""

    environment: dict[str, str]
    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=PROJECT, env=self.environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str, *command: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            command, cwd=PROJECT, env=self.environment, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        log.close()
        self.processes[name] = process
        return process

    def start_web(self, name: str) -> str:
        """A Daphne of its own; its address."""
        port = self.ports[name] = free_port()
        self.start(name, sys.executable, "-m", "daphne", "-p", str(port), "coachsite.asgi:application")
        wait_until(lambda: self._answers(name, port), f"{name} to answer: {self.log(name)[-2000:]}")
        return f"http://127.0.0.1:{port}"

    def start_speech_worker(self) -> None:
        uri = self.environment["COACH_TTS_ADDRESS"]
        self.start("speech", str(WORKER_PYTHON), "-m", "tts_worker", "--uri", uri)
        wait_until(lambda: "ready" in self.log("speech"), "the speech worker")

    def start_celery(self) -> None:
        self.start(
            "celery", sys.executable, "-m", "celery", "-A", "coachsite", "worker", "-c", "1", "-l", "INFO"
        )
        wait_until(lambda: " ready." in self.log("celery"), "the Celery worker")

    def kill(self, name: str) -> None:
        """As a power cut would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def close(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _answers(self, name: str, port: int) -> bool:
        assert self.processes[name].poll() is None, self.log(name)[-3000:]
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


@contextlib.contextmanager
def installation(postgres: str, redis: str, folder: Path, **settings: str) -> Iterator[Installation]:
    """Migrated and seeded; nothing runs yet."""
    with fresh_databases(postgres) as (main, keys):
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("COACH_", "DJANGO_", "PYTEST_"))
        }
        environment = {
            **kept,
            "DATABASE_URL": main,
            "COACH_KEYS_URL": keys,
            "REDIS_URL": redis,
            "COACH_SECRET_KEY": secrets.token_urlsafe(40),
            "COACH_MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "COACH_DATA_DIR": str(folder / "data"),
            "COACH_TTS_ADDRESS": f"tcp://127.0.0.1:{free_port()}",
            **settings,
        }
        house = Installation(environment, folder)
        try:
            house.manage("migrate", "-v0")
            house.manage("seed_demo")
            yield house
        finally:
            house.close()
