"""What was measured in a conversation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedJSONField
from accounts.managers import ScopedManager
from memory.models import Conversation


class Report(models.Model):
    """The analysis of one conversation by one version of the analysis; an older one stays as it was."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("queued")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="reports")
    analysis_version = models.PositiveIntegerField()
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.QUEUED)
    progress = models.FloatField(_("progress"), default=0.0)
    """0..1."""
    error_code = models.CharField(_("error"), max_length=64, blank=True)
    metrics = EncryptedJSONField(person="conversation.trainee_id", null=True)
    """By metric; see docs of ``reports.metrics``."""
    summary = EncryptedJSONField(person="conversation.trainee_id", null=True)
    """``{"on_target": 3, "judged": 4}``: what lists show, so that they open no ``metrics``."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(organization="conversation__organization")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("report")
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "analysis_version"], name="report_once_per_analysis"
            )
        ]
        indexes = [models.Index(fields=["status", "updated_at"], name="reports_overdue")]

    def __str__(self) -> str:
        return f"{self.conversation_id} v{self.analysis_version}"
