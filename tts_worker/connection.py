"""One client's connection: requests in, timed sound out.

Two tasks: one reads, so that ``cancel`` and a closed connection are noticed at once; one speaks the queued
utterances one after the other.

In: ``describe``, ``ping``, ``synthesize``, ``synthesize-start`` / ``-chunk`` / ``-stop``, and our own
``cancel``. Out: ``info``, ``pong``, ``audio-start``, ``audio-chunk``, ``audio-stop``,
``synthesize-stopped``, ``error`` {code, text}, and our own

- ``word-timings`` {words: [[word, start_ms, end_ms], ...]}: the next words of the utterance, in ms from its
  first sample, before the sound that they are in;
- ``cancelled`` {}: nothing of what was cancelled follows.

Other event types are dropped, as Wyoming wants it.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass, field

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event
from wyoming.ping import Pong
from wyoming.tts import SynthesizeStopped

from tts_worker.base import MAX_SPEED, MIN_SPEED, VoiceWish
from tts_worker.errors import BadFrame, BadRequest
from tts_worker.frames import MAX_HEADER_BYTES, encode, read_event
from tts_worker.info import info_event
from tts_worker.requests import MAX_TEXT_CHARS, text_of, wish_of
from tts_worker.segments import Segment, Segmenter, cut
from tts_worker.shaping import SAMPLE_BYTES, Piece
from tts_worker.speaker import Speaker

MAX_WAITING = 32
"""Utterances that wait to be spoken on one connection; one more gets the error ``too_many``."""
IDLE_S = 900.0
"""A connection on which nothing has been asked for so long is closed."""
LINGER_S = 0.5
CHUNK_MS = 100
"""Sound in one ``audio-chunk`` at most."""
WRITE_BUFFER_BYTES = 64 * 1024
"""What may wait to be sent before speaking waits for the client to read."""

log = logging.getLogger("tts_worker")


@dataclass(slots=True)
class _Utterance:
    """What one ``synthesize`` or one ``synthesize-start`` asks for. ``segments`` ends with None and is
    bounded by MAX_TEXT_CHARS."""

    wish: VoiceWish
    streamed: bool = False
    segmenter: Segmenter = field(default_factory=Segmenter)
    chars: int = 0
    segments: asyncio.Queue[Segment | None] = field(default_factory=asyncio.Queue)

    def put(self, *segments: Segment | None) -> None:
        for one in segments:
            self.segments.put_nowait(one)


class Connection:
    """See the module. ``run`` returns when the client is gone or can't be understood."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, speaker: Speaker) -> None:
        self._reader = reader
        self._writer = writer
        self._speaker = speaker
        self._waiting: asyncio.Queue[_Utterance] = asyncio.Queue(MAX_WAITING)
        self._stream: _Utterance | None = None
        self._pause_ms = 0.0
        """Silence due before the next sound of this connection, because of how the last text ended."""

    async def run(self) -> None:
        self._writer.transport.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        speaking = asyncio.create_task(self._speak_all())
        try:
            while (event := await self._read()) is not None:
                if event.type == "cancel":
                    await _end(speaking)
                    self._forget()
                    speaking = asyncio.create_task(self._speak_all())
                    await self._send(Event("cancelled"))
                else:
                    await self._take(event)
        except ConnectionError:
            pass
        finally:
            await _end(speaking)
            self._writer.close()

    async def refuse(self, code: str, text: str) -> None:
        """Say why and close."""
        with suppress(ConnectionError):
            await self._send(Error(text=text, code=code).event())
        self._writer.close()

    # -- in ------------------------------------------------------------------------------------------------

    async def _read(self) -> Event | None:
        try:
            async with asyncio.timeout(IDLE_S):
                return await read_event(self._reader)
        except TimeoutError:
            return None
        except BadFrame as exc:
            log.info("connection closed: %s", exc.code)
            await self._send(Error(text=exc.text, code=exc.code).event())
            await self._linger()
            return None

    async def _linger(self) -> None:
        """Throw away what the client is still sending: closed with unread bytes, a socket resets, and the
        client might never read why."""
        with suppress(TimeoutError, ConnectionError):
            self._writer.write_eof()
            async with asyncio.timeout(LINGER_S):
                while await self._reader.read(MAX_HEADER_BYTES):
                    pass

    async def _take(self, event: Event) -> None:
        try:
            match event.type:
                case "describe":
                    await self._send(info_event(self._speaker.engine))
                case "ping":
                    await self._send(Pong(text=str(event.data.get("text") or "")).event())
                case "synthesize":
                    self._synthesize(event)
                case "synthesize-start":
                    self._stream = self._queue(_Utterance(wish_of(event.data), streamed=True))
                case "synthesize-chunk":
                    self._chunk(event)
                case "synthesize-stop":
                    self._stop()
        except BadRequest as exc:
            log.info("request refused: %s", exc.code)
            await self._send(Error(text=exc.text, code=exc.code).event())

    def _synthesize(self, event: Event) -> None:
        text, wish = text_of(event.data), wish_of(event.data)
        if self._stream is not None:
            return  # streaming clients repeat the whole text for servers that can't stream
        self._queue(_Utterance(wish)).put(*cut(text), None)

    def _chunk(self, event: Event) -> None:
        text = text_of(event.data)
        stream = self._open_stream()
        stream.chars += len(text)
        if stream.chars > MAX_TEXT_CHARS:
            self._stop()
            raise BadRequest(
                "too_large", f"A text may have {MAX_TEXT_CHARS} characters; the rest is not spoken."
            )
        stream.put(*stream.segmenter.feed(text, eager=True))

    def _stop(self) -> None:
        stream = self._open_stream()
        self._stream = None
        stream.put(*stream.segmenter.finish(), None)

    def _open_stream(self) -> _Utterance:
        if self._stream is None:
            raise BadRequest("bad_request", "Send synthesize-start first.")
        return self._stream

    def _queue(self, utterance: _Utterance) -> _Utterance:
        if self._stream is not None:
            raise BadRequest("bad_request", "Send synthesize-stop first.")
        try:
            self._waiting.put_nowait(utterance)
        except asyncio.QueueFull:
            raise BadRequest("too_many", f"{MAX_WAITING} texts are waiting on this connection.") from None
        return utterance

    def _forget(self) -> None:
        self._waiting = asyncio.Queue(MAX_WAITING)
        self._stream = None
        self._pause_ms = 0.0

    # -- out -----------------------------------------------------------------------------------------------

    async def _speak_all(self) -> None:
        while True:
            utterance = await self._waiting.get()
            try:
                await self._speak(utterance)
            except ConnectionError:
                return  # the reading task sees the end of the connection too
            except Exception as exc:
                log.warning("synthesis failed: %s", type(exc).__name__)
                with suppress(ConnectionError):
                    await self._send(
                        Error(text="The text could not be spoken.", code="synthesis_failed").event()
                    )

    async def _speak(self, utterance: _Utterance) -> None:
        rate = self._speaker.engine.sample_rate
        await self._send(AudioStart(rate=rate, width=SAMPLE_BYTES, channels=1, timestamp=0).event())
        sent_bytes = 0
        while (segment := await utterance.segments.get()) is not None:
            start_ms = _ms(sent_bytes, rate)
            wish = utterance.wish
            pieces = self._speaker.speak(segment, wish, start_ms=start_ms, pause_ms=self._pause_ms)
            before = sent_bytes
            async with aclosing(pieces):
                async for piece in pieces:
                    await self._send_piece(piece, sent_bytes, rate)
                    sent_bytes += len(piece.pcm)
            if sent_bytes > before:
                self._pause_ms = segment.pause_after_ms / min(max(wish.speed, MIN_SPEED), MAX_SPEED)
        await self._send(AudioStop(timestamp=round(_ms(sent_bytes, rate))).event())
        if utterance.streamed:
            await self._send(SynthesizeStopped().event())

    async def _send_piece(self, piece: Piece, at_bytes: int, rate: int) -> None:
        if piece.words:
            words = [[word, round(start, 1), round(end, 1)] for word, start, end in piece.words]
            await self._send(Event("word-timings", {"words": words}))
        step = CHUNK_MS * rate // 1000 * SAMPLE_BYTES
        for begin in range(0, len(piece.pcm), step):
            pcm = piece.pcm[begin : begin + step]
            timestamp = round(_ms(at_bytes + begin, rate))
            chunk = AudioChunk(rate=rate, width=SAMPLE_BYTES, channels=1, audio=pcm, timestamp=timestamp)
            await self._send(chunk.event())

    async def _send(self, event: Event) -> None:
        self._writer.write(encode(event))
        await self._writer.drain()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _ms(size: int, rate: int) -> float:
    return size / SAMPLE_BYTES * 1000 / rate
