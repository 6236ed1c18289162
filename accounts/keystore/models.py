"""The store of its own: what makes encrypted rows readable, and who was forgotten.

It lives in the database ``keys`` and refers to people by id only: it holds no name and no address.
"""

from __future__ import annotations

import uuid

from django.db import models


class PersonKey(models.Model):
    """One person's key, wrapped by the master key. After its destruction the row stays as a tombstone: the
    person gets no second key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person_id = models.UUIDField(unique=True)
    wrapped = models.BinaryField(null=True)
    master_id = models.CharField(max_length=16)
    """Which master key wrapped it: the first half of a digest of it."""
    created_at = models.DateTimeField(auto_now_add=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(destroyed_at__isnull=True, wrapped__isnull=False)
                | models.Q(destroyed_at__isnull=False, wrapped__isnull=True),
                name="key_is_there_or_destroyed",
            )
        ]


class ErasureLog(models.Model):
    """Who was erased, to be replayed after a restore of an older main database."""

    person_id = models.UUIDField(unique=True)
    receipt = models.CharField(max_length=64)
    """HMAC of the person's id under the master key: proves the erasure without naming anybody."""
    counts = models.JSONField(default=dict)
    """Rows erased, by model."""
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
