"""What an engine is: one verb plus close, with what it can do as class attributes.

An engine is shared by all conversations of a process. What belongs to one conversation (a VAD stream, an
utterance, a spoken reply) is a small object that the engine opens. All of it runs on the event loop; an
engine that computes moves that work into its own bounded executor or batch and never blocks the loop.

Sound inside the house is 16-bit mono PCM: numpy ``int16`` arrays on the way in (16 kHz), ``bytes``
(little-endian) on the way out. Times are milliseconds as ``float``.

Every engine translates what its vendor raises into ``voice.errors`` at its border.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

INPUT_RATE = 16_000
"""Samples per second of all sound that VAD and speech-to-text engines are given."""

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word. Times are ms from the start of what it belongs to (utterance or phrase)."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of :meth:`Engine.check`: what is wrong and what to do about it."""

    message: str
    hint: str
    level: Literal["warning", "error"] = "error"


class Engine(ABC):
    """What all engines have in common."""

    kind: ClassVar[Literal["vad", "stt", "llm", "tts"]]
    name: ClassVar[str]
    """Short name as settings and the command line show it, e.g. ``pocketsphinx``; pages show its title."""
    embedded: ClassVar[bool] = False
    """True if it runs from the installed packages alone: nothing to download, no server."""

    @property
    def program(self) -> str:
        """What does the work, by its own name: for an engine that asks a server, what runs there."""
        return self.name

    async def warm_up(self) -> None:  # noqa: B027  (an engine without a model has nothing to do)
        """Load what is slow to load. Called once at the start of a process; safe to call again."""

    async def aclose(self) -> None:  # noqa: B027
        """Give back threads, sockets and memory. Safe to call twice."""

    def check(self) -> list[Problem]:
        """What is misconfigured, without doing any I/O that takes over a second."""
        return []


# -- voice activity ------------------------------------------------------------------------------------------


class VadStream(ABC):
    """The sound of one conversation on its way through a VAD engine."""

    @abstractmethod
    def feed(self, samples: Pcm) -> None:
        """Take any number of 16 kHz samples. The stream cuts them into windows of
        :attr:`VadEngine.window_samples` and calls ``on_window(probability)`` once per complete window, in
        order, on the event loop; at once or a few ms later (engines batch across conversations)."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the sound so far (after a gap in the input). Windows under way are not reported."""

    @abstractmethod
    def close(self) -> None:
        """No further call of ``on_window``."""


class VadEngine(Engine):
    kind = "vad"
    window_samples: ClassVar[int] = 512

    @abstractmethod
    def open(self, on_window: Callable[[float], None]) -> VadStream:
        """A stream whose windows' speech probabilities (0..1) go to ``on_window``."""


# -- speech to text ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood. ``words`` times count from the first sample that the utterance was fed."""

    text: str
    words: tuple[Word, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text.strip())


class Utterance(ABC):
    """One thing a person says, transcribed while it is said.

    ``feed`` any number of times; ``settle`` whenever the text is wanted. Feeding may go on after a settle
    and be settled again: the transcript then covers everything fed so far. That is what speculation needs.
    """

    @abstractmethod
    def feed(self, samples: Pcm) -> None:
        """Take 16 kHz samples; returns at once. An utterance may be of any length. An engine that can't keep
        up holds a bounded amount of sound back; beyond that the utterance fails and :meth:`settle` says so:
        sound is never left out in silence."""

    @abstractmethod
    async def partial(self) -> str:
        """The best text so far, possibly a little behind what was fed. Never raises for lack of speech."""

    @abstractmethod
    async def settle(self) -> Transcript:
        """The transcript of everything fed so far. Raises :class:`~voice.errors.SttUnavailable`."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; safe to call twice and while a settle runs (which is then cancelled)."""


class SttEngine(Engine):
    kind = "stt"
    writes_fillers: ClassVar[bool] = False
    """Whether um, uh, er can appear in its transcripts. If not, reports say "not measurable"."""
    word_timings: ClassVar[bool] = True
    languages: ClassVar[frozenset[str] | None] = None
    """Base language codes it understands ("en"); None means any."""

    @abstractmethod
    def open(self, *, language: str, hints: tuple[str, ...] = ()) -> Utterance:
        """Begin an utterance. ``hints`` are words that the scenario makes likely."""


# -- the model that speaks -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One turn as the model sees it: only what was heard."""

    role: Literal["trainee", "avatar"]
    text: str


@dataclass(frozen=True, slots=True)
class ReplyRequest:
    """All that a reply depends on."""

    system_prompt: str
    history: tuple[Message, ...]
    """Ends with the trainee's turn that is answered, unless ``occasion`` is something else."""
    occasion: Literal["answer", "opening", "closing", "silence"] = "answer"
    """``opening``: the avatar speaks first; ``closing``: time is up, it ends the scene; ``silence``: the
    trainee has said nothing for a while, it asks."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """For the engine alone (the scenario's sheet, settings of the model)."""


class LlmEngine(Engine):
    kind = "llm"

    @abstractmethod
    def reply(self, request: ReplyRequest) -> AsyncGenerator[str, None]:
        """Text deltas as they come. Closing the generator (or cancelling the task that reads it) cancels
        the work upstream. Raises :class:`~voice.errors.LlmUnavailable`."""


# -- text to speech ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Voice:
    """How an avatar sounds. ``name`` is the engine's own; an engine that lacks it takes its default for the
    language. ``speed`` is a factor, 1.0 as the voice was made."""

    name: str = ""
    language: str = "en"
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that an engine has. With ``speakers``, ``name+speaker`` is the name of a variant of it."""

    name: str
    title: str
    """As people read it."""
    language: str
    speakers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpeechPiece:
    """A piece of a phrase as it is synthesized. ``words`` are whitespace words of the phrase's text with
    times in ms from the phrase's first sample; they come with, or before, the sound that they are in."""

    pcm: bytes = b""
    words: tuple[Word, ...] = ()


class SpokenReply(ABC):
    """The voice of one reply: phrases go in one after the other, sound comes out."""

    @property
    @abstractmethod
    def sample_rate(self) -> int:
        """Samples per second of the pieces; known once the first piece was yielded."""

    @abstractmethod
    def speak(self, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        """Synthesize one phrase, piece by piece. Raises :class:`~voice.errors.TtsUnavailable`."""

    @abstractmethod
    async def aclose(self) -> None:
        """Stop at once whatever is being synthesized; safe to call twice."""


class TtsEngine(Engine):
    kind = "tts"
    word_timings: ClassVar[bool] = True
    """If not, heard text is estimated in proportion to the letters, and the turn says so."""

    @abstractmethod
    def open(self, voice: Voice) -> SpokenReply:
        """Begin a reply in this voice."""

    async def voices(self) -> tuple[VoiceInfo, ...]:
        """The voices to choose from; none for an engine that can't tell. Raises
        :class:`~voice.errors.TtsUnavailable`."""
        return ()
