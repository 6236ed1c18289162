"""A conversation on a virtual stage: engines with fixed delays, a trainee who is a list of sounds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np

from memory.records import TurnRecord
from tests.actors import Client
from voice import events as wire
from voice.conversation import Conversation
from voice.engines.base import INPUT_RATE, LlmEngine, Pcm, SttEngine, TtsEngine, VadEngine, VadStream
from voice.engines.timed import TimedLlm, TimedStt, TimedTts
from voice.listener import ListenerSettings
from voice.scene import Cast, Door, Scene
from voice.segmenter import SegmenterSettings

FRAME_MS = 20
WHOLE_WINDOWS = ListenerSettings(segmenter=SegmenterSettings(min_silence_ms=96.0))
"""A pause is known after three windows; the times in the tests are sums with it."""
E = TypeVar("E")


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
    """``heard`` collects (ms, event); ``turns`` what was recorded, the last state of each."""

    scene: Scene = field(
        default_factory=lambda: Scene(prompt=lambda: "prompt", silence_prompt_s=0, listener=WHOLE_WINDOWS)
    )
    texts: Sequence[str] = ("hello there",)
    tokens: Sequence[str] | Callable[..., Sequence[str]] = ("Sure", ",", " I", " can", " do", " that", ".")
    stt: SttEngine | None = None
    llm: LlmEngine | None = None
    tts: TtsEngine | None = None
    vad: VadEngine | None = None
    pausable: bool = True
    ahead_ms: float = 2000.0
    strict: bool = True
    heard: list[tuple[int, wire.ServerEvent]] = field(default_factory=list)
    turns: dict[int, TurnRecord] = field(default_factory=dict)
    frame_ms: int = FRAME_MS

    def open(self) -> Conversation:
        self.llm = self.llm or TimedLlm(self.tokens)
        cast = Cast(
            vad=self.vad or LoudnessVad(),
            stt=self.stt or TimedStt(self.texts),
            llm=self.llm,
            tts=self.tts or TimedTts(),
        )
        door = Door(
            emit=self._emit,
            input_rate=INPUT_RATE,
            output_rate=24_000,
            ahead_ms=self.ahead_ms,
            pausable=self.pausable,
            strict=self.strict,
        )
        self.conversation = Conversation(scene=self.scene, cast=cast, door=door, record=self.record)
        self.client = Client(self.conversation.now, pausable=self.pausable)
        return self.conversation

    def with_scene(self, **changes: object) -> Stage:
        self.scene = replace(self.scene, **changes)  # type: ignore[arg-type]
        return self

    def _emit(self, event: wire.ServerEvent) -> None:
        self.heard.append((round(self.conversation.now()), event))
        self.client.take(event)

    def record(self, turn: TurnRecord) -> None:
        self.turns[turn.seq] = turn

    # -- what came out --------------------------------------------------------------------------------------

    def of(self, *kinds: type[E]) -> list[E]:
        return [event for _, event in self.heard if isinstance(event, kinds)]

    def states(self) -> list[tuple[int, str]]:
        return [(at, event.state) for at, event in self.heard if isinstance(event, wire.CoachState)]

    def types(self, *leave_out: str) -> list[str]:
        return [event.type for _, event in self.heard if event.type not in leave_out]

    def story(self) -> list[tuple[int, str, str, str]]:
        """The turns that were kept: number, kind, text, what remained unheard of it."""
        return [(one.seq, one.kind, one.text, one.unheard_text) for _, one in sorted(self.turns.items())]

    def errors(self) -> list[str]:
        return [event.error.code for event in self.of(wire.ErrorEvent)]

    # -- what goes in ---------------------------------------------------------------------------------------

    def play(self, *sounds: tuple[int, bool], then_s: float = 0.0) -> Coroutine[Any, Any, str]:
        """Open the conversation and play (ms, loud?) one after the other in real time, wait, hang up."""

        async def script() -> None:
            await self.sound(*sounds)
            await asyncio.sleep(then_s)

        return self.act(script)

    async def act(self, script: Callable[[], Awaitable[object]]) -> str:
        """Open the conversation, follow the script, hang up. Nothing may be left running."""
        run = asyncio.create_task(self.open().run())
        await asyncio.sleep(0)
        acting = asyncio.ensure_future(script())
        await asyncio.wait([run, acting], return_when=asyncio.FIRST_COMPLETED)
        if acting.done():
            acting.result()
        acting.cancel()
        self.conversation.hang_up("test_over")
        reason = await run
        await asyncio.sleep(0)
        left = [task for task in asyncio.all_tasks() if task not in (asyncio.current_task(), acting)]
        assert left == []
        return reason

    async def sound(self, *sounds: tuple[int, bool]) -> None:
        for ms, loud in sounds:
            for _ in range(ms // self.frame_ms):
                await asyncio.sleep(self.frame_ms / 1000)
                self.conversation.hear(frame(loud=loud, ms=self.frame_ms))

    async def silence_until(self, *states: str) -> None:
        """Silent sound until the floor is there."""
        while self.conversation.machine.state not in states:
            await self.sound((self.frame_ms, False))

    async def acknowledging(self) -> None:
        """A browser: tells every 250 ms what it has played."""
        while True:
            await asyncio.sleep(0.25)
            self.say_played()

    def say_played(self) -> None:
        if self.client.item:
            self.conversation.receive(
                wire.CoachPlayback(
                    type="coach.playback", item_id=self.client.item, played_ms=self.client.played_ms
                )
            )


def frame(*, loud: bool, ms: int = FRAME_MS) -> bytes:
    level = 8000 if loud else 0
    return np.full(INPUT_RATE * ms // 1000, level, "<i2").tobytes()
