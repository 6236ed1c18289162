"""From segments to pieces of sound, with the engine in its own thread and the event loop free."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tts_worker.aligner import Mark
from tts_worker.base import Engine, VoiceWish
from tts_worker.segments import Segment
from tts_worker.shaping import Piece, Shaper


class Speaker:
    """The one synthesis thread of the process. Connections take turns, one segment at a time, in the order
    in which they ask."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="synthesis")
        self._closing = threading.Event()

    def speak(
        self, segment: Segment, wish: VoiceWish, *, start_ms: float, pause_ms: float
    ) -> AsyncGenerator[Piece, None]:
        """One segment's sound as it is made, after ``pause_ms`` of silence; word times count on from
        ``start_ms``. Closing the generator stops the engine within one of its buffers. The engine never waits
        for the reader: what is made and not read yet is at most one segment. Raises SynthesisFailed."""
        shaper = Shaper(segment, self.engine.sample_rate, start_ms, pause_ms)
        return self._run(shaper, segment.text, wish)

    async def _run(self, shaper: Shaper, text: str, wish: VoiceWish) -> AsyncGenerator[Piece, None]:
        loop = asyncio.get_running_loop()
        made: asyncio.Queue[Piece | Exception | None] = asyncio.Queue()  # bounded by the segment
        stop = threading.Event()

        def put(*items: Piece | Exception | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody listens any more
                for item in items:
                    loop.call_soon_threadsafe(made.put_nowait, item)

        def work() -> None:
            def emit(pcm: bytes, marks: Sequence[Mark]) -> bool:
                put(*shaper.feed(pcm, marks))
                return not (stop.is_set() or self._closing.is_set())

            try:
                if not stop.is_set():
                    self.engine.synthesize(text, wish, emit)
                    put(*shaper.finish(), None)
            except Exception as exc:
                put(exc)

        job = self._thread.submit(work)
        try:
            while (item := await made.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            stop.set()
            job.cancel()

    def close(self) -> None:
        """Stop what is being synthesized and end the thread."""
        self._closing.set()
        self._thread.shutdown(wait=True, cancel_futures=True)
