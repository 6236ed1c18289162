"""What a window of 32 ms costs Silero: alone, and with those of many conversations in one call.

Through the engine's border, gathering and callbacks included, as the loop uses it.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.clips import Clip
from benchmarks.tables import Column, Table
from voice.engines.vad_silero import SileroVad

TITLE = "Speech detection"
COLUMNS = (
    Column("streams", "windows in one call"),
    Column("ms_per_window", "ms a window"),
    Column("cpu_s_per_minute", "CPU-s a minute of sound"),
)
BATCHES = (1, 8, 32, 50)
WINDOWS_PER_MINUTE = 60_000 / 32


def run_part(clip: Clip) -> Table:
    """``clip`` must be at 16 kHz."""
    return Table(TITLE, COLUMNS, asyncio.run(_measure(clip)))


async def _measure(clip: Clip) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for batch in BATCHES:
        vad = SileroVad()
        await vad.warm_up()
        ms = await _ms_per_window(vad, clip, batch)
        rows.append(
            {
                "streams": batch,
                "ms_per_window": round(ms, 3),
                "cpu_s_per_minute": round(ms * WINDOWS_PER_MINUTE / 1000, 2),
            }
        )
        await vad.aclose()
    return rows


async def _ms_per_window(vad: SileroVad, clip: Clip, batch: int) -> float:
    left = 0
    all_done = asyncio.Event()

    def count(_probability: float) -> None:
        nonlocal left
        left -= 1
        if not left:
            all_done.set()

    streams = [vad.open(count) for _ in range(batch)]
    size = vad.window_samples
    windows = [clip.samples[at : at + size] for at in range(0, len(clip.samples) - size + 1, size)]
    spent_s = 0.0
    for window in windows:
        left = batch
        all_done.clear()
        began_s = time.process_time()
        for stream in streams:
            stream.feed(window)
        await all_done.wait()
        spent_s += time.process_time() - began_s
    for stream in streams:
        stream.close()
    return spent_s * 1000 / (len(windows) * batch)
