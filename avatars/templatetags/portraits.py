"""``{% portrait avatar size="medium" mood="" %}``: the uploaded picture of an avatar, or its drawn face."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import mark_safe

from avatars import faces
from avatars.models import Avatar
from avatars.sheets import AvatarSheet

register = template.Library()

SIZES = {"small": 40, "medium": 56, "large": 320}
"""In CSS pixels; ``large`` shrinks with the window."""


@register.inclusion_tag("avatars/portrait.html")
def portrait(
    avatar: Avatar | AvatarSheet, size: str = "medium", picture: str = "", mood: str = ""
) -> dict[str, Any]:
    """``picture`` is the address of one, for a sheet: it knows only its face. ``mood``: one of
    ``avatars.sheets.MOODS``, for a drawn face to show; empty: a friendly one.

    It asks the database nothing for avatars that came ``avatars.portraits.with_pictures``.
    """
    if size not in SIZES:
        raise template.TemplateSyntaxError(f"portrait: size is one of {', '.join(SIZES)}, not {size!r}")
    return {
        "size": size,
        "pixels": SIZES[size],
        "mood": mood,
        "picture": picture or picture_url(avatar),
        "drawing": mark_safe(faces.drawing(avatar.face)),  # ours alone: nothing in it was typed in
    }


def picture_url(avatar: Avatar | AvatarSheet) -> str:
    if isinstance(avatar, AvatarSheet) or avatar.portrait is None:
        return ""
    return reverse("avatars:portrait", args=[avatar.portrait.digest])
