"""Keys live in the database ``keys``, everything else in ``default``, and neither in the other."""

from __future__ import annotations

from typing import Any

from django.db import models

KEYS = "keys"
_APP = "keystore"


class KeystoreRouter:
    def db_for_read(self, model: type[models.Model], **_: Any) -> str | None:
        return KEYS if model._meta.app_label == _APP else None

    db_for_write = db_for_read

    def allow_relation(self, left: models.Model, right: models.Model, **_: Any) -> bool | None:
        if (left._meta.app_label == _APP) != (right._meta.app_label == _APP):
            return False
        return None

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        return (db == KEYS) == (app_label == _APP)
