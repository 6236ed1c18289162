"""The speech synthesis process: ``python -m tts_worker --uri unix:///run/x.sock [--engine auto]``.

Prints ``ready <address> <engine>`` when it can be used. SIGTERM and SIGINT end it with code 0, the end of
its parent (``--parent-pid``) too. A bad argument ends it with code 2, a missing engine or an address in use
with code 1, each with one line that says what to do.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys

from tts_worker.address import Address, parse
from tts_worker.engines import ENGINES, load
from tts_worker.errors import BadAddress, EngineMissing
from tts_worker.server import Server
from tts_worker.speaker import Speaker

PARENT_POLL_S = 0.5


def main(argv: list[str] | None = None) -> int:
    options = _options(argv)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        engine = load(options.engine)
    except EngineMissing as exc:
        print(f"tts_worker: no engine: {exc}", file=sys.stderr)
        return 1
    speaker = Speaker(engine)
    try:
        asyncio.run(_serve(options.uri, speaker, options.parent_pid))
    except (BadAddress, OSError) as exc:
        print(f"tts_worker: can't listen on {options.uri}: {exc}", file=sys.stderr)
        return 1
    finally:
        speaker.close()
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tts_worker", description="Speech synthesis over the Wyoming protocol."
    )
    parser.add_argument(
        "--uri", required=True, type=_address, help="unix:///path.sock or tcp://host:port (port 0: any)"
    )
    parser.add_argument("--engine", default="auto", choices=["auto", *ENGINES])
    parser.add_argument(
        "--parent-pid", type=int, default=0, help="end when this process is no longer the parent"
    )
    return parser.parse_args(argv)


def _address(uri: str) -> Address:
    try:
        return parse(uri)
    except BadAddress as exc:
        raise argparse.ArgumentTypeError(str(exc)) from exc


async def _serve(address: Address, speaker: Speaker, parent_pid: int) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = Server(address, speaker)
    real = await server.start()
    print(f"ready {real} {speaker.engine.name}", flush=True)
    try:
        while not ended.is_set():
            try:
                async with asyncio.timeout(PARENT_POLL_S if parent_pid else None):
                    await ended.wait()
            except TimeoutError:
                if os.getppid() != parent_pid:
                    ended.set()
    finally:
        await server.close()


if __name__ == "__main__":
    sys.exit(main())
