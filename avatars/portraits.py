"""Pictures of avatars: read from an upload, kept as one small WebP, found again together with their avatars."""

from __future__ import annotations

from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


def with_pictures(rows: models.QuerySet[Row], path: str = "") -> models.QuerySet[Row]:
    """The rows with what ``{% portrait %}`` needs, so that it asks nothing: ``path`` leads from a row to its
    avatar (``"avatar"``, ``"scenario__avatar"``; empty: the rows are avatars). The pictures themselves stay
    where they are."""
    portrait = f"{path}__portrait" if path else "portrait"
    return rows.select_related(portrait).defer(f"{portrait}__data")
