"""The voice loop in one process, with engines that cost exactly what they are told: what remains is the loop.

    python -m benchmarks.voice_loop --conversations 1,10,50 --turns 6 --window-ms 200 --clip FILE.wav --json

Each conversation is a trainee who says the clip, is silent for 4 s, and says it again (``--turns``). Sound
goes in as frames of 20 ms in real time, each at its deadline counted from the start of the conversation, so
that delays don't add up. Conversations start ``--stagger-ms`` apart and so do not run in lockstep. Silero is
the real one; the recognizer takes 100 ms, the model 200 ms to its first token and 10 ms for each further one,
the voice 100 ms to its first sound. The model says "Sure, I can do that. Then we go on a bit." in 14 tokens;
its first phrase is complete with the seventh. So from the start of transcription to the first sound the
engines take 100 + 200 + 6 x 10 + 100 = 460 ms. Every number of conversations runs in a process of its own.

Without ``--clip`` the benchmark makes one: espeak-ng speaks in the speech worker's environment, or, where that
is missing, a signal like a voice is computed.

What is printed, one JSON object a line with ``--json``:

``conversations``, ``turns``, ``answered``
    Conversations at once, turns played in all of them together, and turns after which the avatar became
    audible within the 4 s of silence.
``gap_p50_ms``, ``gap_p95_ms``
    The response gap: from the end of the last loud sample of the clip as it was played to the moment at which
    the first audible sample of the reply is handed to the door. A sample is loud if the 10 ms from it on have
    energy within 35 dB of the clip's loudest 10 ms, audible above -60 dB; it counts as played when the frame
    that it is in was due, plus its place in it.
``vad_lag_p50_ms``
    What the detection of speech adds to the gap: where the segmenter has the end of speech minus where it was
    (below zero if the clip fades out), plus how much later than ``speculate_after`` the pause could be known:
    the segmenter needs a minimum of silence, in whole windows of 32 ms, and learns of them a frame at a time.
    Counted in sound, up to the end of the frame that completed the deciding window.
``hops_p50_ms``, ``hops_p95_ms``
    All the rest: gap minus VAD lag minus ``max(window, speculate_after + 460)``. Scheduling, batching, queues,
    resampling, and every timer of the loop and of the engines that fires late.
``cpu_s_per_minute``
    Processor time of the whole process (all threads, the benchmark's own timers included) per minute of
    conversation: one conversation of a minute, or two of half a minute, are one.
``mb_per_conversation``
    Growth of the process's memory (resident set; its peak where the system tells no more) from when the engines
    were loaded and one conversation had been held, to when all conversations have been open for a while, per
    conversation.

Exit codes: 0; 2 for bad arguments or a clip that can't be used.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.clips import BadClip, Clip, make_clip, read_clip, resampled
from benchmarks.rig import Load, Player, play
from benchmarks.tables import Column, Table
from voice.engines.vad_silero import SileroVad

TITLE = "The voice loop"
COLUMNS = (
    Column("conversations", "at once"),
    Column("answered", "answered"),
    Column("turns", "of turns"),
    Column("gap_p50_ms", "gap p50 ms"),
    Column("gap_p95_ms", "p95"),
    Column("vad_lag_p50_ms", "VAD lag p50 ms"),
    Column("hops_p50_ms", "hops p50 ms"),
    Column("hops_p95_ms", "p95"),
    Column("cpu_s_per_minute", "CPU-s per conversation-minute"),
    Column("mb_per_conversation", "MB each"),
)


@dataclass(frozen=True, slots=True)
class Result:
    conversations: int
    turns: int
    answered: int
    gap_p50_ms: float | None
    gap_p95_ms: float | None
    vad_lag_p50_ms: float | None
    hops_p50_ms: float | None
    hops_p95_ms: float | None
    cpu_s_per_minute: float
    mb_per_conversation: float


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    try:
        clip = read_clip(options.clip, options.rate) if options.clip else make_clip(options.rate)
    except BadClip as exc:
        print(f"voice_loop: {exc}", file=sys.stderr)
        return 2
    if not options.json:
        print(machine.describe())
        print(f"clip: {clip.origin}, {clip.ms / 1000:.1f} s\n")
    results = []
    for result in run_all(load_of(options, clip), options.conversations):
        results.append(asdict(result))
        if options.json:
            print(json.dumps(results[-1]), flush=True)
    if not options.json:
        print(Table(TITLE, COLUMNS, results).as_text())
    return 0


def run_part(clip: Clip) -> Table:
    """With every option as it is by default."""
    options = parse([])
    ours = resampled(clip, options.rate)
    rows = [asdict(result) for result in run_all(load_of(options, ours), options.conversations)]
    return Table(TITLE, COLUMNS, rows)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.voice_loop", description=(__doc__ or "").partition("\n")[0]
    )
    add = parser.add_argument
    add("--conversations", type=counts, default=[1, 10, 50], metavar="N,N,...", help="how many at once")
    add("--turns", type=at_least(1), default=6, metavar="N", help="turns of each")
    add("--window-ms", type=at_least(1), default=200, metavar="MS", help="silence that ends a turn")
    add(
        "--speculate-after-ms",
        type=at_least(1),
        default=100,
        metavar="MS",
        help="silence before a reply is begun",
    )
    add("--clip", type=Path, metavar="FILE.wav", help="what the trainee says")
    add("--json", action="store_true", help="one JSON object a line")
    add("--frame-ms", type=int, choices=(10, 20, 30, 40, 60), default=20, help="sound per frame")
    add("--rate", type=int, choices=(8_000, 16_000, 24_000, 48_000), default=24_000, help="samples per second")
    add("--stagger-ms", type=at_least(0), default=137, metavar="MS", help="between the starts of conversations")
    add("--silence-ms", type=at_least(1_000), default=4_000, metavar="MS", help="after each turn")
    return parser.parse_args(argv)


def counts(text: str) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = [0]
    if not all(1 <= number <= 1_000 for number in numbers):
        raise argparse.ArgumentTypeError("give numbers from 1 to 1000, separated by commas")
    return numbers


def at_least(lowest: int) -> Callable[[str], int]:
    """A reader of whole numbers from ``lowest`` up."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < lowest:
            raise argparse.ArgumentTypeError(f"give a whole number of {lowest} or more")
        return int(text)

    return read


