"""Silero's speech detector on onnxruntime, one model for all conversations of a process.

The model is the ONNX file inside the ``silero-vad`` package. The package itself is never imported: its Python
code needs torch, which is not installed.

Windows of all streams are put into one call per tick, because the batch dimension is nearly free. Measured on
one thread of a 2-core machine: 0.15 ms for a window alone, 0.06 ms a window (1.9 ms a call) at batch 32. So a
call stays under 2 ms and runs on the event loop: handing it to a thread and coming back would cost about as
much. A flush stops after :data:`FLUSH_BUDGET_MS` and goes on in the next turn of the loop, so sound that
arrives all at once never holds up the others.
"""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voice.engines.base import INPUT_RATE, Pcm, Problem, VadEngine, VadStream
from voice.errors import BadAudio, EngineError, RateLimited

WINDOW = 512
CONTEXT = 64
"""Samples of the window before, which the model wants in front of each window."""
STATE = 128
FEW_STREAMS = 4
"""Up to so many streams a flush follows at once: there is next to nothing to batch."""
MAX_TICK_MS = 8.0
"""The longest that a window waits for others to share its call."""
FLUSH_BUDGET_MS = 2.0
MAX_BATCH = 32
MAX_PENDING = 60 * INPUT_RATE // WINDOW
"""Windows of one stream that may wait: a minute of sound. A client can't send more at once."""
FULL_SCALE = 32768.0

Floats = NDArray[np.float32]


class SileroVad(VadEngine):
    name = "silero"
    embedded = True
    window_samples = WINDOW

    def __init__(self, *, max_tick_ms: float = MAX_TICK_MS) -> None:
        if not 0.0 <= max_tick_ms <= 100.0:
            raise ValueError("max_tick_ms must lie between 0 and 100")
        self._max_tick_ms = max_tick_ms
        self._session: Any = None
        self._batchers: dict[asyncio.AbstractEventLoop, _Batcher] = {}
        self._closed = False

    def check(self) -> list[Problem]:
        """Really loads the model (a tenth of a second): installed is not the same as running here."""
        try:
            self._load()
        except EngineError as exc:
            return [Problem(exc.message, exc.hint)]
        return []

    async def warm_up(self) -> None:
        await asyncio.to_thread(self._load)

    async def aclose(self) -> None:
        self._closed = True
        for batcher in list(self._batchers.values()):
            batcher.close()
        self._batchers.clear()
        self._session = None

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        """Must be called on a running event loop, to which the stream then belongs."""
        if self._closed:
            raise EngineError("The speech detector has been shut down.")
        loop = asyncio.get_running_loop()
        for other in [one for one in self._batchers if one.is_closed()]:
            del self._batchers[other]
        if loop not in self._batchers:
            self._batchers[loop] = _Batcher(loop, self._load(), self._max_tick_ms)
        return _SileroStream(self._batchers[loop], on_window)

    def _load(self) -> Any:
        if self._session is None:
            self._session = load_session()
        return self._session


def load_session() -> Any:
    """The ``onnxruntime.InferenceSession``. Raises :class:`EngineError` if it can't run here."""
    hint = "Install the pinned requirements again, or choose the VAD engine energy, which needs no model."
    spec = importlib.util.find_spec("silero_vad")
    if spec is None or not spec.submodule_search_locations:
        raise EngineError("The package silero-vad is not installed.", hint=hint)
    path = Path(spec.submodule_search_locations[0]) / "data" / "silero_vad.onnx"
    if not path.is_file():
        raise EngineError("The package silero-vad has no file silero_vad.onnx.", hint=hint)
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as exc:  # onnxruntime raises classes of its own that share no base
        raise EngineError(
            f"onnxruntime can't run the speech detector ({type(exc).__name__}).", hint=hint
        ) from exc


