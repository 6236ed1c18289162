"""The pages, as a browser asks a served site for them, where a person has 1,000 conversations.

A real ``manage.py serve`` on loopback with SQLite, in a temporary folder; one request after the other on one
connection, each counted from its first byte sent to the last one received.
"""

from __future__ import annotations

import http.client
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.clips import Clip
from benchmarks.tables import Column, LeftOut, Table
from memory.records import TimedWord, TurnRecord

TITLE = "Pages"
COLUMNS = (
    Column("page", "page"),
    Column("who", "seen by"),
    Column("p50_ms", "p50 ms"),
    Column("p95_ms", "p95 ms"),
    Column("kb", "kB"),
)
NOTE = "Target: p95 at most 100 ms with 1,000 conversations of one trainee, twelve turns and a report each."
CONVERSATIONS = 1000
TURNS = 12
ROUNDS = 60
READY_WITHIN_S = 60.0
PROJECT = Path(__file__).parents[1]
TRAINEE, COACH, ADMIN = "trainee@demo.test", "coach@demo.test", "admin@demo.test"

Row = dict[str, object]


def run_part(_clip: Clip) -> Table:
    """Raises LeftOut if the server does not come up."""
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="coach-") as folder:
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
            known = pool.submit(fill, folder).result()
        with served(folder) as port:
            rows = [row for who, paths in pages(known).items() for row in measure(port, who, paths)]
    return Table(TITLE, COLUMNS, rows, NOTE)


def pages(known: dict[str, str]) -> dict[str, dict[str, str]]:
    """What is asked for, by whom: path by name."""
    return {
        TRAINEE: {
            "home": "/",
            "history": "/history/",
            "history, page 40": "/history/?page=40",
            "report": f"/reports/{known['done']}/",
            "room": f"/conversations/{known['open']}/",
            "sound check": "/sound-check/",
            "profile": "/profile/",
        },
        COACH: {
            "team": "/team/",
            "team, page 40": "/team/?page=40",
            "a trainee's report": f"/reports/{known['done']}/",
        },
        ADMIN: {
            "admin": "/admin/",
            "scenarios": "/admin/avatars/scenario/",
            "one scenario": f"/admin/avatars/scenario/{known['scenario']}/change/",
            "avatars": "/admin/avatars/avatar/",
            "people": "/admin/accounts/user/",
        },
    }


# -- what there is -------------------------------------------------------------------------------------------


def fill(folder: str) -> dict[str, str]:
    """A seeded demo whose trainee has practised a lot; ids that pages are asked for with."""
    for name in [name for name in os.environ if name.startswith("COACH_")] + ["DATABASE_URL", "REDIS_URL"]:
        os.environ.pop(name, None)
    os.environ |= {**_settings(folder), "DJANGO_SETTINGS_MODULE": "coachsite.settings"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    return _rehearse()


def _settings(folder: str) -> dict[str, str]:
    return {"COACH_DATA_DIR": folder, "COACH_DEMO": "1"}


def _rehearse() -> dict[str, str]:
    from django.db import transaction
    from django.utils import timezone

    from accounts.models import User
    from accounts.scoping import organization_scope
    from avatars.models import Scenario
    from memory.conversations import record_turn, start_conversation
    from memory.models import Conversation
    from reports.analysis import analyse

    trainee = User.everyone.get(email=TRAINEE)
    with organization_scope(trainee.organization_id):
        scenarios = list(Scenario.objects.all())
        for number in range(CONVERSATIONS):
            began = timezone.now() - timedelta(hours=3 * (CONVERSATIONS - number))
            with transaction.atomic():
                conversation = start_conversation(
                    trainee=trainee, scenario_slug=scenarios[number % len(scenarios)].slug
                )
                for seq in range(1, TURNS + 1):
                    record_turn(conversation_id=conversation.pk, record=_turn(seq))
                Conversation.objects.filter(pk=conversation.pk).update(
                    status="ended",
                    started_at=began,
                    ended_at=began + timedelta(minutes=2),
                    end_reason="hung_up",
                )
                analyse(conversation_id=conversation.pk)
        open_one = start_conversation(trainee=trainee, scenario_slug=scenarios[0].slug)
    return {"done": str(conversation.pk), "open": str(open_one.pk), "scenario": str(scenarios[0].pk)}


def _turn(seq: int) -> TurnRecord:
    text = (
        "Um, I am very sorry that this happened to you, and I would like to find out what we can do about it."
    )
    words, start_ms = text.split(), seq * 10_000.0
    return TurnRecord(
        seq=seq,
        speaker="trainee" if seq % 2 else "avatar",
        kind="speech" if seq % 2 else "reply",
        text=text,
        started_ms=start_ms,
        ended_ms=start_ms + 350.0 * len(words),
        words=tuple(
            TimedWord(word, start_ms + 350.0 * at, start_ms + 350.0 * at + 300.0)
            for at, word in enumerate(words)
        ),
    )


# -- the site ------------------------------------------------------------------------------------------------


@contextmanager
def served(folder: str) -> Iterator[int]:
    """``manage.py serve`` on a free port of loopback. Raises LeftOut."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COACH_")}
    for name in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"):
        kept.pop(name, None)
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=PROJECT,
        env={**kept, **_settings(folder), "COACH_PORT": str(port), "COACH_TTS": "none"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise LeftOut("the web server did not start")


class Visitor:
    """One person's browser, as far as requests go."""

    def __init__(self, port: int, email: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._cookies: dict[str, str] = {}
        self.get("/accounts/login/")
        form = {"login": email, "password": "demo", "csrfmiddlewaretoken": self._cookies["csrftoken"]}
        status, _ = self._ask("POST", "/accounts/login/", urlencode(form))
        if status != 302:
            raise LeftOut(f"nobody could sign in: status {status}")

    def get(self, path: str) -> tuple[int, int]:
        """Status and bytes."""
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: str | None) -> tuple[int, int]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            if found := re.match(r"([^=]+)=([^;]*)", line):
                self._cookies[found[1]] = found[2]
        return answer.status, len(content)


def measure(port: int, who: str, paths: dict[str, str]) -> Iterator[Row]:
    visitor = Visitor(port, who)
    for name, path in paths.items():
        visitor.get(path)  # templates are compiled once per process
        spans, size = [], 0
        for _ in range(ROUNDS):
            began_s = time.perf_counter()
            status, size = visitor.get(path)
            spans.append((time.perf_counter() - began_s) * 1000)
            if status != 200:
                raise LeftOut(f"{name} answers with status {status}")
        spans.sort()
        yield {
            "page": name,
            "who": who.partition("@")[0],
            "p50_ms": round(spans[ROUNDS // 2], 1),
            "p95_ms": round(spans[ROUNDS * 95 // 100], 1),
            "kb": round(size / 1000, 1),
        }
