"""How a person likes to practise: read, and changed."""

from __future__ import annotations

from accounts.models import Profile, User
from accounts.scoping import organization_scope


def profile_of(user: User) -> Profile:
    """The person's profile; the defaults, not stored, where there is none yet."""
    with organization_scope(user.organization_id):
        return Profile.objects.filter(pk=user.pk).first() or Profile(user=user)
