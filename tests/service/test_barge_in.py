"""Speaking over the avatar, on a real server: what is stored as heard is what the client played.

The server speaks in tones (word k is a tone of frequency k), so the truth is decoded from the sound itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Iterator

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tests.service.client import RATE, BrowserClient, conversation, open_door, sign_in, spoken, start
from tests.service.served import Served, manage, serve
from tests.service.test_realtime import Caller, call, speech
from voice.engines.tts_tones import decode_words
from voice.rehearsal import OUTPUT_RATE, Loudspeaker

TICK_MS = 20
BYTES_PER_TICK = OUTPUT_RATE * TICK_MS // 1000 * 2


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A demo whose avatars speak in tones."""
    data = tmp_path_factory.mktemp("tones")
    for command in (("migrate", "-v0"), ("seed_demo",)):
        done = manage(data, *command)
        assert done.returncode == 0, done.stderr
    with serve(data, COACH_TTS="tones", COACH_MAX_CONVERSATIONS="1") as served:
        served.wait_until_served()
        yield served


class Player:
    """Plays what arrives at the speed of sound; ``played`` is what a person would have heard, by item."""

    def __init__(self) -> None:
        self.speaker = Loudspeaker()
        self.played: dict[str, bytearray] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += TICK_MS / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))
            before = dict(self.speaker.played_bytes)
            sound = self.speaker.play(BYTES_PER_TICK)
            item = self.speaker.item_id
            if self.speaker.played_bytes.get(item, 0) > before.get(item, 0):
                self.played.setdefault(item, bytearray()).extend(sound)

    def words(self, item_id: str) -> list[int]:
        """The numbers of the words of which at least half was played."""
        found = decode_words(bytes(self.played[item_id]), OUTPUT_RATE)
        return [number for number, start_ms, end_ms in found if end_ms - start_ms >= 100]


class BrowserPlayer(Player):
    """Does what the page will do: binary frames into the queue, pause, resume, clear, acknowledge."""

    def __init__(self, browser: BrowserClient) -> None:
        super().__init__()
        self.browser = browser
        self._sound: dict[str, int] = {}
        self._events = 0

    async def run(self) -> None:
        playing = asyncio.create_task(super().run())
        reporting = asyncio.create_task(self._report())
        try:
            while True:
                await self.browser.wait_until(self._news, within_s=60)
                await self._take()
        finally:
            playing.cancel()
            reporting.cancel()

    def _news(self) -> bool:
        fresh = any(len(sound) > self._sound.get(item, 0) for item, sound in self.browser.sound.items())
        return fresh or len(self.browser.events) > self._events or self.browser.close_code is not None

    async def _take(self) -> None:
        for item, sound in self.browser.sound.items():
            known = self._sound.get(item, 0)
            if len(sound) > known:
                self.speaker.add(item, bytes(sound[known:]))
                self._sound[item] = len(sound)
        fresh, self._events = self.browser.events[self._events :], len(self.browser.events)
        for event in fresh:
            match event["type"]:
                case "coach.output.pause":
                    self.speaker.paused = True
                    await self._acknowledge()
                case "coach.output.resume":
                    self.speaker.paused = False
                case "output_audio_buffer.cleared":
                    self.speaker.clear()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            await self._acknowledge()

    async def _acknowledge(self) -> None:
        if self.speaker.item_id:
            with contextlib.suppress(ConnectionClosed):
                await self.browser.send(
                    "coach.playback", item_id=self.speaker.item_id, played_ms=self.speaker.played_ms
                )


def test_it_stores_what_a_browser_played(tones: Served) -> None:
    async def main() -> None:
        async with conversation(f"http://127.0.0.1:{tones.port}", "angry-customer") as browser:
            player = BrowserPlayer(browser)
            playing = asyncio.create_task(player.run())
            first = await browser.wait_for("coach.state", state="speaking")
            assert first
            await browser.say(np.zeros(RATE * 2, np.int16), silence_ms=0)  # two seconds of the opening line
            await browser.say(await spoken("Please let me say something first, will you?"), silence_ms=1200)
            await browser.wait_for("output_audio_buffer.cleared")
            cut = next(turn for turn in browser.turns() if turn["interrupted"])
            item = next(
                event["item_id"]
                for event in browser.events
                if event["type"] == "coach.turn" and event["turn"]["seq"] == cut["seq"]
            )
            heard = player.words(item)
            playing.cancel()
            assert heard == list(range(len(heard)))
            assert len(heard) >= 5
            assert abs(len(cut["text"].split()) - len(heard)) <= 1
            assert cut["unheard_text"]

    asyncio.run(main())


