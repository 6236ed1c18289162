"""The web server tells who started it that it is prepared, and with which engines.

Choosing an engine means loading it. The supervisor would pay for that in seconds and memory, so it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

PREFIX = "engines "


async def prepare_and_tell() -> None:
    """In the web server, when it has started: load what is slow to load, then say what was chosen."""
    from voice import casting, live

    await live.prepare()
    names: dict[str, str] = {}
    with contextlib.suppress(Exception):  # prepare() has logged why; the server answers all the same
        names = casting.engine_names()
    print(PREFIX + json.dumps(names), flush=True)


async def wait_until_told(output: asyncio.StreamReader) -> dict[str, Any]:
    """In the supervisor: the name of the engine by kind (vad, stt, llm, tts), as the web server tells it."""
    while line := (await output.readline()).decode(errors="replace"):
        if line.startswith(PREFIX):
            return dict(json.loads(line.removeprefix(PREFIX)))
    # Its output is closed: it is ending, and whoever waits for that sees it end.
    never: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    return await never
