"""A conversation on a virtual stage: engines with fixed delays, a trainee who is a list of sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from memory.records import TurnRecord
from voice import events as wire
from voice.conversation import Conversation
from voice.engines.base import INPUT_RATE, LlmEngine, Pcm, SttEngine, TtsEngine, VadEngine, VadStream
from voice.engines.timed import TimedLlm, TimedStt, TimedTts
from voice.scene import Cast, Door, Scene

FRAME_MS = 20


class LoudnessVad(VadEngine):
    """Loud is speech: exact to the window."""

    name = "loudness"
    embedded = True

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        return _LoudnessStream(on_window)


class _LoudnessStream(VadStream):
    def __init__(self, on_window: Callable[[float], None]) -> None:
        self._on_window = on_window
        self._rest = np.zeros(0, np.int16)

    def feed(self, samples: Pcm) -> None:
        self._rest = np.concatenate([self._rest, samples])
        while len(self._rest) >= 512:
            window, self._rest = self._rest[:512], self._rest[512:]
            self._on_window(1.0 if np.abs(window).max() > 1000 else 0.0)

    def reset(self) -> None:
        self._rest = self._rest[:0]

    def close(self) -> None:
        self._on_window = lambda _probability: None


@dataclass
class Stage:
    """``hear`` collects (ms, event); ``turns`` what was recorded, the last state of each."""

    scene: Scene = field(default_factory=lambda: Scene(prompt=lambda: "prompt", silence_prompt_s=0))
    texts: Sequence[str] = ("hello there",)
    tokens: Sequence[str] | Callable[..., Sequence[str]] = ("Sure", ",", " I", " can", " do", " that", ".")
    stt: SttEngine | None = None
    llm: LlmEngine | None = None
    tts: TtsEngine | None = None
    pausable: bool = True
    ahead_ms: float = 2000.0
    heard: list[tuple[int, wire.ServerEvent]] = field(default_factory=list)
    turns: dict[int, TurnRecord] = field(default_factory=dict)

    def open(self) -> Conversation:
        cast = Cast(
            vad=LoudnessVad(),
            stt=self.stt or TimedStt(self.texts),
            llm=self.llm or TimedLlm(self.tokens),
            tts=self.tts or TimedTts(),
        )
        door = Door(
            emit=self._emit,
            input_rate=INPUT_RATE,
            output_rate=24_000,
            ahead_ms=self.ahead_ms,
            pausable=self.pausable,
            strict=True,
        )
        self.conversation = Conversation(scene=self.scene, cast=cast, door=door, record=self._record)
        return self.conversation

    def with_scene(self, **changes: object) -> Stage:
        self.scene = replace(self.scene, **changes)  # type: ignore[arg-type]
        return self

    def _emit(self, event: wire.ServerEvent) -> None:
        self.heard.append((round(self.conversation.now()), event))

    def _record(self, turn: TurnRecord) -> None:
        self.turns[turn.seq] = turn

    def states(self) -> list[tuple[int, str]]:
        return [(at, event.state) for at, event in self.heard if isinstance(event, wire.CoachState)]

    def types(self, *leave_out: str) -> list[str]:
        return [event.type for _, event in self.heard if event.type not in leave_out]

    async def play(self, *sounds: tuple[int, bool], then_s: float = 0.0) -> str | None:
        """Open the conversation and play (ms, loud?) one after the other in real time, wait, hang up."""
        conversation = self.open()
        run = asyncio.create_task(conversation.run())
        await self.sound(*sounds)
        await asyncio.sleep(then_s)
        conversation.hang_up("test_over")
        return await run

    async def sound(self, *sounds: tuple[int, bool]) -> None:
        for ms, loud in sounds:
            for _ in range(ms // FRAME_MS):
                if self.conversation._ended.done():
                    return
                await asyncio.sleep(FRAME_MS / 1000)
                self.conversation.hear(frame(loud=loud))


def frame(*, loud: bool, ms: int = FRAME_MS) -> bytes:
    level = 8000 if loud else 0
    return np.full(INPUT_RATE * ms // 1000, level, "<i2").tobytes()
