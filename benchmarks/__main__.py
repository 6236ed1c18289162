"""All benchmarks: ``python -m benchmarks`` (``make bench``), a few minutes on an idle machine.

    python -m benchmarks [--only PART,PART] [--clip FILE.wav] [--write docs/benchmarks.md]

Prints one table per part. Writes nothing unless ``--write`` names a page with the marks for figures in it.
A new part is a module with ``run_part(clip) -> Table`` and an entry in :data:`PARTS`.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import avatar, keeping, machine, pages, recognizer, speech, vad, voice_loop
from benchmarks.clips import BadClip, Clip, make_clip, read_clip
from benchmarks.tables import LeftOut, Table, replace_figures
from voice.engines.base import INPUT_RATE

PARTS: dict[str, Callable[[Clip], Table]] = {
    "voice_loop": voice_loop.run_part,
    "vad": vad.run_part,
    "recognizer": recognizer.run_part,
    "speech": speech.run_part,
    "avatar": avatar.run_part,
    "keeping": keeping.run_part,
    "pages": pages.run_part,
}


def main(argv: Sequence[str] | None = None) -> int:
    options = parse(argv)
    try:
        page = options.write.read_text() if options.write else None
        if page is not None:
            replace_figures(page, "")
        clip = read_clip(options.clip, INPUT_RATE) if options.clip else make_clip(INPUT_RATE)
    except (BadClip, ValueError) as exc:
        print(f"benchmarks: {exc}", file=sys.stderr)
        return 2
    except OSError as exc:
        print(f"benchmarks: {options.write}: {exc.strerror}", file=sys.stderr)
        return 2
    heading = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}: {machine.describe()}; clip: {clip.origin}."
    print(heading, flush=True)
    tables = [table for name in options.only if (table := run(name, clip)) is not None]
    if page is not None:
        figures = "\n\n".join([heading, *(table.as_markdown() for table in tables)])
        options.write.write_text(replace_figures(page, figures))
    return 0


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="All benchmarks.")
    parser.add_argument(
        "--only", type=names, default=list(PARTS), metavar="PART,...", help=f"of {', '.join(PARTS)}"
    )
    parser.add_argument("--clip", type=Path, metavar="FILE.wav", help="what the trainee says")
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the figures into this page")
    return parser.parse_args(argv)


def names(text: str) -> list[str]:
    unknown = [name for name in text.split(",") if name not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    return text.split(",")


def run(name: str, clip: Clip) -> Table | None:
    try:
        table = PARTS[name](clip)
    except LeftOut as exc:
        print(f"\n{name} is left out: {exc}", flush=True)
        return None
    print(f"\n{table.as_text()}", flush=True)
    return table


if __name__ == "__main__":
    sys.exit(main())
