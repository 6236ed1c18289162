"""Who may read about a conversation: whoever held it, and whoever coaches them."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts.models import Team, User
from memory.models import Conversation


def readable_by(user: User) -> QuerySet[Conversation]:
    """The conversations whose report and transcript this person may read: their own, and those of the members
    of teams they coach. Nobody else's, whatever the role: administering the site is no reason to read along.
    """
    return _of_organization(user).filter(Q(trainee=user) | Q(trainee__in=trainees_of(user)))


def own_of(user: User) -> QuerySet[Conversation]:
    return _of_organization(user).filter(trainee=user)


def coached_by(user: User) -> QuerySet[Conversation]:
    """The conversations of the people this person coaches, their own left out."""
    return _of_organization(user).filter(trainee__in=trainees_of(user)).exclude(trainee=user)


def trainees_of(user: User) -> QuerySet[User]:
    """The members of the teams that this person coaches."""
    members = Team.members.through.objects.filter(team__in=teams_of(user))
    return User.objects.filter(organization=user.organization_id, pk__in=members.values("user_id"))


def teams_of(user: User) -> QuerySet[Team]:
    """The teams that this person coaches. A trainee coaches none: not one who was a coach before, either."""
    if user.role == User.Role.TRAINEE:
        return Team.objects.none()
    return Team.objects.filter(organization=user.organization_id, coaches=user)


def _of_organization(user: User) -> QuerySet[Conversation]:
    return Conversation.objects.filter(organization=user.organization_id)
