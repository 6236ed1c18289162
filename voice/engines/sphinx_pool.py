"""A bounded number of PocketSphinx decoders and the threads they run in, lent to one utterance at a time."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from voice.engines.sphinx import HINT, Decoder
from voice.errors import SttUnavailable

T = TypeVar("T")


class DecoderPool:
    """Decoders are loaded when they are first needed. Whoever comes when all are lent waits in line. One thread
    more than decoders looks for sound that needs one.

    Safe to use from several event loops of one process.
    """

    def __init__(self, *, size: int, settings: dict[str, str]) -> None:
        self._size, self._settings = size, settings
        self._executor = ThreadPoolExecutor(max_workers=size + 1, thread_name_prefix="pocketsphinx")
        self._lock = threading.Lock()
        self._idle: list[Decoder] = []
        self._loaded = 0
        self._waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[Decoder]]] = deque()
        self._closed = False

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run this in one of the pool's threads."""
        try:
            return self._executor.submit(work)
        except RuntimeError as exc:  # shut down
            raise SttUnavailable("The recognizer has been shut down.") from exc

    @property
    def crowded(self) -> bool:
        """Somebody waits although there can be no more decoders."""
        with self._lock:
            return self._loaded >= self._size and any(not waiter.done() for _, waiter in self._waiting)

    async def acquire(self) -> Decoder:
        """Raises :class:`SttUnavailable` if no decoder can be loaded."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._closed:
                raise SttUnavailable("The recognizer has been shut down.")
            if self._idle:
                return self._idle.pop()
            waiter: asyncio.Future[Decoder] = loop.create_future()
            self._waiting.append((loop, waiter))
            grow = self._loaded < self._size
            self._loaded += grow
        if grow:
            self.submit(self._load)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.release(waiter.result())
            raise

    def _load(self) -> None:
        try:
            decoder = Decoder(self._settings)
        except SttUnavailable as exc:
            self._failed_to_load(exc)
        except Exception as exc:  # whatever it is, those who wait must hear of it
            reason = SttUnavailable(f"pocketsphinx could not be loaded ({type(exc).__name__}).", hint=HINT)
            self._failed_to_load(reason)
        else:
            self.release(decoder)

    def release(self, decoder: Decoder) -> None:
        """Give a decoder back, from any thread; the first in line gets it."""
        with self._lock:
            while self._waiting and not self._closed:
                loop, waiter = self._waiting.popleft()
                try:
                    loop.call_soon_threadsafe(self._hand_over, waiter, decoder)
                except RuntimeError:  # that loop is closed, nobody waits there any more
                    continue
                return
            if not self._closed:
                self._idle.append(decoder)
                return
        decoder.free()

    def discard(self, decoder: Decoder) -> None:
        """Give back a decoder that failed: another is loaded in its place when it is needed."""
        decoder.free()
        with self._lock:
            self._loaded -= 1
            grow = bool(self._waiting) and not self._closed
            self._loaded += grow
        if grow:
            self.submit(self._load)

    def _hand_over(self, waiter: asyncio.Future[Decoder], decoder: Decoder) -> None:
        if waiter.done():
            self.release(decoder)
        else:
            waiter.set_result(decoder)

    def _failed_to_load(self, exc: SttUnavailable) -> None:
        with self._lock:
            self._loaded -= 1
            waiting, self._waiting = self._waiting, deque()
        self._turn_away(waiting, exc)

    @staticmethod
    def _turn_away(
        waiting: deque[tuple[asyncio.AbstractEventLoop, asyncio.Future[Decoder]]], exc: SttUnavailable
    ) -> None:
        def tell(waiter: asyncio.Future[Decoder]) -> None:
            if not waiter.done():
                waiter.set_exception(SttUnavailable(exc.message, hint=exc.hint))

        for loop, waiter in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, waiter)

    async def aclose(self) -> None:
        """Ends the threads once they are through with what they do (some 100 ms). Safe to call twice."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            waiting, self._waiting = self._waiting, deque()
        self._turn_away(waiting, SttUnavailable("The recognizer has been shut down."))
        await asyncio.to_thread(self._executor.shutdown, wait=True, cancel_futures=True)
        for decoder in idle:
            decoder.free()
