"""``manage.py token create|list|revoke``: API tokens for programs that talk as a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.models import ApiToken, User
from accounts.tokens import create_token, revoke_token


class Command(BaseCommand):
    help = "Makes, lists and revokes API tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        create = verbs.add_parser("create", help="make a token and print it, once")
        create.add_argument("--user", required=True, metavar="EMAIL")
        create.add_argument("--name", required=True, help="what it is for")
        create.add_argument(
            "--days", type=int, default=None, help="how long it is valid; without: until revoked"
        )
        listing = verbs.add_parser("list", help="the tokens there are, without the secret")
        listing.add_argument("--user", metavar="EMAIL")
        revoke = verbs.add_parser("revoke", help="make a token useless at once")
        revoke.add_argument("id", type=int, help="as listed")

    def handle(self, *args: Any, **options: Any) -> None:
        {"create": self._create, "list": self._list, "revoke": self._revoke}[options["verb"]](options)

    def _create(self, options: dict[str, Any]) -> None:
        days = options["days"]
        if days is not None and not 1 <= days <= 3650:
            raise CommandError("--days: allowed is a whole number from 1 to 3650")
        user = _user(options["user"])
        expires_in = timedelta(days=days) if days is not None else None
        _, plaintext = create_token(user=user, name=options["name"], expires_in=expires_in)
        self.stdout.write(plaintext)

    def _list(self, options: dict[str, Any]) -> None:
        with scopes_disabled():
            tokens = ApiToken.objects.select_related("user")
            if options["user"]:
                tokens = tokens.filter(user=_user(options["user"]))
            for token in tokens:
                self.stdout.write(
                    f"{token.pk}\t{token.prefix}…\t{token.user.email}\t{token.name}\t{_state(token)}"
                )

    def _revoke(self, options: dict[str, Any]) -> None:
        if not revoke_token(token_id=options["id"]):
            raise CommandError("there is no valid token of this id; see: manage.py token list")
        self.stdout.write("revoked")


def _user(email: str) -> User:
    user = User.everyone.filter(email=email.strip().lower(), is_active=True).first()
    if user is None:
        raise CommandError("there is no active user of this address")
    return user


def _state(token: ApiToken) -> str:
    if token.revoked_at:
        return f"revoked {token.revoked_at:%Y-%m-%d}"
    if token.expires_at and token.expires_at <= timezone.now():
        return f"expired {token.expires_at:%Y-%m-%d}"
    return f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "until revoked"
