"""The application under another ASGI server than ours: pages and conversations do not depend on Daphne."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service.client import conversation
from tests.service.served import PROJECT, environment, free_port, manage, wait_until


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """Where uvicorn serves a demo of its own, without a voice."""
    data, port = tmp_path / "data", free_port()
    for command in (["migrate"], ["seed_demo"]):
        done = manage(data, *command)
        assert done.returncode == 0, done.stderr
    command = [
        "uvicorn",
        "coachsite.asgi:application",
        "--port",
        str(port),
        "--ws",
        "websockets",
        "--lifespan",
        "off",
    ]
    with (tmp_path / "output.txt").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=PROJECT, env=environment(data, COACH_TTS="none"), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: process.poll() is not None or answers(url), "uvicorn")
        assert process.poll() is None, (tmp_path / "output.txt").read_text()
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_it_serves_the_pages_and_holds_a_typed_conversation(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "lumina") as browser:  # signs in on its pages
            await browser.wait_for("response.done")
            before = len(browser.events)
            await browser.send("coach.say", text="Hello Lumina, how are you today?")
            await browser.wait_for("response.done", after=before)
            typed, answer = browser.turns()[-2:]
            assert (typed["kind"], typed["text"]) == ("typed", "Hello Lumina, how are you today?")
            assert (answer["kind"], bool(answer["text"])) == ("reply", True)
            await browser.send("coach.end")
            assert await browser.wait_for_close() == 1000

    asyncio.run(main())
