"""Somebody leaves: they sign out, or are deactivated. Whatever is open for them elsewhere is told."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.module_loading import import_string

from accounts.models import User


@receiver(post_save, sender=User)
def tell_of_deactivation(instance: User, created: bool, raw: bool = False, **_: Any) -> None:
    # An erasure does not come by here: it stops the writers itself, app by app.
    if not (instance.is_active or created or raw):
        # Not before it is committed: who is cut off may try to come back at once.
        transaction.on_commit(partial(_tell, instance.pk, "deactivated"))


@receiver(user_logged_out)
def tell_of_sign_out(user: User | None, **_: Any) -> None:
    if user is not None:
        _tell(user.pk, "signed_out")


def _tell(person: UUID, reason: str) -> None:
    for path in settings.WHEN_SOMEBODY_LEAVES:
        import_string(path)(person=person, reason=reason)
