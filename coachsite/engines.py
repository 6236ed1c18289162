"""Which engine does what, as the settings choose it."""

from __future__ import annotations

from django.conf import settings
from django.utils.module_loading import import_string


def in_use() -> dict[str, str]:
    """The name of the engine by kind (vad, stt, llm, tts); "none" where nothing that was chosen can run."""
    return {kind: _chosen(kind) for kind in settings.VOICE_ENGINES}


def _chosen(kind: str) -> str:
    choice = getattr(settings, f"COACH_{kind.upper()}")
    engines = settings.VOICE_ENGINES[kind]
    for alias in [choice] if choice in engines else engines if choice == "auto" else []:
        try:
            import_string(engines[alias]["path"])
        except ImportError:
            continue
        return str(alias)
    return str(choice) if choice not in engines and choice != "auto" else "none"
