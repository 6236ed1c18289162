"""Which engines there are. Kokoro comes here as a second entry of ENGINES, put before espeak in AUTO."""

from __future__ import annotations

from collections.abc import Callable

from tts_worker.base import Engine
from tts_worker.errors import EngineMissing


def _espeak() -> Engine:
    from tts_worker.espeak import Espeak  # loads the library: only when it was chosen

    return Espeak()


ENGINES: dict[str, Callable[[], Engine]] = {"espeak": _espeak}
AUTO = ("espeak",)
"""Best first: ``--engine auto`` takes the first that is really there."""


def load(name: str) -> Engine:
    """The engine of this name (or ``auto``). Raises EngineMissing."""
    if name != "auto":
        return ENGINES[name]()
    reasons = []
    for candidate in AUTO:
        try:
            return ENGINES[candidate]()
        except EngineMissing as exc:
            reasons.append(f"{candidate}: {exc}")
    raise EngineMissing("; ".join(reasons))
