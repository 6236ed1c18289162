"""A trainee made of sound files: holds a conversation in real time without a browser.

It does what a good client does: sends 20 ms of microphone at a time, plays what it is sent at the speed of
sound, says how far it is, falls silent when told to, and drops its queue when the avatar was cut off. Both
voices are kept on one clock, the conversation's, so the result can be listened to as it sounded.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import soxr

from voice import events as wire
from voice.conversation import Conversation
from voice.engines.base import INPUT_RATE, Pcm
from voice.scene import Door

TICK_MS = 20
OUTPUT_RATE = 24_000
ACKNOWLEDGE_EVERY_TICKS = 5
BREATH_MS = 400
"""Between the avatar's last word and the trainee's first."""
NOTICED_WITHIN_S = 2.0
"""So long after its end a recording must have been noticed as speech; what was not, is not waited for."""


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
    on it, then :meth:`hold` both.

    Each utterance begins ``BREATH_MS`` after the avatar has finished. With ``barge_in_ms`` the second one and
    those after it begin so long after the first sound of the avatar's answer; a single one after that of the
    opening line. An answer without a sound can't be spoken over: it is waited for."""

    def __init__(self, say: Sequence[Pcm], *, barge_in_ms: float | None = None) -> None:
        self.speaker = Loudspeaker()
        self.said = 0
        """How many utterances were said to their end."""
        self.errors: list[wire.ErrorDetail] = []
        """What went wrong on the way; the conversation went on."""
        self._left: list[Pcm] = []
        self._right: list[bytes] = []
        self._say = list(say)
        self._barge_in_ms = barge_in_ms
        self._microphone: deque[Pcm] = deque()
        self._state = "listening"
        self._noticed = False
        self._replies = 0
        """How many replies have begun to sound, and at which tick the last one did."""
        self._reply_tick = 0
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
        helpers = [asyncio.create_task(self._tick()), asyncio.create_task(self._act())]
        try:
            await asyncio.wait({holding, *helpers}, return_when=asyncio.FIRST_COMPLETED)
            conversation.hang_up("hung_up")
            reason = await holding
            for helper in helpers:
                if helper.done():
                    helper.result()  # raises what it failed with
            return reason
        finally:
            for task in (holding, *helpers):
                task.cancel()
            await asyncio.gather(holding, *helpers, return_exceptions=True)

    def recording(self) -> Pcm:
        """Both voices, shape [samples, 2] at ``OUTPUT_RATE``: trainee left, avatar right. Its time is the
        conversation's."""
        right = np.frombuffer(b"".join(self._right), dtype="<i2").astype(np.int16)
        left = np.zeros_like(right)
        if self._left:
            spoken = soxr.resample(np.concatenate(self._left), INPUT_RATE, OUTPUT_RATE)
            count = min(len(left), len(spoken))
            left[:count] = spoken[:count]
        return np.stack([left, right], axis=1)

    # -- the client -----------------------------------------------------------------------------------------

    def _emit(self, event: wire.ServerEvent) -> None:
        match event:
            case wire.OutputAudioDelta():
                self.speaker.add(event.item_id, event.pcm)
            case wire.CoachOutputPause():
                self.speaker.paused = True
                self._acknowledge()
            case wire.CoachOutputResume():
                self.speaker.paused = False
            case wire.OutputAudioBufferCleared():
                self.speaker.clear()
            case wire.CoachState():
                self._state = event.state
                self._noticed |= event.state in ("hearing", "yielding")
            case wire.ErrorEvent():
                self.errors.append(event.error)
        self._changed.set()

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
        due = loop.time()
        self._record_silence(self._conversation.now())
        while True:
            due += TICK_MS / 1000
            await asyncio.sleep(max(0.0, due - loop.time()))
            frame = self._next_frame()
            self._conversation.hear(frame.astype("<i2").tobytes())
            sounding = len(self.speaker.played_bytes)
            sound = self.speaker.play(OUTPUT_RATE * TICK_MS // 1000 * 2)
            if len(self.speaker.played_bytes) > sounding:
                self._replies, self._reply_tick = self._replies + 1, len(self._right)
                self._changed.set()
            self._left.append(frame)
            self._right.append(sound)
            if len(self._right) % ACKNOWLEDGE_EVERY_TICKS == 0:
                self._acknowledge()
            if not self.speaker.queue:
                self._changed.set()

    def _record_silence(self, span_ms: float) -> None:
        """The conversation had begun before the microphone was switched on."""
        self._left.append(np.zeros(round(span_ms * INPUT_RATE / 1000), np.int16))
        self._right.append(bytes(2 * round(span_ms * OUTPUT_RATE / 1000)))

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
        replies = 0
        for number, sound in enumerate(self._say):
            if self._barge_in_ms is not None and (number or len(self._say) == 1):
                pause_ms = await self._until_reply(replies, self._barge_in_ms)
            else:
                await self._until(self._avatar_is_done)
                pause_ms = BREATH_MS
            self._noticed = False
            pause = np.zeros(round(pause_ms * INPUT_RATE / 1000), np.int16)
            self._microphone.append(np.concatenate([pause, sound]))
            await self._until(lambda: not self._microphone)
            replies = self._replies
            self.said += 1
            if await self._until(lambda: self._noticed, within_s=NOTICED_WITHIN_S):
                await self._until(lambda: self._state not in ("hearing", "deciding", "yielding"))
        await self._until(self._avatar_is_done)
        await asyncio.sleep(BREATH_MS / 1000)

    async def _until_reply(self, replies: int, wanted_ms: float) -> float:
        """Once a reply after the first ``replies`` sounds: how long until ``wanted_ms`` after its beginning."""
        await self._until(lambda: self._replies > replies or self._avatar_is_done())
        if self._replies == replies:
            return BREATH_MS
        return max(0.0, wanted_ms - (len(self._right) - self._reply_tick) * TICK_MS)

    def _avatar_is_done(self) -> bool:
        return self._state == "listening" and not self.speaker.queue

    async def _until(self, true: Callable[[], bool], *, within_s: float | None = None) -> bool:
        """Whether it came true in time. Without a limit it is the conversation's end that ends the waiting."""
        try:
            async with asyncio.timeout(within_s):
                while not true():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
