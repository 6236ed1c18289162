"""One reply of the avatar: model -> phrases -> voice -> playout -> door, as one cancellable task.

The three stages run side by side, so the first phrase is spoken while the model is still thinking. Nothing
leaves before :meth:`Reply.release`; until then a reply can be thrown away without anybody having noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal, Protocol

from voice.audio import StreamResampler, byte_offset, duration_ms, pcm_from_bytes
from voice.engines.base import SpokenReply, TtsEngine, Voice
from voice.errors import EngineError, LlmTimeout, LlmUnavailable, TtsUnavailable, VoiceError
from voice.phrases import PhraseCutter
from voice.playout import Heard, Playout
from voice.turns import Occasion

CHUNK_MS = 60.0
"""Sound goes out in pieces of this length: short enough to stop at, long enough to be cheap."""
PHRASES_AHEAD = 8
"""Phrases that may wait for the voice; then the model waits."""
PIECES_AHEAD = 400
"""Pieces of sound that may wait to be sent (each 20-60 ms, so about 10 s); then the voice waits."""
FIRST_TOKEN_DEADLINE_S = 8.0
NEXT_TOKEN_DEADLINE_S = 8.0


class Door(Protocol):
    """What a reply needs to know about the client."""

    output_rate: int
    ahead_ms: float
    """How much unplayed sound the client may hold."""
    pausable: bool
    """Whether the client stops playing when told to pause; otherwise it plays what it has."""


class Audience(Protocol):
    """Who is told how the reply fares. Called on the event loop; must not block."""

    def reply_released(self, reply: Reply) -> None: ...
    def reply_phrase(self, reply: Reply, text: str) -> None: ...
    def reply_sound(self, reply: Reply, pcm: bytes, *, first: bool) -> None: ...
    def reply_sent(self, reply: Reply) -> None: ...
    def reply_finished(self, reply: Reply) -> None: ...
    def reply_failed(self, reply: Reply, error: VoiceError) -> None: ...
    def reply_hampered(self, reply: Reply, error: VoiceError) -> None: ...


@dataclass(slots=True)
class _Phrase:
    """In the queue of sound: here begins the next phrase."""

    text: str


@dataclass(slots=True)
class Reply:
    response_id: str
    item_id: str
    occasion: Occasion
    deltas: Callable[[], AsyncGenerator[str, None]]
    tts: TtsEngine
    voice: Voice
    door: Door
    audience: Audience
    clock: Callable[[], float]
    answers: int | None = None
    """``seq`` of the trainee's turn that it answers."""
    seq: int | None = None
    """Its number among the turns, once a word of it went out."""
    playout: Playout = field(default_factory=Playout)
    text: str = ""
    """Everything the model has said so far."""
    first_token_ms: float | None = None
    first_phrase_at: float | None = None
    first_sound_at: float | None = None
    released: bool = False
    timings: dict[str, float] = field(default_factory=dict)
    status: Literal["running", "finished", "failed", "stopped"] = "running"
    error: VoiceError | None = None
    _spoken: SpokenReply | None = None
    _gate: asyncio.Event = field(default_factory=asyncio.Event)
    _phrases: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(PHRASES_AHEAD))
    _sound: asyncio.Queue[_Phrase | bytes | None] = field(default_factory=lambda: asyncio.Queue(PIECES_AHEAD))
    _task: asyncio.Task[None] | None = None

    # -- what the conversation does with it -----------------------------------------------------------------

    def start(self, group: asyncio.TaskGroup) -> None:
        self._task = group.create_task(self._run())

    def release(self) -> None:
        """Let it be heard. A reply that has failed in silence fails aloud now."""
        if self.status == "failed":
            self.audience.reply_failed(self, self.error or LlmUnavailable())
            return
        if not self.released:
            self.released = True
            self.audience.reply_released(self)
        self._gate.set()

    def withhold(self) -> None:
        """Nothing more goes out until it is released again."""
        self._gate.clear()

    def pause(self, now: float) -> None:
        self._gate.clear()
        if self.door.pausable:
            self.playout.pause(now)

    def resume(self, now: float) -> None:
        self.playout.resume(now)
        self._gate.set()

    def stop(self) -> None:
        """End it here; what was heard is in :meth:`heard`."""
        if self.status == "running":
            self.status = "stopped"
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    def heard(self, position: float | None = None) -> Heard:
        """The text divided at this position of its sound (None: as far as it has been played by now)."""
        if position is None:
            position = self.playout.position(self.clock())
        heard = self.playout.heard(position)
        rest = self.text.split()[len(heard.words) :]
        return Heard(heard.text, " ".join(rest), heard.words, heard.estimated)

    # -- the task -------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._think())
                stages.create_task(self._speak())
                stages.create_task(self._send())
        except* EngineError as failures:
            self.status = "failed"
            self.error = next(exc for exc in failures.exceptions if isinstance(exc, EngineError))
            if self.released:
                self.audience.reply_failed(self, self.error)
        finally:
            if self._spoken is not None:
                await self._spoken.aclose()
        if self.status == "running":
            self.status = "finished"
            self.audience.reply_finished(self)

    async def _think(self) -> None:
        cutter = PhraseCutter()
        asked = self.clock()
        async with aclosing(self.deltas()) as deltas:
            while (delta := await self._next(deltas)) is not None:
                if self.first_token_ms is None:
                    self.first_token_ms = self.clock() - asked
                self.text += delta
                for phrase in cutter.push(delta):
                    await self._phrases.put(phrase)
        for phrase in cutter.finish():
            await self._phrases.put(phrase)
        await self._phrases.put(None)

    async def _next(self, deltas: AsyncGenerator[str, None]) -> str | None:
        """The next delta; None at the end. A model that breaks off after its first words is heard out as far
        as it came: a half-spoken reply is not begun again."""
        begun = self.first_token_ms is not None
        try:
            async with asyncio.timeout(NEXT_TOKEN_DEADLINE_S if begun else FIRST_TOKEN_DEADLINE_S):
                return await anext(deltas)
        except StopAsyncIteration:
            if not self.text.strip():
                raise LlmUnavailable("The avatar had nothing to say.") from None
            return None
        except TimeoutError:
            error: VoiceError = LlmTimeout()
        except LlmUnavailable as exc:
            error = exc
        if not begun:
            raise error
        self.audience.reply_hampered(self, error)
        return None

    async def _speak(self) -> None:
        self._spoken = self.tts.open(self.voice)
        resampler: StreamResampler | None = None
        mute = False
        while (phrase := await self._phrases.get()) is not None:
            if self.first_phrase_at is None:
                self.first_phrase_at = self.clock()
            self.playout.begin_phrase(phrase)
            await self._sound.put(_Phrase(phrase))
            if not mute:
                try:
                    resampler = await self._synthesize(self._spoken, phrase, resampler)
                except TtsUnavailable as exc:
                    mute = True
                    self.audience.reply_hampered(self, exc)
            self.playout.end_phrase(silent=mute)
        await self._sound.put(None)

    async def _synthesize(
        self, spoken: SpokenReply, phrase: str, resampler: StreamResampler | None
    ) -> StreamResampler | None:
        async with aclosing(spoken.speak(phrase.strip())) as pieces:
            async for piece in pieces:
                self.playout.add_words(piece.words)
                if not piece.pcm:
                    continue
                if resampler is None:
                    resampler = StreamResampler(spoken.sample_rate, self.door.output_rate)
                pcm = resampler.feed(pcm_from_bytes(piece.pcm)).tobytes()
                if self.first_sound_at is None:
                    self.first_sound_at = self.clock()
                self.playout.add_sound(duration_ms(len(pcm), self.door.output_rate))
                await self._sound.put(pcm)
        return resampler

    async def _send(self) -> None:
        chunk_bytes = byte_offset(CHUNK_MS, self.door.output_rate)
        await self._gate.wait()
        while (item := await self._sound.get()) is not None:
            if isinstance(item, _Phrase):
                await self._gate.wait()
                self.audience.reply_phrase(self, item.text)
                continue
            for at in range(0, len(item), chunk_bytes):
                await self._send_chunk(item[at : at + chunk_bytes])
        self.audience.reply_sent(self)
        await self._played_out()

    async def _send_chunk(self, pcm: bytes) -> None:
        await self._room()
        first = self.playout.started_at is None
        self.playout.send(duration_ms(len(pcm), self.door.output_rate), self.clock())
        self.audience.reply_sound(self, pcm, first=first)

    async def _room(self) -> None:
        """Wait until the client may be given more sound."""
        while True:
            await self._gate.wait()
            over_ms = self.playout.ahead_ms(self.clock()) + CHUNK_MS - self.door.ahead_ms
            if over_ms <= 0:
                return
            await asyncio.sleep(over_ms / 1000)

    async def _played_out(self) -> None:
        """Wait until the client has played everything."""
        while True:
            await self._gate.wait()
            left_ms = self.playout.ahead_ms(self.clock())
            if left_ms < 1.0:
                return
            await asyncio.sleep(left_ms / 1000)
