"""Speech from a server that speaks Wyoming: our own ``tts_worker``, or any other (Piper, ...).

Ours adds an event with word timings; from one that sends none, pieces carry no words and what was heard is
estimated. One connection carries one reply, phrase after phrase; closing it stops the server's work.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from wyoming.event import Event

from voice.audio import MAX_RATE, MIN_RATE, SAMPLE_BYTES, duration_ms
from voice.engines.base import Problem, SpeechPiece, SpokenReply, TtsEngine, Voice, VoiceInfo
from voice.engines.wyoming_link import Address, HungUp, Link, LinkBroken
from voice.engines.wyoming_speech import Server, Words, error_code
from voice.errors import TtsUnavailable

MAX_PHRASE_S = 600.0
"""A server that goes on sounding after this has gone astray."""
CHECK_TIMEOUT_S = 0.5
HINT = "Start the speech worker: make tts-worker."


class WyomingTts(TtsEngine):
    """``address``: ``unix:///absolute/path.sock`` or ``tcp://host:port``. The timeouts tell a dead
    link: they bound the wait for a connection, for a phrase's first sound (None: as long as the caller waits)
    and for whatever a server that lives sends at once. How long a reply waits for its voice is the loop's to
    say (``voice/reply.py``)."""

    name = "wyoming"

    def __init__(
        self,
        address: str,
        *,
        connect_timeout_s: float = 2.0,
        first_timeout_s: float | None = None,
        next_timeout_s: float = 5.0,
    ) -> None:
        self._address = address
        self._connect_timeout_s = connect_timeout_s
        self.first_timeout_s = first_timeout_s
        self.next_timeout_s = next_timeout_s
        self._server: Server | None = None
        self._program = ""

    @property
    def program(self) -> str:
        """As the server called it when it was last asked."""
        return self._program or self.name

    def open(self, voice: Voice) -> SpokenReply:
        return _WyomingReply(self, voice)

    async def warm_up(self) -> None:
        """Ask the server what it can do, if it is there yet."""
        try:
            link, _ = await self.connect()
        except TtsUnavailable:
            return
        link.abort()

    async def voices(self) -> tuple[VoiceInfo, ...]:
        link, server = await self.connect()
        link.abort()
        return server.listed

    def check(self) -> list[Problem]:
        try:
            address = Address.parse(self._address)
        except ValueError as exc:
            return [Problem(f"The speech server's address can't be used: {exc}.", "Set COACH_TTS_ADDRESS.")]
        try:
            _try_connecting(address)
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            return [
                Problem(f"The speech server is not reachable: {reason}.", HINT, "warning"),
            ]
        return []

    async def connect(self) -> tuple[Link, Server]:
        """A connection, and what is on its other end. Raises TtsUnavailable."""
        try:
            address = Address.parse(self._address)
        except ValueError as exc:
            raise TtsUnavailable(f"The speech server's address can't be used: {exc}.") from exc
        try:
            link = await Link.open(address, timeout_s=self._connect_timeout_s)
            return link, self._server or await self._describe(link)
        except LinkBroken as exc:
            raise self.failed(exc) from exc

    def failed(self, reason: LinkBroken) -> TtsUnavailable:
        """The error for a broken link. What is known of the server is forgotten: it may come back changed."""
        self._server = None
        return TtsUnavailable(f"The speech server failed: {reason}.")

    async def _describe(self, link: Link) -> Server:
        try:
            await link.send(Event("describe"), timeout_s=self.next_timeout_s)
            event = await link.receive(timeout_s=self.next_timeout_s)
            if event.type != "info":
                raise LinkBroken("it does not say what it can do")
            self._server = Server.parse(event.data)
            self._program = self._server.program
        except BaseException:
            link.abort()
            raise
        return self._server


class _WyomingReply(SpokenReply):
    """One reply. Not for two phrases at once."""

    def __init__(self, engine: WyomingTts, voice: Voice) -> None:
        self._engine = engine
        self._voice = voice
        self._link: Link | None = None
        self._server: Server | None = None
        self._rate = 0
        self._closed = False

    @property
    def sample_rate(self) -> int:
        if not self._rate:
            raise RuntimeError("the rate is known once the first piece was yielded")
        return self._rate

    async def speak(self, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        if self._closed:
            return
        complete = False
        try:
            event = await self._ask(phrase)
            async with aclosing(self._pieces(event, phrase)) as pieces:
                async for piece in pieces:
                    yield piece
            complete = True
        except TtsUnavailable:
            if not self._closed:  # closing is how it is stopped, not a failure
                raise
        except LinkBroken as exc:
            if not self._closed:
                raise self._engine.failed(exc) from exc
        finally:
            if not complete:
                self._hang_up()  # what is left of this phrase must not be taken for the next one

    async def aclose(self) -> None:
        self._closed = True
        self._hang_up()

    async def _ask(self, phrase: str) -> Event:
        """Send the phrase; the server's first event. A connection that the server closed since the phrase
        before (it was restarted, it tidies up) is replaced once."""
        if self._link is not None and self._link.usable:
            try:
                return await self._request(self._link, phrase)
            except HungUp:
                pass
        self._hang_up()
        self._link, self._server = await self._engine.connect()
        if self._closed:
            self._hang_up()
            raise HungUp
        return await self._request(self._link, phrase)

    async def _request(self, link: Link, phrase: str) -> Event:
        assert self._server is not None
        text = phrase.encode("utf-8", "replace").decode()  # lone surrogates, which models do write
        data = {"text": text, "voice": self._server.voice(self._voice), "speed": self._voice.speed}
        await link.send(Event("synthesize", data), timeout_s=self._engine.next_timeout_s)
        return await link.receive(timeout_s=self._engine.first_timeout_s)

    async def _pieces(self, event: Event, phrase: str) -> AsyncGenerator[SpeechPiece, None]:
        """From the first event on, up to ``audio-stop``. Raises LinkBroken, TtsUnavailable."""
        words = Words(phrase)
        link, sounded_ms = self._link, 0.0
        assert link is not None
        while event.type != "audio-stop":
            if event.type == "error":
                raise TtsUnavailable(f"The speech server refused the phrase ({error_code(event.data)}).")
            if event.type in ("audio-start", "audio-chunk"):
                self._take_format(event.data)
            if event.type == "word-timings":
                yield SpeechPiece(words=words.take(event.data.get("words")))
            elif event.type == "audio-chunk" and event.payload:
                sounded_ms += duration_ms(len(event.payload), self._rate)
                if len(event.payload) % SAMPLE_BYTES or sounded_ms > MAX_PHRASE_S * 1000:
                    raise LinkBroken("it sent sound that can't be used")
                yield SpeechPiece(pcm=event.payload)
            first = event.type == "audio-start"
            timeout_s = self._engine.first_timeout_s if first else self._engine.next_timeout_s
            event = await link.receive(timeout_s=timeout_s)

    def _take_format(self, data: dict[str, Any]) -> None:
        rate, width, channels = (data.get(key) for key in ("rate", "width", "channels"))
        usable = (
            isinstance(rate, int) and MIN_RATE <= rate <= MAX_RATE and (width, channels) == (SAMPLE_BYTES, 1)
        )
        if not usable or self._rate not in (0, rate):
            raise TtsUnavailable(
                "The speech server sends sound of a format that can't be used.",
                hint=f"It must send 16-bit mono PCM of {MIN_RATE} to {MAX_RATE} Hz, always of the same rate.",
            )
        self._rate = int(rate or 0)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.abort()
            self._link = None


def _try_connecting(address: Address) -> None:
    if not address.path:
        socket.create_connection((address.host, address.port), CHECK_TIMEOUT_S).close()
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(CHECK_TIMEOUT_S)
        probe.connect(str(Path(address.path)))
