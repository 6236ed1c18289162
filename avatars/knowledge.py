"""What an organization wrote down for its avatars, as the prompt takes it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import F, Q

from accounts.models import Organization
from accounts.scoping import organization_scope
from avatars.models import KnowledgeItem

MOST_ITEMS = 50


def knowledge_for(*, organization: Organization | UUID, avatar_slug: str) -> tuple[str, ...]:
    """One text for each item that is for every avatar or for this one; those of its own come first, because the
    prompt leaves out what does not fit (``avatars.prompts.KNOWLEDGE_LIMIT``)."""
    with organization_scope(organization):
        items = KnowledgeItem.objects.filter(Q(avatar=None) | Q(avatar__slug=avatar_slug))
        own_first = items.order_by(F("avatar").asc(nulls_last=True), "title")[:MOST_ITEMS]
        return tuple(f"{one.title}: {one.text}" for one in own_first)
