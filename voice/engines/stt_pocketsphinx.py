"""PocketSphinx: speech to text from the installed packages alone, in English.

Its wheel carries the model. It misunderstands about one word in five of clear speech, never writes fillers,
and works through sound four times faster than it is spoken. Decoding goes on while the person speaks, so that
settling has only the last tenth of a second and the closing passes left.

``hints`` are not used: the library can't reweigh words of the language model that it has loaded, and words
missing from its dictionary would need their pronunciation.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from concurrent.futures import Future
from functools import partial

import numpy as np

from voice.engines.base import INPUT_RATE, Pcm, Problem, SttEngine, Transcript, Utterance, Word
from voice.engines.sphinx import Decoder, library, model_folder
from voice.engines.sphinx_pool import DecoderPool
from voice.engines.sphinx_recognition import BLOCK, Recognition
from voice.errors import BadAudio, SttUnavailable

JOB_SAMPLES = 4 * BLOCK
"""Sound handed over at a time: so long a cancelled utterance keeps its decoder, at most, beyond its end."""
SETTLE_LIMIT_S = 20.0


class PocketSphinx(SttEngine):
    name = "pocketsphinx"
    embedded = True
    writes_fillers = False
    languages = frozenset({"en"})

    def __init__(self, *, decoders: int = 4, second_pass: bool = True, max_utterance_s: float = 120.0) -> None:
        """``decoders``: utterances that are decoded side by side, about 100 MB each once it is needed; more
        wait with their sound buffered. ``second_pass``: go over the sound once more when it settles: 1 to
        3 words in a hundred fewer are wrong, for 35 ms a second of sound."""
        if not 1 <= decoders <= 64:
            raise ValueError("decoders must lie between 1 and 64")
        if not 1.0 <= max_utterance_s <= 600.0:
            raise ValueError("max_utterance_s must lie between 1 and 600")
        self._limit_samples = round(max_utterance_s * INPUT_RATE)
        self._pool = DecoderPool(size=decoders, settings={"fwdflat": "yes" if second_pass else "no"})
        self._open: weakref.WeakSet[_SphinxUtterance] = weakref.WeakSet()

    def check(self) -> list[Problem]:
        try:
            library()
            model_folder()
        except SttUnavailable as exc:
            return [Problem(exc.message, exc.hint)]
        return []

    async def warm_up(self) -> None:
        self._pool.release(await self._pool.acquire())

    async def aclose(self) -> None:
        for utterance in list(self._open):
            utterance.close()
        await self._pool.aclose()

    def open(self, *, language: str, hints: tuple[str, ...] = ()) -> Utterance:
        """Raises :class:`SttUnavailable` for any language but English."""
        if language.replace("_", "-").split("-")[0].lower() not in self.languages:
            raise SttUnavailable(
                "The built-in recognizer understands English only.",
                hint="Choose a speech-to-text engine that knows this language; see docs/settings.md.",
            )
        utterance = _SphinxUtterance(self._pool, self._limit_samples)
        self._open.add(utterance)
        return utterance


class _SphinxUtterance(Utterance):
    """``feed`` and ``settle`` put sound and questions in line; one task works the line off in its order.

    The line is bounded by the longest utterance. From the first sound to :meth:`close` the task has a
    decoder, or waits for one.
    """

    def __init__(self, pool: DecoderPool, limit_samples: int) -> None:
        self._pool, self._room = pool, limit_samples
        self._line: deque[Pcm | asyncio.Future[Transcript]] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._guess = ""
        self._failure: SttUnavailable | None = None

    def feed(self, samples: Pcm) -> None:
        """Raises :class:`BadAudio` for anything but a row of int16."""
        if samples.ndim != 1 or samples.dtype != np.int16:
            raise BadAudio
        kept = samples[: self._room].copy()
        if self._failure is not None or not len(kept):
            return
        self._room -= len(kept)
        self._line.extend(kept[at : at + JOB_SAMPLES] for at in range(0, len(kept), JOB_SAMPLES))
        self._wake.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="pocketsphinx utterance")

    async def partial(self) -> str:
        return self._guess

    async def settle(self) -> Transcript:
        if self._failure is not None:
            raise SttUnavailable(self._failure.message, hint=self._failure.hint)
        if self._task is None:
            return Transcript("")
        answer: asyncio.Future[Transcript] = asyncio.get_running_loop().create_future()
        self._line.append(answer)
        self._wake.set()
        try:
            async with asyncio.timeout(SETTLE_LIMIT_S):
                return await answer
        except TimeoutError as exc:
            raise SttUnavailable(
                "Every recognizer is busy.", hint="Raise the option decoders of the engine pocketsphinx."
            ) from exc

    def close(self) -> None:
        if self._failure is None:
            self._failure = SttUnavailable("The utterance is closed.")
        if self._task is not None:
            self._task.cancel()
        for entry in self._line:
            if isinstance(entry, asyncio.Future):
                entry.cancel()
        self._line.clear()

    # -- the task -------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        try:
            decoder = await self._pool.acquire()
        except SttUnavailable as exc:
            self._fail(exc)
            return
        recognition = Recognition(decoder)
        job: Future[tuple[Word, ...]] | None = None
        answers: list[asyncio.Future[Transcript]] = []
        try:
            while True:
                sound, answers = self._next()
                if len(sound) < BLOCK and not answers:
                    self._line.extendleft([sound] if len(sound) else [])
                    await self._wake.wait()
                    continue
                job = self._pool.submit(partial(_decode, recognition, sound, bool(answers)))
                words = await asyncio.wrap_future(job)
                self._tell(words, answers)
        except asyncio.CancelledError:
            for answer in answers:
                answer.cancel()
            _give_back(self._pool, decoder, recognition, job)
            raise
        except Exception as exc:
            self._pool.discard(decoder)
            self._fail(exc, answers)

    def _next(self) -> tuple[Pcm, list[asyncio.Future[Transcript]]]:
        """The next sound of the line, and the questions that come right behind it."""
        self._wake.clear()
        sounds: list[Pcm] = []
        answers: list[asyncio.Future[Transcript]] = []
        while self._line:
            entry = self._line[0]
            if isinstance(entry, asyncio.Future):
                answers.append(entry)
            elif answers or sum(map(len, sounds)) >= JOB_SAMPLES:
                break
            else:
                sounds.append(entry)
            self._line.popleft()
        return np.concatenate([np.zeros(0, dtype=np.int16), *sounds]), answers

    def _tell(self, words: tuple[Word, ...], answers: list[asyncio.Future[Transcript]]) -> None:
        self._guess = " ".join(word.text for word in words)
        for answer in answers:
            if not answer.done():
                answer.set_result(Transcript(self._guess, words))

    def _fail(self, exc: Exception, answers: list[asyncio.Future[Transcript]] | None = None) -> None:
        known = (
            exc
            if isinstance(exc, SttUnavailable)
            else SttUnavailable(f"The recognizer failed ({type(exc).__name__}).")
        )
        self._failure = known
        pending = [entry for entry in self._line if isinstance(entry, asyncio.Future)]
        self._line.clear()
        for answer in [*(answers or []), *pending]:
            if not answer.done():
                answer.set_exception(SttUnavailable(known.message, hint=known.hint))


def _decode(recognition: Recognition, sound: Pcm, settle: bool) -> tuple[Word, ...]:
    recognition.add(sound)
    return recognition.settle() if settle else recognition.guess()


def _give_back(
    pool: DecoderPool, decoder: Decoder, recognition: Recognition, job: Future[tuple[Word, ...]] | None
) -> None:
    """Once its last job has run, the decoder is cleared, in a thread of the pool, and lent on."""

    def clear() -> None:
        try:
            recognition.abandon()
        except SttUnavailable:
            pool.discard(decoder)
        else:
            pool.release(decoder)

    def then(_: object) -> None:
        try:
            pool.submit(clear)
        except SttUnavailable:  # shut down meanwhile
            pool.release(decoder)

    if job is None:
        then(None)
    else:
        job.add_done_callback(then)
