"""One reply of the avatar: model -> phrases -> voice -> playout -> door, as one cancellable task.

The three stages run side by side, so the first phrase is spoken while the model is still thinking. Nothing
leaves before :meth:`Reply.release`; until then a reply can be thrown away without anybody having noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Literal, Protocol

from voice.audio import StreamResampler, byte_offset, duration_ms, pcm_from_bytes
from voice.engines.base import Pcm, SpeechPiece, SpokenReply, TtsEngine, Voice
from voice.errors import EngineError, LlmTimeout, LlmUnavailable, TtsUnavailable, VoiceError
from voice.listener import Spawn
from voice.phrases import PhraseCutter
from voice.playout import Heard, Playout
from voice.scene import Door
from voice.table import Occasion

CHUNK_MS = 60.0
"""Sound goes out in pieces of this length: short enough to stop at, long enough to be cheap."""
PHRASES_AHEAD = 8
"""Phrases that may wait for the voice; then the model waits."""
PIECES_AHEAD = 400
"""Pieces of sound that may wait to be sent (each 20-60 ms, so about 10 s); then the voice waits."""
TOKEN_DEADLINE_S = 8.0
"""So long the model may take to its first token, and from one to the next. The one place that says so: the
engines have no deadline of their own for it."""
PIECE_DEADLINE_S = 8.0
"""So long the voice may take for a piece of sound; then the reply goes on in writing. An engine may find out
before that its link is dead."""
CLOSE_DEADLINE_S = 2.0


class Audience(Protocol):
    """Who is told how the reply fares. Called on the event loop; must not block."""

    def reply_released(self, reply: Reply) -> None: ...
    def reply_phrase(self, reply: Reply, text: str) -> None: ...
    def reply_sound(self, reply: Reply, pcm: bytes, *, first: bool) -> None: ...
    def reply_sent(self, reply: Reply) -> None: ...
    def reply_finished(self, reply: Reply) -> None: ...
    def reply_failed(self, reply: Reply, error: VoiceError) -> None: ...
    def reply_hampered(self, reply: Reply, error: VoiceError) -> None: ...


@dataclass(frozen=True, slots=True)
class _Phrase:
    """In the queue of sound: here begins the next phrase."""

    text: str


class Reply:
    """``deltas`` gives the model's text; called once, when the reply is started and ``ready`` has returned: the
    model can be shown all that was said. That wait is not the model's."""

    def __init__(
        self,
        *,
        response_id: str,
        item_id: str,
        occasion: Occasion,
        ready: Callable[[], Awaitable[None]],
        deltas: Callable[[], AsyncGenerator[str, None]],
        tts: TtsEngine,
        voice: Voice,
        door: Door,
        audience: Audience,
        clock: Callable[[], float],
    ) -> None:
        self.response_id, self.item_id, self.occasion = response_id, item_id, occasion
        self.clock = clock
        self.playout = Playout()
        self.text = ""
        """Everything the model has said so far."""
        self.seq: int | None = None
        """Its number among the turns, once a phrase of it went out."""
        self.timings: dict[str, float] = {}
        self.first_token_ms: float | None = None
        """From the request to the first token."""
        self.first_phrase_at: float | None = None
        self.first_sound_at: float | None = None
        self.released = False
        self.withheld = False
        """Speech came in between; it waits for the verdict on that."""
        self.status: Literal["running", "finished", "failed", "stopped"] = "running"
        self._ready, self._deltas, self._tts, self._voice = ready, deltas, tts, voice
        self._door, self._audience = door, audience
        self._rate = door.output_rate  # a change takes effect with the next reply
        self._error: VoiceError | None = None
        self._hampered: list[VoiceError] = []
        self._spoken: SpokenReply | None = None
        self._resampler: StreamResampler | None = None
        self._unmarked: _Phrase | None = None
        self._gate = asyncio.Event()
        self._phrases: asyncio.Queue[str | None] = asyncio.Queue(PHRASES_AHEAD)
        self._sound: asyncio.Queue[_Phrase | bytes | None] = asyncio.Queue(PIECES_AHEAD)
        self._task: asyncio.Task[None] | None = None

    # -- what the conversation does with it -----------------------------------------------------------------

    def start(self, spawn: Spawn) -> None:
        self._task = spawn(self._run())

    def release(self) -> None:
        """Let it be heard. A reply that has failed in silence fails aloud now."""
        if not self.released:
            self.released = True
            self._audience.reply_released(self)
            for error in self._hampered:
                self._audience.reply_hampered(self, error)
        if self._error is not None:
            self._audience.reply_failed(self, self._error)
            return
        self._open_gate()

    def withhold(self) -> None:
        """Nothing more goes out until it is released again."""
        self.withheld = True
        self._gate.clear()

    def pause(self, now: float) -> None:
        """As :meth:`withhold`, and a client that can is told to stop playing, too."""
        self.withhold()
        if self._door.pausable:
            self.playout.pause(now)

    def resume(self, now: float) -> None:
        self.playout.resume(now)
        self._open_gate()

    def stop(self) -> None:
        """End it here; what was heard is in :meth:`heard`."""
        if self.status == "running":
            self.status = "stopped"
        self.withhold()  # the task may be about to run once more before it learns that it is cancelled
        if self._task is not None:
            self._task.cancel()

    def heard(self, position: float | None = None) -> Heard:
        """The text divided at this position of its sound (None: as far as it has been played by now)."""
        if position is None:
            position = self.playout.position(self.clock())
        heard = self.playout.heard(position)
        rest = " ".join([heard.unheard_text, *self.text[self.playout.letters :].split()]).strip()
        return Heard(heard.text, rest, heard.words, heard.estimated)

    def _open_gate(self) -> None:
        self.withheld = False
        self._gate.set()

    # -- the task -------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._think())
                stages.create_task(self._speak())
                stages.create_task(self._send())
        except* EngineError as failures:
            self._fail(next(exc for exc in failures.exceptions if isinstance(exc, EngineError)))
        finally:
            await self._hush()
        if self.status == "running":
            self.status = "finished"
            self._audience.reply_finished(self)

    def _fail(self, error: EngineError) -> None:
        self.status, self._error = "failed", error
        if self.released:
            self._audience.reply_failed(self, error)

    async def _hush(self) -> None:
        if self._spoken is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_DEADLINE_S):
                    await self._spoken.aclose()

    def _hamper(self, error: VoiceError) -> None:
        """Something is missing, but the reply goes on. While nobody knows of the reply, nobody is told."""
        if self.released:
            self._audience.reply_hampered(self, error)
        else:
            self._hampered.append(error)

    async def _think(self) -> None:
        cutter = PhraseCutter()
        await self._ready()
        asked = self.clock()
        async with aclosing(self._deltas()) as deltas:
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
        try:
            async with asyncio.timeout(TOKEN_DEADLINE_S):
                return await anext(deltas)
        except StopAsyncIteration:
            if not self.text.strip():
                raise LlmUnavailable("The avatar had nothing to say.") from None
            return None
        except TimeoutError:
            error: EngineError = LlmTimeout()
        except LlmUnavailable as exc:
            error = exc
        if not self.text.strip():
            raise error
        self._hamper(error)
        return None

    async def _speak(self) -> None:
        mute = False
        while (phrase := await self._phrases.get()) is not None:
            if self.first_phrase_at is None:
                self.first_phrase_at = self.clock()
            self.playout.begin_phrase(phrase)
            self._unmarked = _Phrase(phrase)
            if not mute:
                try:
                    await self._synthesize(phrase)
                except TtsUnavailable as exc:
                    mute = True
                    self._hamper(exc)
            self.playout.end_phrase(silent=mute or self._unmarked is not None)
            await self._mark()
        await self._flush()
        await self._sound.put(None)

    async def _mark(self) -> None:
        """The phrase's text goes out as its sound begins; without a voice, when it would have begun."""
        if self._unmarked is not None:
            phrase, self._unmarked = self._unmarked, None
            await self._sound.put(phrase)

    async def _synthesize(self, phrase: str) -> None:
        if self._spoken is None:
            self._spoken = self._tts.open(self._voice)
        async with aclosing(self._spoken.speak(phrase.strip())) as pieces:
            while (piece := await _next_piece(pieces)) is not None:
                self.playout.add_words(piece.words)
                if not piece.pcm:
                    continue
                await self._mark()
                if self._resampler is None:
                    self._resampler = StreamResampler(self._spoken.sample_rate, self._rate)
                await self._put_sound(self._resampler.feed(pcm_from_bytes(piece.pcm)))

    async def _put_sound(self, samples: Pcm) -> None:
        if not len(samples):
            return
        if self.first_sound_at is None:
            self.first_sound_at = self.clock()
        pcm = samples.tobytes()
        self.playout.add_sound(duration_ms(len(pcm), self._rate))
        await self._sound.put(pcm)

    async def _flush(self) -> None:
        """What the resampler still holds back is the end of the last word."""
        if self._resampler is not None and self._resampler.source_rate != self._rate:
            await self._put_sound(self._resampler.feed(pcm_from_bytes(b""), last=True))

    async def _send(self) -> None:
        chunk_bytes = byte_offset(CHUNK_MS, self._rate)
        while (item := await self._sound.get()) is not None:
            if isinstance(item, _Phrase):
                await self._gate.wait()
                self.playout.show_phrase(self.clock())
                self._audience.reply_phrase(self, item.text)
                continue
            for at in range(0, len(item), chunk_bytes):
                await self._send_chunk(item[at : at + chunk_bytes])
        await self._gate.wait()
        self._audience.reply_sent(self)
        await self._played_out()

    async def _send_chunk(self, pcm: bytes) -> None:
        await self._room(duration_ms(len(pcm), self._rate))
        first = self.playout.started_at is None
        self.playout.send(duration_ms(len(pcm), self._rate), self.clock())
        self._audience.reply_sound(self, pcm, first=first)

    async def _room(self, chunk_ms: float) -> None:
        """Wait until the client may be given more sound."""
        while True:
            await self._gate.wait()
            over_ms = self.playout.ahead_ms(self.clock()) + chunk_ms - self._door.ahead_ms
            if over_ms <= 0:
                return
            await asyncio.sleep(max(1.0, over_ms) / 1000)

    async def _played_out(self) -> None:
        """Wait until the client has played everything."""
        while True:
            await self._gate.wait()
            left_ms = self.playout.ahead_ms(self.clock())
            if left_ms < 1.0:
                return
            await asyncio.sleep(left_ms / 1000)


async def _next_piece(pieces: AsyncGenerator[SpeechPiece, None]) -> SpeechPiece | None:
    try:
        async with asyncio.timeout(PIECE_DEADLINE_S):
            return await anext(pieces)
    except StopAsyncIteration:
        return None
    except TimeoutError:
        raise TtsUnavailable("The avatar's voice took too long; it goes on in writing.") from None
