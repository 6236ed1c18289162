"""Avatars and what they know."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin import ScopedAdmin
from avatars.models import Avatar, KnowledgeItem


@admin.register(Avatar)
class AvatarAdmin(ScopedAdmin):
    list_display = ("name", "slug", "language", "voice")


@admin.register(KnowledgeItem)
class KnowledgeItemAdmin(ScopedAdmin):
    list_display = ("title", "avatar")
