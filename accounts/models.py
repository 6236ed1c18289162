"""Who there is: organizations, their people and teams, and the tokens that programs use."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import EncryptedTextField
from accounts.managers import ScopedManager


class Organization(models.Model):
    """The border that no query crosses. It is the scope itself, so its own manager is not scoped."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("short name"), unique=True)
    context = models.TextField(
        _("about the organization"),
        blank=True,
        help_text=_("What every avatar should know about you: products, names, rules. Not about people."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("organization")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, *, organization: Organization, **fields: Any
    ) -> User:
        """A user who signs in with this address. Raises ``ValueError`` without one."""
        if not email:
            raise ValueError("a user needs an e-mail address")
        user: User = self.model(email=email.strip().lower(), organization=organization, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An admin of the named organization; without one, of the first there is, or of a new one."""
        organization = fields.pop("organization", None) or Organization.objects.order_by("created_at").first()
        if organization is None:
            organization = Organization.objects.create(name="My organization", slug="my-organization")
        fields = {"role": User.Role.ADMIN, "is_staff": True, "is_superuser": True, **fields}
        return self.create_user(email, password, organization=organization, **fields)


class ScopedUserManager(ScopedManager["User"], UserManager):
    # allauth's migrations ask for ``User.objects``; they get a plain manager under that name, since nobody
    # is in a scope while migrating.
    use_in_migrations = True

    def deconstruct(self) -> tuple[bool, str | None, str | None, Any, Any]:
        return False, "django.db.models.manager.Manager", None, (), {}

    def __eq__(self, other: object) -> bool:
        # To makemigrations it is that plain manager, so there is nothing to change.
        return isinstance(other, models.Manager) and self.deconstruct() == other.deconstruct()

    __hash__ = models.Manager.__hash__


class User(AbstractBaseUser, PermissionsMixin):
    """A person of one organization."""

    class Role(models.TextChoices):
        TRAINEE = "trainee", _("trainee")
        COACH = "coach", _("coach")
        ADMIN = "admin", _("admin")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="users")
    email = models.EmailField(_("e-mail address"), unique=True)
    preferred_name = models.CharField(
        _("preferred name"), max_length=100, blank=True, help_text=_("How the avatars address you.")
    )
    language = models.CharField(_("language"), max_length=16, default="en")
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.TRAINEE)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the admin"), default=False)
    erasing_since = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("Set first when a person is erased: from then on nothing is written."),
    )
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    everyone: ClassVar[UserManager] = UserManager()
    """Across organizations: for signing in, when nobody's organization is known yet."""
    objects: ClassVar[ScopedUserManager] = ScopedUserManager(organization="organization")

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        default_manager_name = "everyone"
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.preferred_name or self.email

    @property
    def is_coach(self) -> bool:
        """Whether the pages of a coach are meant for this person. What is on them, the teams decide."""
        return self.role == self.Role.COACH

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()


class Profile(models.Model):
    """How a person likes to practise. Made when it is first saved; until then the defaults hold
    (:func:`accounts.profiles.profile_of`)."""

    class Microphone(models.TextChoices):
        OPEN = "open", _("on: just talk")
        HOLD = "hold", _("hold to talk")
        MUTED = "muted", _("muted until I switch it on")

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="profile")
    preferences = EncryptedTextField(_("what the avatars should know"), person="user_id", null=True, blank=True)
    """In the person's own words; goes into the prompt as data."""
    captions = models.BooleanField(_("captions"), default=True)
    microphone = models.CharField(_("microphone"), max_length=16, choices=Microphone, default=Microphone.OPEN)
    recording_consent_at = models.DateTimeField(null=True, editable=False)
    """When the person agreed to sound recordings; None: they did not."""
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScopedManager(organization="user__organization")

    class Meta:
        verbose_name = _("profile")

    def __str__(self) -> str:
        return str(self.user_id)


class Team(models.Model):
    """People who practise together, and who coaches them."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(_("name"), max_length=200)
    members = models.ManyToManyField(User, related_name="teams", blank=True, verbose_name=_("members"))
    coaches = models.ManyToManyField(User, related_name="coached_teams", blank=True, verbose_name=_("coaches"))

    objects = ScopedManager(organization="organization")

    class Meta:
        ordering = ["name"]
        verbose_name = _("team")
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name


class ApiToken(models.Model):
    """Lets a program act as a person. Only a digest is kept: the token is shown once, when it is made."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    prefix = models.CharField(_("begins with"), max_length=16)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    objects = ScopedManager(organization="user__organization")

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")

    def __str__(self) -> str:
        return f"{self.prefix}…"
