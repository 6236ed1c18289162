"""What an engine of this process is, and which there are.

An engine computes in the one synthesis thread of the process; it never sees the event loop or a socket.
Kokoro comes here as a second entry of ENGINES, put before espeak in AUTO.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tts_worker.aligner import Mark
from tts_worker.errors import EngineMissing

Emit = Callable[[bytes, Sequence[Mark]], bool]
"""Takes sound as it is made (16-bit little-endian mono PCM, with the marks that lie in it, counted from the
text's first sample) and says whether to go on; the engine stops at once when it says False."""

MIN_SPEED, MAX_SPEED = 0.5, 2.0


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """One voice as ``info`` lists it. ``speakers`` are its variants."""

    name: str
    language: str
    description: str
    speakers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VoiceWish:
    """What a client asks for. An engine that lacks ``name`` takes its default for ``language``."""

    name: str = ""
    language: str = ""
    speaker: str = ""
    speed: float = 1.0


class Engine(Protocol):
    """One verb plus what it can do."""

    name: ClassVar[str]
    description: ClassVar[str]
    attribution: ClassVar[tuple[str, str]]
    """Who made it, and where it is from."""
    sample_rate: int

    def voices(self) -> Sequence[VoiceInfo]:
        """What ``info`` lists."""

    def synthesize(self, text: str, wish: VoiceWish, emit: Emit) -> None:
        """Speak; blocks until done or told to stop. Raises SynthesisFailed."""


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
