"""The speech worker as a process: how it starts, what it says about itself, how it ends."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.raw_client import connected
from tests.engine.speech_worker import PROJECT, PYTHON, end, running, short_folder
from tests.engine.stock_wyoming import AsyncClient, Describe, Info, Synthesize, SynthesizeVoice

pytestmark = pytest.mark.engine


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(PYTHON), "-m", "tts_worker", *arguments]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)


def test_it_answers_the_stock_client_with_its_voices_and_with_sound(worker: str) -> None:
    async def talk() -> tuple[Info, int]:
        async with AsyncClient.from_uri(worker) as client:
            await client.write_event(Describe().event())
            described = await client.read_event()
            assert described is not None
            await client.write_event(
                Synthesize("Hello.", voice=SynthesizeVoice(name="en-gb", speaker="f2")).event()
            )
            size = 0
            while (event := await client.read_event()) is not None and event.type != "audio-stop":
                size += len(event.payload or b"")
            return Info.from_event(described), size

    info, size = asyncio.run(talk())
    (program,) = info.tts
    voices = {voice.name: voice for voice in program.voices}
    assert program.name == "espeak"
    assert program.installed
    assert program.supports_synthesize_streaming
    assert {"en-us", "en-gb", "de", "fr-fr", "ja"} <= set(voices)
    assert [one.name for one in voices["en-us"].speakers or []][:2] == ["f1", "f2"]
    assert size > 10_000


def test_it_listens_on_tcp_too() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"

    async def talk() -> float:
        async with connected(address) as client:
            return (await client.say("Hello.")).duration_ms

    with running(address) as process:
        assert asyncio.run(talk()) > 200
        assert end(process) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_a_signal_in_mid_sentence_and_removes_its_socket(number: int) -> None:
    with short_folder() as folder, running(f"unix://{folder}/s") as process:
        assert stat.S_IMODE((folder / "s").stat().st_mode) == 0o600

        async def talk() -> None:
            async with connected(f"unix://{folder}/s") as client:
                await client.send("synthesize", text="word " * 1000)
                await client.until("audio-chunk")
                process.send_signal(number)
                while await client.receive() is not None:
                    pass

        asyncio.run(talk())
        assert process.wait(60) == 0
        assert list(folder.iterdir()) == []


def test_it_ends_with_its_parent() -> None:
    with short_folder() as folder:
        code = (
            "import os, subprocess, sys\n"
            "worker = subprocess.Popen([sys.argv[1], '-m', 'tts_worker', '--uri', sys.argv[2],\n"
            "    '--parent-pid', str(os.getpid())], stdout=subprocess.PIPE)\n"
            "print(worker.stdout.readline().decode().split()[0], worker.pid, flush=True)\n"
            "os._exit(0)\n"
        )
        command = [sys.executable, "-c", code, str(PYTHON), f"unix://{folder}/s"]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=True)
        word, pid = done.stdout.split()
        assert word == "ready"
        with suppress(ProcessLookupError), os.fdopen(os.pidfd_open(int(pid))) as worker:
            assert select.select([worker], [], [], 10)[0], "the worker outlived its parent"
        assert list(folder.iterdir()) == []


def test_it_takes_the_place_of_one_that_was_killed_but_not_of_one_that_lives() -> None:
    with short_folder() as folder:
        address = f"unix://{folder}/s"
        with running(address) as first:
            taken = run("--uri", address)
            assert (taken.returncode, taken.stderr.count("\n")) == (1, 1)
            assert "Another process is serving" in taken.stderr
            first.kill()
            first.wait()
            assert (folder / "s").exists()
            with running(address):
                pass


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("unix:///" + "x" * 107, "107"),
        ("unix://relative/x.sock", "absolute"),
        ("tcp://127.0.0.1", "host:port"),
        ("tcp://127.0.0.1:banana", "Port"),
        ("http://127.0.0.1:1", "unix:///"),
        ("", "unix:///"),
    ],
)
def test_it_refuses_an_address_that_it_can_not_use(uri: str, says: str) -> None:
    done = run("--uri", uri)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_it_does_not_delete_a_file_that_is_not_its_socket() -> None:
    with short_folder() as folder:
        file = Path(folder) / "precious"
        file.write_text("data")
        done = run("--uri", f"unix://{file}")
        assert done.returncode == 1
        assert "is not a socket" in done.stderr
        assert file.read_text() == "data"
