"""The demo's people, and whether their password is still the one that everybody knows."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress

from accounts.models import Organization, Team, User
from accounts.scoping import organization_scope

PASSWORD = "demo"
ORGANIZATION = "Demo"
ADMIN, COACH, TRAINEE = "admin@demo.test", "coach@demo.test", "trainee@demo.test"
_PEOPLE: dict[str, dict[str, Any]] = {
    ADMIN: {"role": User.Role.ADMIN, "is_staff": True, "is_superuser": True, "preferred_name": "Ada"},
    COACH: {"role": User.Role.COACH, "preferred_name": "Chris"},
    TRAINEE: {"role": User.Role.TRAINEE, "preferred_name": "Tess"},
}


def seed_people() -> Organization:
    """The organization, its people and their team. What is there already is left as it is."""
    organization, _ = Organization.objects.get_or_create(
        slug="demo",
        defaults={
            "name": ORGANIZATION,
            "context": "Demo is a maker and seller of phones and of software for shops.",
        },
    )
    with organization_scope(organization):
        people = {email: _person(organization, email) for email in _PEOPLE}
        team, made = Team.objects.get_or_create(organization=organization, name="First team")
        if made:
            team.members.add(people[TRAINEE])
            team.coaches.add(people[COACH])
    return organization


def demo_password_in_use() -> bool:
    """Whether anybody could sign in with a demo account's published password."""
    return any(
        user.check_password(PASSWORD) for user in User.everyone.filter(email__in=list(_PEOPLE), is_active=True)
    )


def _person(organization: Organization, email: str) -> User:
    user = User.everyone.filter(email=email).first()
    if user is None:
        user = User.everyone.create_user(email, PASSWORD, organization=organization, **_PEOPLE[email])
        EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user
