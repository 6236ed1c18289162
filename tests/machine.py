"""What this machine has that a test may need: each answer is "" or why it is missing."""

from __future__ import annotations

import functools
import os
import shutil
import socket
from urllib.parse import urlsplit

POSTGRES_URL = os.environ.get("COACH_TEST_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = "redis://127.0.0.1:6379/9"
"""Database 9: the tests flush nothing that somebody keeps in database 0."""

CHROMIUM_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Names outside this machine lead nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1",
)


@functools.cache
def without_postgres() -> str:
    import psycopg

    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.OperationalError:
        parts = urlsplit(POSTGRES_URL)
        return f"PostgreSQL does not answer at {parts.hostname}:{parts.port or 5432}"
    return ""


@functools.cache
def without_redis() -> str:
    try:
        with socket.create_connection(("127.0.0.1", 6379), timeout=3) as connection:
            connection.sendall(b"PING\r\n")
            answer = connection.recv(64)
    except OSError:
        return "Redis does not answer at 127.0.0.1:6379"
    return "" if answer.startswith(b"+PONG") else "what answers at 127.0.0.1:6379 is no open Redis"


@functools.cache
def chromium() -> str:
    """The path of Chromium's program, or ""."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


def without_chromium() -> str:
    return "" if chromium() else "Chromium is not installed (no chromium on the PATH)"