def load_of(options: argparse.Namespace, clip: Clip) -> Load:
    return Load(
        clip,
        turns=options.turns,
        window_ms=float(options.window_ms),
        speculate_after_ms=float(options.speculate_after_ms),
        frame_ms=options.frame_ms,
        stagger_ms=float(options.stagger_ms),
        silence_ms=options.silence_ms,
    )


def run_all(load: Load, numbers: Sequence[int]) -> Iterator[Result]:
    """One result after the other. Several numbers get a process each: what one has left behind in memory and
    caches must not show in the next one's figures. A single one runs here, where a profiler sees it."""
    for number in numbers:
        one = replace(load, conversations=number)
        if len(numbers) == 1:
            yield run(one)
            continue
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
            yield pool.submit(run, one).result()


def run(load: Load) -> Result:
    return asyncio.run(_run(load))


async def _run(load: Load) -> Result:
    vad = SileroVad()
    await vad.warm_up()
    # What is loaded or cached once in a process belongs to no conversation.
    await play(replace(load, conversations=1, turns=1, silence_ms=1_500), vad, lambda: None)
    gc.collect()
    before_mb, grown_mb = machine.memory_mb(), [0.0]
    began_s = time.process_time()
    players = await play(load, vad, lambda: grown_mb.append(machine.memory_mb() - before_mb))
    spent_s = time.process_time() - began_s
    await vad.aclose()
    return summarize(load, players, spent_s, grown_mb[-1])


def summarize(load: Load, players: Sequence[Player], spent_s: float, grown_mb: float) -> Result:
    costs = [cost for player in players for cost in player.costs]
    gaps = [cost.gap_ms for cost in costs]
    hops = [cost.hops_ms(load) for cost in costs]
    minutes = sum(player.lasted_ms for player in players) / 60_000
    return Result(
        conversations=load.conversations,
        turns=load.conversations * load.turns,
        answered=len(costs),
        gap_p50_ms=percentile(gaps, 50),
        gap_p95_ms=percentile(gaps, 95),
        vad_lag_p50_ms=percentile([cost.vad_lag_ms for cost in costs], 50),
        hops_p50_ms=percentile(hops, 50),
        hops_p95_ms=percentile(hops, 95),
        cpu_s_per_minute=round(spent_s / minutes, 3),
        mb_per_conversation=round(max(0.0, grown_mb) / load.conversations, 2),
    )


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Linear between the two nearest; None if there are no values."""
    return round(float(np.percentile(values, percent)), 1) if values else None


if __name__ == "__main__":
    sys.exit(main())
