"""A trainee at the browser's door, without the browser: signs in over HTTP, talks over the WebSocket."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import numpy as np
import websockets

from tests.speech import say

TRAINEE = ("trainee@demo.test", "demo")
RATE = 16_000
FRAME_MS = 20


@asynccontextmanager
async def sign_in(
    base: str, email: str = TRAINEE[0], password: str = TRAINEE[1]
) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a session. ``base``: http://127.0.0.1:PORT."""
    async with httpx.AsyncClient(base_url=base, follow_redirects=True, timeout=20) as client:
        page = await client.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token, page.text[:500]
        data = {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
        answer = await client.post("/accounts/login/", data=data, headers={"Referer": base})
        assert answer.status_code == 200
        assert "sessionid" in client.cookies, "not signed in"
        yield client


async def start(client: httpx.AsyncClient, scenario: str) -> str:
    """The id of a new conversation."""
    headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": str(client.base_url)}
    answer = await client.post("/conversations/start/", json={"scenario": scenario}, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["conversation"])


async def spoken(text: str) -> np.ndarray:
    """The text as speech, int16 at ``RATE``, made without holding up the conversation."""
    return await asyncio.to_thread(say, text)


class BrowserClient:
    """``events`` are all JSON events so far, ``sound`` the binary frames by item."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self.sound: dict[str, bytearray] = {}
        self.close_code: int | None = None
        self._item = ""
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        try:
            async for frame in self.socket:
                async with self._news:
                    if isinstance(frame, bytes):
                        self.sound.setdefault(self._item, bytearray()).extend(frame)
                    else:
                        event = json.loads(frame)
                        self.events.append(event)
                        if event["type"] == "response.output_item.added":
                            self._item = event["item"]["id"]
                    self._news.notify_all()
        except websockets.ConnectionClosed:
            pass
        async with self._news:
            self.close_code = self.socket.close_code
            self._news.notify_all()

    async def send(self, type_: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": type_, **fields}))

    async def set_up(self, *, rate: int = RATE, manual: bool = False) -> None:
        """Name the rates; with ``manual`` push-to-talk."""
        audio_in: dict[str, Any] = {"format": {"type": "audio/pcm", "rate": rate}}
        if manual:
            audio_in["turn_detection"] = None
        audio = {"input": audio_in, "output": {"format": {"type": "audio/pcm", "rate": 24_000}}}
        await self.send("session.update", session={"type": "realtime", "audio": audio})
        await self.wait_for("session.updated")

    async def wait_until(self, true: Callable[[], Any], *, within_s: float = 30.0) -> Any:
        async with asyncio.timeout(within_s):
            async with self._news:
                return await self._news.wait_for(true)

    async def wait_for(
        self, type_: str, *, after: int = 0, within_s: float = 30.0, **fields: Any
    ) -> dict[str, Any]:
        """The first event of this type (with these fields) from position ``after`` on."""

        def found() -> dict[str, Any] | None:
            for event in self.events[after:]:
                if event["type"] == type_ and all(event.get(name) == value for name, value in fields.items()):
                    return event
            return None

        try:
            return await self.wait_until(found, within_s=within_s)
        except TimeoutError:
            seen = [event["type"] for event in self.events[after:]]
            raise AssertionError(f"no {type_} {fields}; seen {seen}, closed {self.close_code}") from None

    async def wait_for_close(self, *, within_s: float = 30.0) -> int:
        await self.wait_until(lambda: self.close_code is not None, within_s=within_s)
        assert self.close_code is not None
        return self.close_code

    async def say(self, speech: np.ndarray, *, silence_ms: int = 1500) -> None:
        """Speak in real time, then be silent (the microphone stays on)."""
        loop = asyncio.get_running_loop()
        samples = np.concatenate([speech, np.zeros(RATE * silence_ms // 1000, np.int16)])
        step = RATE * FRAME_MS // 1000
        due = loop.time()
        for at in range(0, len(samples), step):
            due += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self.socket.send(samples[at : at + step].astype("<i2").tobytes())

    def turns(self) -> list[dict[str, Any]]:
        """The turns as last told, in order."""
        latest = {event["turn"]["seq"]: event["turn"] for event in self.events if event["type"] == "coach.turn"}
        return [latest[seq] for seq in sorted(latest)]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]


@asynccontextmanager
async def open_door(
    client: httpx.AsyncClient | None, base: str, path: str, *, origin: str | None = None, **headers: str
) -> AsyncIterator[BrowserClient]:
    """A connection to a WebSocket door, with the session's cookie and our Origin."""
    if client is not None:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = base.replace("http://", "ws://") + path
    async with websockets.connect(
        url,
        additional_headers=headers,
        origin=origin or base,
        compression=None,
        max_size=None,  # type: ignore[arg-type]
    ) as socket:
        browser = BrowserClient(socket)
        listening = asyncio.create_task(browser.listen())
        try:
            yield browser
        finally:
            await socket.close()
            await listening


@asynccontextmanager
async def conversation(base: str, scenario: str, *, manual: bool = False) -> AsyncIterator[BrowserClient]:
    """Signed in and in a new conversation, formats agreed on. ``browser.conversation_id`` is its id."""
    async with sign_in(base) as client:
        conversation_id = await start(client, scenario)
        async with open_door(client, base, f"/ws/voice/{conversation_id}/") as browser:
            browser.conversation_id = conversation_id  # type: ignore[attr-defined]
            await browser.set_up(manual=manual)
            yield browser
