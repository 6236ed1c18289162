"""What is rehearsed: avatars, scenarios with their lines and criteria, and the versions that were run."""

from __future__ import annotations

from typing import get_args

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.managers import ScopedManager
from accounts.models import Organization
from avatars.sheets import FACES, MOODS, LineKind

_MOODS = [(mood, _(mood)) for mood in MOODS]
_FACES = [(face, face.replace("-", " ")) for face in FACES]
_LINE_KINDS = [(kind, kind.replace("_", " ")) for kind in get_args(LineKind)]


class Portrait(models.Model):
    """A picture of an avatar, as it was re-encoded after the upload. It is kept in the database, so that every
    web process has it; it is served under its digest, so that a browser needs to ask only once a day."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="portraits")
    digest = models.CharField(max_length=64)
    """SHA-256 of ``data``, in hexadecimal digits."""
    data = models.BinaryField()
    """WebP, square, at most 512 pixels a side, without metadata."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("portrait")
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="portrait_once")]

    def __str__(self) -> str:
        return self.digest[:12]


class Avatar(models.Model):
    """Who plays the other side."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="avatars")
    slug = models.SlugField(_("short name"))
    name = models.CharField(_("name"), max_length=100)
    persona = models.TextField(_("persona"), help_text=_("Who this is, in the second person: You are ..."))
    style = models.TextField(_("way of speaking"), blank=True)
    language = models.CharField(_("language"), max_length=16, default="en")
    voice = models.CharField(_("voice"), max_length=100, blank=True, help_text=_("Empty: one of the language."))
    speed = models.FloatField(
        _("speed"), default=1.0, validators=[MinValueValidator(0.5), MaxValueValidator(2.0)]
    )
    patience_ms = models.PositiveIntegerField(
        _("patience (ms)"), default=500, help_text=_("Silence after which a turn of yours counts as ended.")
    )
    interrupt_after_ms = models.PositiveIntegerField(
        _("gives way after (ms)"), default=500, help_text=_("How long you must speak over it.")
    )
    silence_prompt_s = models.PositiveIntegerField(
        _("asks after silence (s)"), default=12, help_text=_("0: never.")
    )
    cut_in_after_s = models.PositiveIntegerField(
        _("cuts in after (s)"),
        default=0,
        help_text=_("How long you may talk in one go before it takes the floor. 0: it never cuts in."),
    )
    llm = models.CharField(
        _("language model"), max_length=100, blank=True, help_text=_("Empty: the one of this installation.")
    )
    face = models.CharField(_("drawn portrait"), max_length=32, choices=_FACES, default=FACES[0])
    portrait = models.ForeignKey(
        "avatars.Portrait", on_delete=models.SET_NULL, null=True, blank=True, related_name="avatars"
    )
    """An uploaded picture; without one the drawn face is shown."""
    imported_digest = models.CharField(max_length=64, blank=True, editable=False)
    """Of the sheet it was last imported from; differs from its content once somebody edited it."""

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["name"]
        verbose_name = _("avatar")
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="avatar_slug_once")]

    def __str__(self) -> str:
        return self.name


class Scenario(models.Model):
    """A scene as its authors edit it. What runs is a :class:`ScenarioVersion`."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        ARCHIVED = "archived", _("archived")

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="scenarios")
    avatar = models.ForeignKey(Avatar, on_delete=models.PROTECT, related_name="scenarios")
    slug = models.SlugField(_("short name"))
    title = models.CharField(_("title"), max_length=200)
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.DRAFT)
    brief = models.TextField(_("brief"), help_text=_("What the trainee reads before beginning."))
    situation = models.TextField(_("hidden situation"), blank=True, help_text=_("What only the avatar knows."))
    objectives = models.JSONField(_("objectives"), default=list, blank=True)
    opening_line = models.TextField(_("opening line"), blank=True, help_text=_("Empty: the trainee begins."))
    targets = models.JSONField(_("targets"), default=list, blank=True)
    """``[{"metric": name, "low": number | null, "high": number | null}]``."""
    language = models.CharField(_("language"), max_length=16, default="en")
    time_limit_s = models.PositiveIntegerField(
        _("time limit (s)"), default=600, validators=[MinValueValidator(30)]
    )
    start_mood = models.CharField(_("mood at the start"), max_length=16, choices=_MOODS, default="neutral")
    hot_words = models.JSONField(_("words that heat up"), default=list, blank=True)
    cool_words = models.JSONField(_("words that calm down"), default=list, blank=True)
    imported_digest = models.CharField(max_length=64, blank=True, editable=False)
    """As on the avatar."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["title"]
        verbose_name = _("scenario")
        constraints = [models.UniqueConstraint(fields=["organization", "slug"], name="scenario_slug_once")]

    def __str__(self) -> str:
        return self.title

    @property
    def minutes(self) -> int:
        """The time limit as people read it."""
        return max(1, round(self.time_limit_s / 60))


class ScriptLine(models.Model):
    """One thing the avatar can say: see ``LineSheet``."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField(default=0)
    text = models.TextField(_("text"))
    cues = models.JSONField(_("cues"), default=list, blank=True)
    moods = models.JSONField(_("moods"), default=list, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=_LINE_KINDS, default="reply")
    heat = models.SmallIntegerField(_("heat"), default=0)

    objects = ScopedManager(organization="scenario__organization")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("line")

    def __str__(self) -> str:
        return self.text[:60]


class Criterion(models.Model):
    """One yes / no check of the rubric: see ``CriterionSheet``."""

    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="criteria")
    position = models.PositiveIntegerField(default=0)
    slug = models.SlugField(_("short name"))
    title = models.CharField(_("title"), max_length=200)
    question = models.TextField(_("question"))
    weight = models.FloatField(_("weight"), default=1.0, validators=[MinValueValidator(0.0)])
    evidence = models.JSONField(_("evidence"), default=list, blank=True)

    objects = ScopedManager(organization="scenario__organization")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [models.UniqueConstraint(fields=["scenario", "slug"], name="criterion_slug_once")]

    def __str__(self) -> str:
        return self.title


class KnowledgeItem(models.Model):
    """Something the organization's avatars may draw on; with an avatar, only that one."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="knowledge")
    avatar = models.ForeignKey(
        Avatar, on_delete=models.CASCADE, null=True, blank=True, related_name="knowledge"
    )
    title = models.CharField(_("title"), max_length=200)
    text = models.TextField(_("text"))

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["title"]
        verbose_name = _("knowledge")
        verbose_name_plural = _("knowledge")

    def __str__(self) -> str:
        return self.title


class Assignment(models.Model):
    """A scenario that somebody should rehearse."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="assignments")
    scenario = models.ForeignKey(Scenario, on_delete=models.CASCADE, related_name="assignments")
    trainee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="assignments")
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="assigned"
    )
    due_on = models.DateField(_("due"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["due_on", "created_at"]
        verbose_name = _("assignment")
        constraints = [models.UniqueConstraint(fields=["scenario", "trainee"], name="assigned_once")]

    def __str__(self) -> str:
        return f"{self.scenario}"


class ScenarioVersion(models.Model):
    """A scenario as it was published: what conversations run on and reports refer to. Never changed."""

    scenario = models.ForeignKey(Scenario, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    sheet = models.JSONField()
    """The JSON of a ``ScenarioSheet``, its avatar inside."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ScopedManager(organization="scenario__organization")

    class Meta:
        ordering = ["scenario", "-number"]
        verbose_name = _("version")
        constraints = [models.UniqueConstraint(fields=["scenario", "number"], name="version_number_once")]

    def __str__(self) -> str:
        return f"{self.scenario} v{self.number}"
