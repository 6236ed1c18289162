"""Claims about who leaves: what is open for them elsewhere is told, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from memory import notices
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

Committed = Callable[..., Any]


@pytest.fixture(autouse=True)
def known_host(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, str]]:
    """Whose conversations were asked to stop, and why."""
    asked: list[tuple[UUID, str]] = []
    monkeypatch.setattr(notices, "stop_conversations", lambda *, person, reason: asked.append((person, reason)))
    return asked


def test_who_signs_out_leaves_their_conversations(
    cast: Cast, client: Client, told: list[tuple[UUID, str]]
) -> None:
    assert client.post("/accounts/logout/").status_code == 302  # nobody was signed in
    client.force_login(cast.trainee)
    client.get("/accounts/logout/")
    assert told == []
    client.post("/accounts/logout/")
    assert told == [(cast.trainee.pk, "signed_out")]


def test_who_is_deactivated_in_the_admin_is_cut_off(
    cast: Cast,
    client: Client,
    told: list[tuple[UUID, str]],
    django_capture_on_commit_callbacks: Committed,
) -> None:
    client.force_login(cast.admin)
    stored = {"email": cast.trainee.email, "language": "en", "role": "trainee"}
    path = f"/admin/accounts/user/{cast.trainee.pk}/change/"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(path, {**stored, "is_active": "on"}).status_code == 302
    assert told == []
    with django_capture_on_commit_callbacks() as waiting:
        assert client.post(path, stored).status_code == 302
    assert told == []  # not before it is committed
    for callback in waiting:
        callback()
    assert told == [(cast.trainee.pk, "deactivated")]
