"""What the role ``admin`` may do: everything that Django's admin shows, of the own organization.

The scope of each request keeps it inside the organization; what even an admin may not (touch a superuser,
delete a person, sign in as somebody) the admin classes say. Conversations and reports are of other apps and
stay out of reach.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.db.models import Q

from accounts.models import User

APPS = frozenset({"accounts", "avatars"})
"""The apps whose rows an admin edits."""


def opens_the_admin(user: User) -> bool:
    """Whether Django's admin is for this person: decided by the role, and noted in ``is_staff``."""
    return user.role == User.Role.ADMIN or user.is_superuser


def may_act_as(editor: User) -> Q:
    """The people for whom this admin may set a password or make a token. Whoever has signed in may have held
    conversations, which an admin can't read: and so can't act as them either. Superusers can do anything."""
    if editor.is_superuser:
        return Q()
    return Q(pk=editor.pk) | Q(last_login=None, is_superuser=False)


class OrganizationAdmins(BaseBackend):
    """Grants permissions to the role; signs nobody in."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return self.has_module_perms(user_obj, perm.partition(".")[0])

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        if not isinstance(user_obj, User) or not (user_obj.is_active and user_obj.is_staff):
            return False
        return user_obj.role == User.Role.ADMIN and app_label in APPS
