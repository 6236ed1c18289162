"""Claims about API tokens and the command that makes them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.models import ApiToken, User
from accounts.tokens import create_token, revoke_token, user_for_token
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db


def test_it_finds_the_person_and_keeps_a_digest_only(cast: Cast) -> None:
    token, plaintext = create_token(user=cast.trainee, name="laptop")
    assert user_for_token(plaintext) == cast.trainee
    with scopes_disabled():
        stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert plaintext not in repr(stored)
    assert (stored["prefix"], len(stored["digest"])) == (plaintext[:10], 64)
    assert stored["last_used_at"] is not None


@pytest.mark.parametrize("wrong", ["", "coach_", "coach_" + "x" * 43, "\x00", "ü" * 1000])
def test_it_finds_nobody_for_a_wrong_one(cast: Cast, wrong: str) -> None:
    create_token(user=cast.trainee, name="laptop")
    assert user_for_token(wrong) is None


def test_it_finds_nobody_once_it_is_expired(cast: Cast) -> None:
    _, valid = create_token(user=cast.trainee, name="a", expires_in=timedelta(minutes=1))
    _, expired = create_token(user=cast.trainee, name="b", expires_in=timedelta(seconds=-1))
    assert (user_for_token(valid), user_for_token(expired)) == (cast.trainee, None)


def test_it_finds_nobody_once_it_is_revoked(cast: Cast) -> None:
    token, plaintext = create_token(user=cast.trainee, name="laptop")
    assert [revoke_token(token_id=token.pk), revoke_token(token_id=token.pk)] == [True, False]
    assert user_for_token(plaintext) is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"erasing_since": timezone.now()}], ids=str)
def test_it_finds_nobody_who_left(cast: Cast, change: dict[str, object]) -> None:
    _, plaintext = create_token(user=cast.trainee, name="laptop")
    User.everyone.filter(pk=cast.trainee.pk).update(**change)
    assert user_for_token(plaintext) is None


def command(*args: str) -> str:
    out = io.StringIO()
    call_command("token", *args, stdout=out)
    return out.getvalue().strip()


def test_the_command_prints_it_once_and_lists_it_without_the_secret(cast: Cast) -> None:
    plaintext = command("create", "--user", "Trainee@here.test", "--name", "laptop", "--days", "7")
    assert user_for_token(plaintext) == cast.trainee
    listed = command("list", "--user", "trainee@here.test")
    number, prefix, email, name, state = listed.split("\t")
    until = timezone.now() + timedelta(days=7)
    assert (prefix, email, name, state) == (
        plaintext[:10] + "…",
        "trainee@here.test",
        "laptop",
        f"until {until:%Y-%m-%d}",
    )
    assert command("revoke", number) == "revoked"
    assert command("list").split("\t")[4].startswith("revoked ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", "--user", "nobody@here.test", "--name", "x"), "there is no active user of this address"),
        (
            ("create", "--user", "trainee@here.test", "--name", "x", "--days", "0"),
            "--days: allowed is a whole number from 1 to 3650",
        ),
        (("revoke", "99"), "there is no valid token of this id; see: manage.py token list"),
    ],
)
def test_the_command_says_what_is_wrong(cast: Cast, arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(CommandError, match=message.split(";")[0]) as caught:
        command(*arguments)
    assert str(caught.value) == message
