"""What is kept of people: conversations, their turns and sound, and what avatars remember."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedJSONField, EncryptedTextField
from accounts.managers import ScopedManager
from accounts.models import Organization
from avatars.models import ScenarioVersion


class Conversation(models.Model):
    """One rehearsal of one trainee, on the version of the scenario that was current when it began."""

    class Status(models.TextChoices):
        LIVE = "live", _("live")
        INTERRUPTED = "interrupted", _("interrupted")
        ENDED = "ended", _("ended")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="conversations")
    trainee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations"
    )
    version = models.ForeignKey(ScenarioVersion, on_delete=models.PROTECT, related_name="conversations")
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.LIVE)
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=32, blank=True)
    elapsed_ms = models.FloatField(default=0.0)
    """How long it had run when it was last interrupted: its clock stands still until somebody is back."""
    engines = models.JSONField(_("engines"), default=dict)
    """Which engine did what, by kind: ``{"stt": "pocketsphinx", ...}``."""
    lease_owner = models.CharField(max_length=64, blank=True)
    """The process (and socket) that drives it; empty: nobody does."""
    lease_expires_at = models.DateTimeField(null=True)
    """Until when; of an interrupted conversation: since when nobody drives it. None: nobody ever did, or it
    ended."""

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["-started_at"]
        verbose_name = _("conversation")
        indexes = [
            models.Index(fields=["organization", "-started_at"], name="conversations_newest"),
            models.Index(fields=["status", "lease_expires_at"], name="conversations_abandoned"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Turn(models.Model):
    """One turn: the stored form of a ``TurnRecord``. Everything said is under the trainee's key, what the
    avatar and the coach said included: it was said to or about the trainee."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="turns")
    seq = models.PositiveIntegerField()
    speaker = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    text = EncryptedTextField(person="conversation.trainee_id", null=True)
    unheard_text = EncryptedTextField(person="conversation.trainee_id", null=True)
    words = EncryptedJSONField(person="conversation.trainee_id", null=True)
    """``[[word, start_ms, end_ms], ...]``."""
    words_estimated = models.BooleanField(default=False)
    interrupted = models.BooleanField(default=False)
    started_ms = models.FloatField()
    ended_ms = models.FloatField()
    timings = models.JSONField(default=dict)

    objects = ScopedManager(organization="conversation__organization")

    class Meta:
        ordering = ["conversation", "seq"]
        verbose_name = _("turn")
        constraints = [models.UniqueConstraint(fields=["conversation", "seq"], name="turn_once")]

    def __str__(self) -> str:
        return f"{self.conversation_id}#{self.seq}"


class Recording(models.Model):
    """A stretch of sound of one side of a conversation, as a file under MEDIA_ROOT, sealed like the turns."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="recordings")
    speaker = models.CharField(max_length=16)
    path = models.CharField(max_length=200, unique=True)
    """Relative to MEDIA_ROOT."""
    media_type = models.CharField(max_length=50)
    started_ms = models.FloatField(default=0.0)
    duration_ms = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organization="conversation__organization")

    class Meta:
        ordering = ["conversation", "started_ms"]
        verbose_name = _("recording")

    def __str__(self) -> str:
        return f"{self.conversation_id}/{self.speaker}"


class Memory(models.Model):
    """Something an avatar keeps in mind about a person from one conversation to the next."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memories")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memories")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, null=True, blank=True, related_name="memories"
    )
    """Where it comes from."""
    text = EncryptedTextField(person="person_id", null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("memory")
        verbose_name_plural = _("memories")

    def __str__(self) -> str:
        return f"memory {self.pk}"