class CallerPlayer(Player):
    """An OpenAI-style client: knows no pause; drops its queue at ``speech_started`` and truncates."""

    def __init__(self, caller: Caller) -> None:
        super().__init__()
        self.caller = caller
        self.cut: tuple[str, int] | None = None

    async def run(self) -> None:
        playing = asyncio.create_task(super().run())
        seen = 0
        try:
            while self.cut is None:
                async with self.caller._news:
                    await self.caller._news.wait_for(lambda: len(self.caller.events) > seen)  # noqa: B023
                fresh, seen = self.caller.events[seen:], len(self.caller.events)
                for event in fresh:
                    if event.type == "response.output_audio.delta":
                        self.speaker.add(event.item_id, base64.b64decode(event.delta))
                    elif event.type == "input_audio_buffer.speech_started" and self.speaker.item_id:
                        self.cut = (self.speaker.item_id, round(self.speaker.played_ms))
                        self.speaker.clear()
        finally:
            playing.cancel()
        await self.caller.connection.conversation.item.truncate(
            item_id=self.cut[0], content_index=0, audio_end_ms=self.cut[1]
        )


TURNS = """
from memory.conversations import load_context
from memory.models import Conversation
from django_scopes import scopes_disabled
with scopes_disabled(): newest = Conversation.objects.order_by("-started_at").first().pk
for turn in load_context(conversation_id=newest).turns:
    print(turn.seq, turn.interrupted, len(turn.text.split()))
"""


def test_it_stores_what_an_openai_style_client_played(tones: Served) -> None:
    made = manage(tones.data, "token", "create", "--user", "trainee@demo.test", "--name", "barge-in")

    async def main() -> int:
        async with call(tones, made.stdout.split()[-1], "discovery-call") as caller:
            player = CallerPlayer(caller)
            playing = asyncio.create_task(player.run())
            await caller.wait_for("response.output_audio.delta")
            await caller.speak(np.zeros(RATE * 3, np.int16), silence_ms=0)
            await caller.speak(await speech("Please let me say something first, will you?"), silence_ms=1000)
            await asyncio.wait_for(playing, 20)
            await caller.wait_for("conversation.item.truncated")
            assert player.cut is not None
            heard = player.words(player.cut[0])
            assert heard == list(range(len(heard)))
            assert len(heard) >= 4
            return len(heard)

    heard = asyncio.run(main())
    stored = manage(tones.data, "shell", "-v0", "-c", TURNS)
    assert stored.returncode == 0, stored.stderr
    seq, interrupted, words = stored.stdout.splitlines()[0].split()
    assert (seq, interrupted) == ("1", "True")
    assert abs(int(words) - heard) <= 1


def test_a_server_that_is_full_says_so(tones: Served) -> None:
    """It has room for one conversation, and gives the place back when that ends."""
    made = manage(tones.data, "token", "create", "--user", "coach@demo.test", "--name", "full")
    token = made.stdout.split()[-1]

    async def main() -> None:
        base = f"http://127.0.0.1:{tones.port}"
        async with conversation(base, "lumina") as first, sign_in(base) as client:
            await first.wait_for("coach.state", state="speaking")
            path = f"/ws/voice/{await start(client, 'lumina')}/"
            async with open_door(client, base, path) as second:
                assert (await second.wait_for("error"))["error"]["code"] == "server_busy"
                assert await second.wait_for_close() == 4503
            async with call(tones, token, "lumina") as third:
                assert (await third.wait_for("error")).error.code == "server_busy"
            await first.send("coach.end")
            await first.wait_for_close()
            async with open_door(client, base, path) as second:
                assert await second.wait_for("session.created")

    asyncio.run(main())