class _Batcher:
    """The streams of one event loop. A stream is a row in arrays that all share."""

    def __init__(self, loop: asyncio.AbstractEventLoop, session: Any, max_tick_ms: float) -> None:
        self.streams: set[_SileroStream] = set()
        self._loop, self._session, self._max_tick_ms = loop, session, max_tick_ms
        self._sample_rate = np.array(INPUT_RATE, dtype=np.int64)
        self._state: Floats = np.zeros((2, 0, STATE), dtype=np.float32)
        self._context: Floats = np.zeros((0, CONTEXT), dtype=np.float32)
        self._free: list[int] = []
        self._waiting: dict[_SileroStream, None] = {}
        self._flush: asyncio.Handle | None = None

    def add(self, stream: _SileroStream) -> int:
        if not self._free:
            self._grow()
        row = self._free.pop()
        self.forget(row)
        self.streams.add(stream)
        return row

    def _grow(self) -> None:
        size = len(self._context)
        more = max(8, size)
        self._state = np.concatenate([self._state, np.zeros((2, more, STATE), dtype=np.float32)], axis=1)
        self._context = np.concatenate([self._context, np.zeros((more, CONTEXT), dtype=np.float32)])
        self._free = list(range(size + more - 1, size - 1, -1))

    def forget(self, row: int) -> None:
        self._state[:, row] = 0.0
        self._context[row] = 0.0

    def remove(self, stream: _SileroStream) -> None:
        if stream in self.streams:
            self.streams.discard(stream)
            self._free.append(stream.row)

    def close(self) -> None:
        for stream in list(self.streams):
            stream.close()
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None

    def wants(self, stream: _SileroStream) -> None:
        """This stream has complete windows."""
        self._waiting[stream] = None
        if self._flush is None:
            self._flush = self._schedule()

    def lets_go(self, stream: _SileroStream) -> None:
        """It has none any more."""
        self._waiting.pop(stream, None)

    def _schedule(self) -> asyncio.Handle:
        if len(self.streams) <= FEW_STREAMS:
            return self._loop.call_soon(self._run)
        # Half a millisecond a stream: with many the call is worth waiting for, with some it is not.
        tick_ms = min(self._max_tick_ms, len(self.streams) * 0.5)
        return self._loop.call_later(tick_ms / 1000.0, self._run)

    def _run(self) -> None:
        """One round takes one window of each stream that has some; rounds follow while the budget lasts."""
        self._flush = None
        stop_at = time.perf_counter() + FLUSH_BUDGET_MS / 1000.0
        while self._waiting:
            self._round()
            if time.perf_counter() >= stop_at:
                break
        if self._waiting and self._flush is None:
            self._flush = self._loop.call_soon(self._run)

    def _round(self) -> None:
        streams = list(itertools.islice(self._waiting, MAX_BATCH))
        rows = [stream.row for stream in streams]
        windows = np.empty((len(streams), CONTEXT + WINDOW), dtype=np.float32)
        windows[:, :CONTEXT] = self._context[rows]
        for index, stream in enumerate(streams):
            windows[index, CONTEXT:] = stream.pending.popleft()
            del self._waiting[stream]
            if stream.pending:
                self._waiting[stream] = None  # at the end of the line
        self._context[rows] = windows[:, -CONTEXT:]
        inputs = {"input": windows, "state": self._state[:, rows], "sr": self._sample_rate}
        epochs = [stream.epoch for stream in streams]
        try:
            probabilities, state = self._session.run(None, inputs)
        except Exception as exc:  # onnxruntime raises classes of its own that share no base
            self._report("The speech detector failed on a window.", exc)
            return
        self._state[:, rows] = state
        for stream, epoch, probability in zip(streams, epochs, probabilities[:, 0].tolist(), strict=True):
            # A callback of this very round may have reset or closed a stream further on.
            if stream.epoch == epoch:
                self._tell(stream, probability)

    def _tell(self, stream: _SileroStream, probability: float) -> None:
        try:
            stream.on_window(probability)
        except Exception as exc:  # whatever a conversation does with it must not reach the others
            self._report("A conversation failed to take a window.", exc)

    def _report(self, message: str, exc: Exception) -> None:
        self._loop.call_exception_handler({"message": message, "exception": exc})


class _SileroStream(VadStream):
    def __init__(self, batcher: _Batcher, on_window: Callable[[float], None]) -> None:
        self.on_window = on_window
        self.pending: deque[Floats] = deque()
        self.epoch = 0
        """Goes up when what is under way must not be reported any more."""
        self._batcher = batcher
        self._rest: Pcm = np.zeros(0, dtype=np.int16)
        self._closed = False
        self.row = batcher.add(self)

    def feed(self, samples: Pcm) -> None:
        """Raises :class:`BadAudio` for anything but a row of int16, :class:`RateLimited` over a minute."""
        if self._closed:
            return
        if samples.ndim != 1 or samples.dtype != np.int16:
            raise BadAudio
        if len(self.pending) + len(samples) // WINDOW > MAX_PENDING:
            raise RateLimited
        sound = np.concatenate([self._rest, samples]) if len(self._rest) else samples
        count = len(sound) // WINDOW
        self._rest = sound[count * WINDOW :].copy()
        if count:
            windows = sound[: count * WINDOW].astype(np.float32).reshape(count, WINDOW) / np.float32(FULL_SCALE)
            self.pending.extend(windows)
            self._batcher.wants(self)

    def reset(self) -> None:
        if self._closed:
            return
        self.epoch += 1
        self._drop()
        self._batcher.forget(self.row)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self.epoch += 1
        self._drop()
        self._batcher.remove(self)

    def _drop(self) -> None:
        self.pending.clear()
        self._rest = self._rest[:0]
        self._batcher.lets_go(self)
