"""What one conversation runs on, and the door it is held through. Values only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from avatars.sheets import Mood
from voice.engines.base import LlmEngine, Message, SttEngine, TtsEngine, VadEngine, Voice
from voice.events import ServerEvent
from voice.listener import ListenerSettings
from voice.verdicts import TurnSettings


@dataclass(frozen=True, slots=True)
class Cast:
    """The four engines that a conversation is held with."""

    vad: VadEngine
    stt: SttEngine
    llm: LlmEngine
    tts: TtsEngine


@dataclass(frozen=True, slots=True)
class Scene:
    """The scenario as the loop needs it, and where it stands."""

    prompt: Callable[[], str]
    """Renders the system prompt; asked again for each reply, because directions come in between."""
    opening_line: str = ""
    is_closing: Callable[[str], bool] = lambda _text: False
    """Whether this text of the avatar ends the scene."""
    mood: Callable[[Iterable[Message]], Mood | None] = lambda _history: None
    """How the avatar feels after this history; None where that can't be told."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Handed through to the model's engine."""
    voice: Voice = field(default_factory=Voice)
    language: str = "en"
    hints: tuple[str, ...] = ()
    turns: TurnSettings = field(default_factory=TurnSettings)
    listener: ListenerSettings = field(default_factory=ListenerSettings)
    time_limit_s: float = 600.0
    silence_prompt_s: float = 12.0
    """Silence after which the avatar asks whether the trainee is still there; 0: never."""
    cut_in_after_s: float = 0.0
    """How long the trainee may talk in one go before the avatar takes the floor; 0: never."""
    idle_limit_s: float = 120.0
    """Without a word from the trainee for this long, nor one of the avatar's beyond "are you still there?", the
    conversation ends."""
    history: Mapping[int, Message] = field(default_factory=dict)
    """Turns of an earlier connection, by ``seq``."""
    next_seq: int = 1
    elapsed_ms: float = 0.0
    """How long the conversation has lasted before this connection."""


@dataclass(slots=True)
class Door:
    """How a client is reached. ``emit`` returns at once; the door's own queue is bounded."""

    emit: Callable[[ServerEvent], None]
    input_rate: int = 24_000
    output_rate: int = 24_000
    ahead_ms: float = 300.0
    """How much unplayed sound the client may hold: 2 s where it acknowledges, 300 ms where it does not."""
    pausable: bool = False
    """Whether it understands ``coach.output.pause``."""
    strict: bool = False
    """Tests: an event that is illegal in the turn table raises."""
