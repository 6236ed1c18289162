"""The Realtime API's door, with the openai package's own client against a real server."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
import soxr
from openai import AsyncOpenAI
from openai.resources.realtime.realtime import AsyncRealtimeConnection
from websockets.exceptions import ConnectionClosed

from tests.service.client import sign_in, spoken
from tests.service.served import Served, manage

RATE = 24_000
FRAME_MS = 20


@pytest.fixture(scope="module")
def token(house: Served) -> str:
    made = manage(house.data, "token", "create", "--user", "trainee@demo.test", "--name", "tests")
    assert made.returncode == 0, made.stderr
    return made.stdout.split()[-1]


async def speech(text: str) -> np.ndarray:
    return soxr.resample(await spoken(text), 16_000, RATE)


class Caller:
    """Speaks and listens through the openai client; keeps every event, and the sound by item."""

    def __init__(self, connection: AsyncRealtimeConnection) -> None:
        self.connection = connection
        self.events: list[Any] = []
        self.sound: dict[str, bytearray] = {}
        self.closed = False
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        try:
            while True:
                event = await self.connection.recv()
                async with self._news:
                    self.events.append(event)
                    if event.type == "response.output_audio.delta":
                        self.sound.setdefault(event.item_id, bytearray()).extend(base64.b64decode(event.delta))
                    self._news.notify_all()
        except ConnectionClosed:
            async with self._news:
                self.closed = True
                self._news.notify_all()

    async def wait_for(self, type_: str, *, after: int = 0, within_s: float = 30.0) -> Any:
        def found() -> Any:
            return next((event for event in self.events[after:] if event.type == type_), None)

        try:
            async with asyncio.timeout(within_s), self._news:
                return await self._news.wait_for(found)
        except TimeoutError:
            raise AssertionError(f"no {type_}; seen {self.types(after)}") from None

    async def speak(self, samples: np.ndarray, *, silence_ms: int = 1500) -> None:
        sound = np.concatenate([samples, np.zeros(RATE * silence_ms // 1000, np.int16)])
        loop = asyncio.get_running_loop()
        due, step = loop.time(), RATE * FRAME_MS // 1000
        for at in range(0, len(sound), step):
            due += FRAME_MS / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))
            await self.append(sound[at : at + step])

    async def append(self, samples: np.ndarray) -> None:
        audio = base64.b64encode(samples.astype("<i2").tobytes()).decode()
        await self.connection.input_audio_buffer.append(audio=audio)

    def types(self, after: int = 0) -> list[str]:
        return [event.type for event in self.events[after:] if event.type != "response.output_audio.delta"]

    def seconds(self, item_id: str) -> float:
        return len(self.sound.get(item_id, b"")) / 2 / RATE


@asynccontextmanager
async def call(house: Served, token: str, scenario: str) -> AsyncIterator[Caller]:
    client = AsyncOpenAI(api_key=token, websocket_base_url=f"ws://127.0.0.1:{house.port}/v1", max_retries=0)
    async with client.realtime.connect(model=scenario) as connection:
        caller = Caller(connection)
        listening = asyncio.create_task(caller.listen())
        try:
            yield caller
        finally:
            await connection.close()
            await listening
    await client.close()


def test_a_token_outlives_the_session_in_the_browser(house: Served, token: str) -> None:
    async def main() -> None:
        base = f"http://127.0.0.1:{house.port}"
        async with call(house, token, "lumina") as caller, sign_in(base) as browser:
            await caller.wait_for("response.done")
            headers = {"X-CSRFToken": browser.cookies["csrftoken"], "Referer": base}
            await browser.post("/accounts/logout/", headers=headers)
            assert "sessionid" not in browser.cookies
            before = len(caller.events)
            await caller.connection.response.create()
            await caller.wait_for("response.done", after=before)
            assert not caller.closed

    asyncio.run(main())


def test_it_holds_three_turns_one_of_them_interrupted(house: Served, token: str) -> None:
    async def main() -> None:
        async with call(house, token, "angry-customer") as caller:
            created = await caller.wait_for("session.created")
            assert created.session.audio.input.format.rate == RATE
            await caller.wait_for("response.done")  # the opening line
            for text in ("I am very sorry about your broken phone.", "I can offer you a new phone today."):
                before = len(caller.events)
                await caller.speak(await speech(text))
                heard = await caller.wait_for(
                    "conversation.item.input_audio_transcription.completed", after=before
                )
                assert len(heard.transcript.split()) >= 3
                done = await caller.wait_for("response.done", after=before)
                assert done.response.status == "completed"
                item = done.response.output[0]
                assert caller.seconds(item.id) > 0.5
                assert len(item.content[0].transcript.split()) >= 3
            # The third turn: once more, and into the answer.
            before = len(caller.events)
            await caller.speak(await speech("What can we do to make this right?"), silence_ms=600)
            delta = await caller.wait_for("response.output_audio.delta", after=before)
            item_id = delta.item_id
            before = len(caller.events)
            speaking = asyncio.create_task(
                caller.speak(await speech("Wait, stop, let me explain this to you first."))
            )
            await caller.wait_for("input_audio_buffer.speech_started", after=before)
            played_ms = int(caller.seconds(item_id) * 1000 * 0.6)
            await caller.connection.conversation.item.truncate(
                item_id=item_id, content_index=0, audio_end_ms=played_ms
            )
            truncated = await caller.wait_for("conversation.item.truncated", after=before)
            assert truncated.audio_end_ms == played_ms
            done = await caller.wait_for("response.done", after=before)
            assert (done.response.status, done.response.status_details.reason) == ("cancelled", "turn_detected")
            await speaking
            answer = await caller.wait_for("response.created", after=before + 1)
            assert answer.response.id != done.response.id
            assert not [event for event in caller.events if event.type.startswith("coach.")]

    asyncio.run(main())


def test_it_takes_push_to_talk(house: Served, token: str) -> None:
    async def main() -> None:
        async with call(house, token, "lumina") as caller:
            await caller.wait_for("response.done")
            await caller.connection.session.update(
                session={"type": "realtime", "audio": {"input": {"turn_detection": None}}}
            )
            updated = await caller.wait_for("session.updated")
            assert updated.session.audio.input.turn_detection is None
            before = len(caller.events)
            await caller.speak(await speech("Good morning, how are you today?"), silence_ms=200)
            await caller.connection.input_audio_buffer.commit()
            await caller.wait_for("conversation.item.done", after=before)
            assert "response.created" not in caller.types(before)
            await caller.connection.response.create()
            done = await caller.wait_for("response.done", after=before)
            assert done.response.status == "completed"
            assert caller.types(before).count("input_audio_buffer.speech_started") == 0

    asyncio.run(main())


def test_it_answers_a_typed_turn_once_it_is_asked_to(house: Served, token: str) -> None:
    async def main() -> None:
        async with call(house, token, "lumina") as caller:
            await caller.wait_for("response.done")
            before = len(caller.events)
            await caller.connection.conversation.item.create(
                item={
                    "type": "message",
                    "role": "user",
                    "content": [{"type": "input_text", "text": "Hello Lumina, how are you?"}],
                }
            )
            added = await caller.wait_for("conversation.item.done", after=before)
            assert added.item.content[0].text == "Hello Lumina, how are you?"
            assert "response.created" not in caller.types(before)
            await caller.connection.response.create()
            done = await caller.wait_for("response.done", after=before)
            assert done.response.status == "completed"

    asyncio.run(main())


@pytest.mark.parametrize("bearer", ["wrong", "coach_" + "x" * 43])
def test_it_refuses_a_wrong_token(house: Served, bearer: str) -> None:
    async def main() -> None:
        async with call(house, bearer, "lumina") as caller:
            error = (await caller.wait_for("error")).error
            assert error.code == "not_authorised"
            await asyncio.wait_for(_closed(caller), 10)
            assert caller.types() == ["error"]

    asyncio.run(main())


def test_it_refuses_an_expired_token_and_an_unknown_scenario(house: Served, token: str) -> None:
    async def main(bearer: str, scenario: str) -> str:
        async with call(house, bearer, scenario) as caller:
            error = (await caller.wait_for("error")).error
            await asyncio.wait_for(_closed(caller), 10)
            return str(error.code)

    made = manage(house.data, "token", "create", "--user", "trainee@demo.test", "--name", "old", "--days", "1")
    expired = made.stdout.split()[-1]
    moved = manage(
        house.data, "shell", "-c",
        "from datetime import timedelta; from django.utils import timezone;"
        "from accounts.models import ApiToken;"
        "from django_scopes import scopes_disabled\n"
        "with scopes_disabled(): ApiToken.objects.filter(name='old').update("
        "expires_at=timezone.now() - timedelta(seconds=1))",
    )  # fmt: skip
    assert moved.returncode == 0, moved.stderr
    assert asyncio.run(main(expired, "lumina")) == "not_authorised"
    assert asyncio.run(main(token, "no-such-scenario")) == "bad_event"


async def _closed(caller: Caller) -> None:
    async with caller._news:
        await caller._news.wait_for(lambda: caller.closed)


def test_a_client_may_ask_for_more_patience(house: Served, token: str) -> None:
    """With 2.5 s of patience a breath of one second ends no turn."""

    async def main() -> None:
        async with call(house, token, "lumina") as caller:
            await caller.wait_for("response.done")
            patient = {"type": "server_vad", "silence_duration_ms": 2500}
            await caller.connection.session.update(
                session={"type": "realtime", "audio": {"input": {"turn_detection": patient}}}
            )
            updated = await caller.wait_for("session.updated")
            assert updated.session.audio.input.turn_detection.silence_duration_ms == 2500
            before = len(caller.events)
            await caller.speak(await speech("Please tell me what happened."), silence_ms=1000)
            await caller.speak(await speech("The phone is broken and I want a new one."), silence_ms=3500)
            await caller.wait_for("response.done", after=before)
            heard = [
                event.transcript
                for event in caller.events[before:]
                if event.type == "conversation.item.input_audio_transcription.completed"
            ]
            assert len(heard) == 1
            assert len(heard[0].split()) >= 8  # both sentences

    asyncio.run(main())
