"""What a turn costs to keep: handed to the recorder, sealed by the vault, written to SQLite.

In a process of its own, with a database of its own in a temporary folder.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor

from benchmarks.clips import SENTENCE, Clip
from benchmarks.tables import Column, Table
from memory.records import TimedWord, TurnRecord

TITLE = "Keeping a turn"
COLUMNS = (Column("what", "what"), Column("p50_ms", "p50 ms"), Column("p95_ms", "p95 ms"))
ROUNDS = 200

Row = dict[str, object]


def run_part(_clip: Clip) -> Table:
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="coach-") as folder,
        ProcessPoolExecutor(max_workers=1, mp_context=context) as pool,
    ):
        rows = pool.submit(measure, folder).result()
    return Table(TITLE, COLUMNS, rows, "The first is all that the event loop does; the rest is for a thread.")


def measure(folder: str) -> list[Row]:
    """In the other process: sets up Django on this folder."""
    for name in [name for name in os.environ if name.startswith("COACH_")] + ["DATABASE_URL", "REDIS_URL"]:
        os.environ.pop(name, None)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "coachsite.settings",
        "COACH_DATA_DIR": folder,
        "COACH_DEMO": "1",
    }
    # Django's modules can be imported once it knows its settings.
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    return list(_rows(_conversation()))


def _conversation() -> uuid.UUID:
    from accounts.models import Organization, User
    from accounts.scoping import organization_scope
    from avatars.publishing import import_sheet, publish
    from avatars.sheets import AvatarSheet, ScenarioSheet
    from memory.conversations import start_conversation

    here = Organization.objects.create(name="Here", slug="here")
    trainee = User.everyone.create_user("trainee@here.test", "a good secret", organization=here)
    avatar = AvatarSheet(slug="ann", name="Ann", persona="You are Ann.")
    with organization_scope(here):
        sheet = ScenarioSheet(slug="bench", title="Bench", avatar=avatar, brief="-", situation="-")
        publish(scenario=import_sheet(organization=here, sheet=sheet))
    return start_conversation(trainee=trainee, scenario_slug="bench").pk


def turn(seq: int) -> TurnRecord:
    texts = SENTENCE.split()
    words = tuple(TimedWord(text, at * 300.0, at * 300.0 + 280.0) for at, text in enumerate(texts))
    return TurnRecord(
        seq, "trainee", "speech", SENTENCE, 0.0, 300.0 * len(texts), words=words, timings={"stt_ms": 100.0}
    )


def _rows(conversation_id: uuid.UUID) -> Iterator[Row]:
    from accounts import vault
    from memory.conversations import record_turn

    yield _row("handed to the recorder", asyncio.run(_handed_over(conversation_id)))
    person, text = uuid.uuid4(), SENTENCE.encode() * 3
    yield _row("text and words sealed", _timed(lambda _seq: [vault.seal(person, "bench", text) for _ in "123"]))
    yield _row(
        "written, sealing included",
        _timed(lambda seq: record_turn(conversation_id=conversation_id, record=turn(1000 + seq))),
    )
    yield _row(
        "written again, changed",
        _timed(lambda _seq: record_turn(conversation_id=conversation_id, record=turn(1000))),
    )


async def _handed_over(conversation_id: uuid.UUID) -> list[float]:
    from voice.recorder import Recorder

    def lost(reason: str) -> None:
        raise RuntimeError(f"the turn was not kept: {reason}")

    recorder = Recorder(conversation_id, owner="", on_lost=lost)
    run = asyncio.create_task(recorder.run())
    spans = []
    for seq in range(1, ROUNDS + 1):
        record = turn(seq)
        began_s = time.perf_counter()
        recorder.record(record)
        spans.append((time.perf_counter() - began_s) * 1000)
        await recorder.drain()
    run.cancel()
    return spans


def _timed(work: Callable[[int], object]) -> list[float]:
    spans = []
    for seq in range(ROUNDS):
        began_s = time.perf_counter()
        work(seq)
        spans.append((time.perf_counter() - began_s) * 1000)
    return spans


def _row(what: str, spans: list[float]) -> Row:
    ordered = sorted(spans)
    p50, p95 = ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]
    return {"what": what, "p50_ms": round(p50, 4), "p95_ms": round(p95, 4)}
