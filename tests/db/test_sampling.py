"""Claims about voice samples without a speech server: how many, and what is said for want of a voice."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests.db.conftest import Cast
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


def test_without_a_voice_it_says_how_to_get_one(as_admin: Client, settings: Any) -> None:
    settings.COACH_TTS = "none"
    assert as_admin.get("/voices/").json() == {"voices": []}
    answer = as_admin.post("/voices/sample/", {"text": "Hello"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        503,
        "The installation has no voice now.",
    )
