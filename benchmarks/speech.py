"""The speech worker behind its socket: from the phrase to its first sound, and to its last."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.clips import SENTENCE, WORKER_PYTHON, Clip
from benchmarks.tables import Column, LeftOut, Table
from voice.audio import duration_ms
from voice.engines.base import Voice
from voice.engines.tts_wyoming import WyomingTts

TITLE = "Text to speech, embedded, over the socket"
COLUMNS = (
    Column("phrase", "phrase"),
    Column("first_p50_ms", "first sound p50 ms"),
    Column("first_max_ms", "max"),
    Column("all_p50_ms", "all of it p50 ms"),
    Column("sound_s", "s of sound"),
)
ROUNDS = 20
READY_WITHIN_S = 20.0


def run_part(_clip: Clip) -> Table:
    """Raises LeftOut without the worker's environment."""
    if not WORKER_PYTHON.is_file():
        raise LeftOut("the speech worker's environment is not there: make demo installs it")
    return Table(TITLE, COLUMNS, asyncio.run(_with_worker()))


async def _with_worker() -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="coach-") as folder:
        address = f"unix://{Path(folder) / 's.sock'}"
        worker = await asyncio.create_subprocess_exec(
            str(WORKER_PYTHON), "-m", "tts_worker", "--uri", address, "--engine", "espeak",
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            assert worker.stdout is not None
            async with asyncio.timeout(READY_WITHIN_S):
                ready = await worker.stdout.readline()
            if not ready.startswith(b"ready"):
                raise LeftOut("the speech worker did not start")
            return await _measure(WyomingTts(address))
        finally:
            if worker.returncode is None:
                worker.terminate()
            await worker.wait()


async def _measure(tts: WyomingTts) -> list[dict[str, object]]:
    await tts.warm_up()
    phrases = {"the first of a reply": True, "a further one": False}
    rows = []
    for title, fresh in phrases.items():
        rounds = [await _say(tts, fresh=fresh) for _ in range(ROUNDS)]
        firsts, alls, sound_ms = ([one[at] for one in rounds] for at in range(3))
        rows.append(
            {
                "phrase": title,
                "first_p50_ms": round(sorted(firsts)[ROUNDS // 2], 2),
                "first_max_ms": round(max(firsts), 2),
                "all_p50_ms": round(sorted(alls)[ROUNDS // 2], 2),
                "sound_s": round(sound_ms[0] / 1000, 2),
            }
        )
    await tts.aclose()
    return rows


async def _say(tts: WyomingTts, *, fresh: bool) -> tuple[float, float, float]:
    """Ms to the first sound, ms to the last, ms of sound; ``fresh``: on a connection of its own."""
    reply = tts.open(Voice())
    if not fresh:
        async for _ in reply.speak("Well."):
            pass
    began_s = time.perf_counter()
    first_ms: float | None = None
    size = 0
    async for piece in reply.speak(SENTENCE):
        if piece.pcm and first_ms is None:
            first_ms = (time.perf_counter() - began_s) * 1000
        size += len(piece.pcm)
    all_ms = (time.perf_counter() - began_s) * 1000
    sound_ms = duration_ms(size, reply.sample_rate)
    await reply.aclose()
    return first_ms or all_ms, all_ms, sound_ms
