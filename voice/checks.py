"""``manage.py check``: which engine is misconfigured, and what to do about it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks

from voice.casting import wanted
from voice.engines import registry


@checks.register("voice")
def engines(**_: Any) -> list[checks.CheckMessage]:
    """One message for each problem that an engine in use has."""
    messages: list[checks.CheckMessage] = []
    for kind in registry.BASES:
        found = registry.problems(kind, wanted(kind), settings.VOICE_ENGINES, settings.VOICE_PREFERENCE[kind])
        for problem in found:
            # A warning at most: a server whose engine is away for a moment still has to start.
            messages.append(checks.Warning(problem.message, hint=problem.hint, id=f"voice.{kind}"))
    return messages
