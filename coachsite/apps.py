from __future__ import annotations

import os
from typing import Any

from django.apps import AppConfig
from django.core import checks

from coachsite import env


class CoachsiteConfig(AppConfig):
    name = "coachsite"

    def ready(self) -> None:
        from coachsite import celery  # noqa: F401  (tasks are sent through this application)

        checks.register(unknown_settings)


def unknown_settings(**_: Any) -> list[checks.CheckMessage]:
    """A misspelt setting would be ignored in silence; this says so."""
    return [
        checks.Warning(
            f"The environment names {name}, which is no setting.",
            hint=f"Did you mean {meant}?" if meant else "See docs/settings.md.",
            id="coachsite.W001",
        )
        for name, meant in env.unknown(os.environ)
    ]
