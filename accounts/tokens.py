"""API tokens: made once, found by digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.models import ApiToken, User

PREFIX = "coach_"
_SHOWN = 10
_USE_NOTED_EVERY = timedelta(minutes=1)


def create_token(*, user: User, name: str, expires_in: timedelta | None = None) -> tuple[ApiToken, str]:
    """The stored token and its plaintext, which is nowhere else. ``expires_in`` None: it never expires."""
    plaintext = PREFIX + secrets.token_urlsafe(32)
    with scopes_disabled():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            prefix=plaintext[:_SHOWN],
            digest=_digest(plaintext),
            expires_at=timezone.now() + expires_in if expires_in is not None else None,
        )
    return token, plaintext


def user_for_token(plaintext: str) -> User | None:
    """Whose token this is; None if it is unknown, expired or revoked, or its person inactive."""
    now = timezone.now()
    with scopes_disabled():
        token = (
            ApiToken.objects.select_related("user__organization")
            .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), digest=_digest(plaintext))
            .filter(revoked_at__isnull=True, user__is_active=True, user__erasing_since__isnull=True)
            .first()
        )
        if token is None:
            return None
        if token.last_used_at is None or now - token.last_used_at > _USE_NOTED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user


def revoke_token(*, token_id: int) -> bool:
    """True if it was valid until now."""
    with scopes_disabled():
        return bool(
            ApiToken.objects.filter(pk=token_id, revoked_at__isnull=True).update(revoked_at=timezone.now())
        )


def _digest(plaintext: str) -> str:
    # 256 bits of chance need no slow hash: there is nothing to guess.
    return hashlib.sha256(plaintext.encode()).hexdigest()
