"""PocketSphinx on the clip, fed in real time as speech is, then settled: what a trainee waits for."""

from __future__ import annotations

import asyncio
import time

from benchmarks.clips import Clip
from benchmarks.tables import Column, Table
from voice.engines.base import INPUT_RATE, Utterance
from voice.engines.stt_pocketsphinx import PocketSphinx

TITLE = "Speech to text, embedded"
COLUMNS = (
    Column("utterance", "utterance"),
    Column("sound_s", "s of sound"),
    Column("rtf", "CPU-s a second of sound"),
    Column("settle_ms", "settled after ms"),
    Column("again_ms", "settled again after ms"),
)
ROUNDS = 3
FRAME_SAMPLES = INPUT_RATE // 50


def run_part(clip: Clip) -> Table:
    """``clip`` must be at 16 kHz."""
    return Table(TITLE, COLUMNS, asyncio.run(_measure(clip)))


async def _measure(clip: Clip) -> list[dict[str, object]]:
    stt = PocketSphinx()
    await stt.warm_up()
    rows = [await _one(stt.open(language="en"), clip, number) for number in range(1, ROUNDS + 1)]
    await stt.aclose()
    return rows


async def _one(utterance: Utterance, clip: Clip, number: int) -> dict[str, object]:
    began_cpu_s, began_s = time.process_time(), time.perf_counter()
    for index, at in enumerate(range(0, len(clip.samples), FRAME_SAMPLES)):
        await asyncio.sleep(began_s + index * 0.02 - time.perf_counter())
        utterance.feed(clip.samples[at : at + FRAME_SAMPLES])
    settle_ms = await _settle_ms(utterance)
    cpu_s = time.process_time() - began_cpu_s
    # The trainee went on for a tenth of a second: what a second speculation costs.
    utterance.feed(clip.samples[: INPUT_RATE // 10])
    again_ms = await _settle_ms(utterance)
    utterance.close()
    return {
        "utterance": number,
        "sound_s": round(clip.ms / 1000, 2),
        "rtf": round(cpu_s / (clip.ms / 1000), 2),
        "settle_ms": round(settle_ms, 1),
        "again_ms": round(again_ms, 1),
    }


async def _settle_ms(utterance: Utterance) -> float:
    began_s = time.perf_counter()
    await utterance.settle()
    return (time.perf_counter() - began_s) * 1000
