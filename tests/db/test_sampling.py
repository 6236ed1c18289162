"""Claims about voice samples without a speech server: how many, and what is said for want of a voice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import AsyncRequestFactory, Client

from accounts.models import User
from tests.db.conftest import Cast
from voice import sampling
from voice.engines.base import Voice
from voice.engines.tts_tones import TonesTts
from voice.sampling import A_MINUTE

pytestmark = pytest.mark.django_db(databases=["default", "keys"], transaction=True)


@pytest.fixture
def as_admin(cast: Cast, settings: Any) -> Client:
    settings.ALLOWED_HOSTS = ["testserver"]
    cache.clear()
    client = Client()
    client.force_login(cast.admin)
    return client


def test_a_person_gets_so_many_samples_a_minute(as_admin: Client, settings: Any) -> None:
    settings.COACH_TTS = "tones"
    answers = [as_admin.post("/voices/sample/", {"text": "Hello"}) for _ in range(A_MINUTE + 1)]
    assert [answer.status_code for answer in answers] == [200] * A_MINUTE + [429]
    assert answers[-1].json()["error"]["hint"] == "Try again in a minute."


class Held(TonesTts):
    """Speaks once it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    def open(self, voice: Voice) -> Any:
        reply = super().open(voice)
        speak = reply.speak

        async def held(text: str) -> AsyncGenerator[Any, None]:
            self.asked.set()
            await self.go.wait()
            async for piece in speak(text):
                yield piece

        reply.speak = held  # type: ignore[method-assign]
        return reply


async def asks(person: User) -> tuple[int, Any]:
    """Of the view itself: a test client's requests wait for each other in the middleware."""
    request = AsyncRequestFactory().post("/voices/sample/", {"text": "Hello"})

    async def auser() -> User:
        return person

    request.auser = auser  # type: ignore[method-assign]
    answer = await sampling.sample(request)
    return answer.status_code, None if answer.status_code == 200 else json.loads(answer.content)["error"]


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in this process", "in another process"])
def test_one_sample_is_made_at_a_time(
    cast: Cast, as_admin: Client, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    """In a process, whoever asks; in all of them, for one person."""
    cast.outsider.is_staff = True
    cast.outsider.save()
    second = cast.admin if elsewhere else cast.outsider

    async def both() -> tuple[Any, Any, Any]:
        engine = Held()
        monkeypatch.setattr(sampling, "voice_engine", lambda: engine)
        begun = asyncio.create_task(asks(cast.admin))
        await engine.asked.wait()
        if elsewhere:
            sampling._Process.is_sampling = False  # as it is there
        refused = await asks(second)
        engine.go.set()
        return await begun, refused, await asks(second)

    busy = {"message": "Another sample is being made just now.", "hint": "Try again in a few seconds."}
    assert asyncio.run(both()) == ((200, None), (429, busy), (200, None))


def test_without_a_voice_it_says_how_to_get_one(as_admin: Client, settings: Any) -> None:
    settings.COACH_TTS = "none"
    assert as_admin.get("/voices/").json() == {"voices": []}
    answer = as_admin.post("/voices/sample/", {"text": "Hello"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        503,
        "The installation has no voice now.",
    )
