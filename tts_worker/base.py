"""What an engine of this process is.

An engine computes in the one synthesis thread of the process; it never sees the event loop or a socket.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tts_worker.aligner import Mark

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
