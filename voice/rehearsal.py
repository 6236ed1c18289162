"""A trainee made of sound files: holds a conversation in real time without a browser.

It does what a good client does: sends 20 ms of microphone at a time, plays what it is sent at the speed of
sound, says how far it is, falls silent when told to, and drops its queue when the avatar was cut off. Both
voices are kept on one clock, so the result can be listened to as it sounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from voice import events as wire
from voice.conversation import Conversation
from voice.engines.base import INPUT_RATE, Pcm
from voice.scene import Door

TICK_MS = 20
OUTPUT_RATE = 24_000
ACKNOWLEDGE_EVERY_TICKS = 5
BREATH_MS = 400
"""Between the avatar's last word and the trainee's first."""
PATIENCE_S = 30.0
"""So long an answer is waited for."""


@dataclass(slots=True)
class Loudspeaker:
    """What has arrived and not been played yet. Bytes of 16-bit mono PCM at ``OUTPUT_RATE``."""

    queue: deque[tuple[str, bytes]] = field(default_factory=deque)
    played_bytes: dict[str, int] = field(default_factory=dict)
    paused: bool = False
    item_id: str = ""

    def add(self, item_id: str, pcm: bytes) -> None:
        self.queue.append((item_id, pcm))

    def clear(self) -> None:
        self.queue.clear()
        self.paused = False

    def play(self, count: int) -> bytes:
        """The next ``count`` bytes as they sound: silence where there is nothing to play."""
        sound = bytearray()
        while not self.paused and self.queue and len(sound) < count:
            self.item_id, pcm = self.queue.popleft()
            fits = count - len(sound)
            if len(pcm) > fits:
                self.queue.appendleft((self.item_id, pcm[fits:]))
            sound += pcm[:fits]
            self.played_bytes[self.item_id] = self.played_bytes.get(self.item_id, 0) + len(pcm[:fits])
        return bytes(sound).ljust(count, b"\0")

    @property
    def played_ms(self) -> float:
        return self.played_bytes.get(self.item_id, 0) / 2 / OUTPUT_RATE * 1000


class Rehearsal:
    """``say`` are the trainee's utterances (16 kHz). Make a :class:`Door` with :meth:`door`, a conversation
    on it, then :meth:`hold` both."""

    def __init__(self, say: Sequence[Pcm], *, barge_in_ms: float | None = None) -> None:
        self.speaker = Loudspeaker()
        self.events: list[tuple[float, wire.ServerEvent]] = []
        """(conversation ms, event), sound left out."""
        self._left: list[Pcm] = []
        self._right: list[bytes] = []
        self._say = list(say)
        self._barge_in_ms = barge_in_ms
        self._microphone: deque[Pcm] = deque()
        self._state = "listening"
        self._changed = asyncio.Event()
        self._conversation: Conversation

    def door(self) -> Door:
        return Door(
            emit=self._emit, input_rate=INPUT_RATE, output_rate=OUTPUT_RATE, ahead_ms=2_000.0, pausable=True
        )

    async def hold(self, conversation: Conversation, run: Callable[[], Awaitable[str]]) -> str:
        """Until everything was said and answered; ``run`` holds the conversation. Returns its reason."""
        self._conversation = conversation
        holding = asyncio.ensure_future(run())
        ticking = asyncio.create_task(self._tick())
        acting = asyncio.create_task(self._act())
        try:
            await asyncio.wait({holding, acting}, return_when=asyncio.FIRST_COMPLETED)
            conversation.hang_up("hung_up")
            return await holding
        finally:
            acting.cancel()
            ticking.cancel()

    def recording(self) -> Pcm:
        """Both voices, shape [samples, 2] at ``OUTPUT_RATE``: trainee left, avatar right."""
        right = np.frombuffer(b"".join(self._right), dtype="<i2")
        left = np.zeros(len(right), np.int16)
        if self._left:
            spoken = np.concatenate(self._left)
            # 2:3 by interpolation is enough for listening to; nothing is computed from it.
            at = np.arange(len(right)) * INPUT_RATE / OUTPUT_RATE
            left = np.interp(at, np.arange(len(spoken)), spoken).astype(np.int16)
        return np.stack([left, right], axis=1)

    # -- the client -----------------------------------------------------------------------------------------

    def _emit(self, event: wire.ServerEvent) -> None:
        match event:
            case wire.OutputAudioDelta():
                self.speaker.add(event.item_id, event.pcm)
                self._changed.set()
                return
            case wire.CoachOutputPause():
                self.speaker.paused = True
                self._acknowledge()
            case wire.CoachOutputResume():
                self.speaker.paused = False
            case wire.OutputAudioBufferCleared():
                self.speaker.clear()
            case wire.CoachState():
                self._state = event.state
        self.events.append((self._now(), event))
        self._changed.set()

    def _now(self) -> float:
        return self._conversation.now() if hasattr(self, "_conversation") else 0.0

    def _acknowledge(self) -> None:
        if self.speaker.item_id:
            self._conversation.receive(
                wire.CoachPlayback(
                    type="coach.playback", item_id=self.speaker.item_id, played_ms=self.speaker.played_ms
                )
            )

    async def _tick(self) -> None:
        """Microphone and loudspeaker, every 20 ms by the clock: a late tick is made up for."""
        loop = asyncio.get_running_loop()
        due, ticks = loop.time(), 0
        while True:
            due += TICK_MS / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))
            frame = self._next_frame()
            self._left.append(frame)
            self._conversation.hear(frame.astype("<i2").tobytes())
            self._right.append(self.speaker.play(OUTPUT_RATE * TICK_MS // 1000 * 2))
            ticks += 1
            if ticks % ACKNOWLEDGE_EVERY_TICKS == 0:
                self._acknowledge()
            if not self.speaker.queue:
                self._changed.set()

    def _next_frame(self) -> Pcm:
        count = INPUT_RATE * TICK_MS // 1000
        if not self._microphone:
            return np.zeros(count, np.int16)
        sound = self._microphone.popleft()
        if len(sound) > count:
            self._microphone.appendleft(sound[count:])
        elif not self._microphone:
            self._changed.set()
        return np.pad(sound[:count], (0, max(0, count - len(sound))))

    # -- the script -----------------------------------------------------------------------------------------

    async def _act(self) -> None:
        for number, sound in enumerate(self._say):
            if self._barge_in_ms is not None and (number or len(self._say) == 1):
                await self._until(lambda: self._state == "speaking" and bool(self.speaker.queue))
                await asyncio.sleep(self._barge_in_ms / 1000)
            else:
                await self._until(self._avatar_is_done)
                await asyncio.sleep(BREATH_MS / 1000)
            self._microphone.append(sound)
            await self._until(lambda: not self._microphone)
            await self._until(lambda: self._state in ("hearing", "deciding", "thinking"), within_s=3.0)
            await self._until(lambda: self._state in ("thinking", "speaking"), within_s=8.0)
        await self._until(self._avatar_is_done)
        await asyncio.sleep(BREATH_MS / 1000)

    def _avatar_is_done(self) -> bool:
        return self._state == "listening" and not self.speaker.queue

    async def _until(self, true: Callable[[], bool], *, within_s: float = PATIENCE_S) -> bool:
        """Whether it came true in time."""
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
