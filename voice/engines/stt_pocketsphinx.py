"""PocketSphinx: speech to text from the installed packages alone, in English.

Its wheel carries the model. It misunderstands about one word in five of clear speech, never writes fillers,
and works through sound four times faster than it is spoken. Decoding goes on while the person speaks, so that
settling has only the last tenth of a second and the closing passes left.

A decoder takes about 100 MB, so there are few of them (8 unless the option says otherwise) and they are loaded
when they are needed. An open microphone has none. An utterance borrows one for each *stretch* of speech: from
the first sound that stands out from silence until it is settled, a second of quiet, two seconds without any
sound fed, or the first pause after half a minute; its settled words need none. Who finds all of them lent waits
in line with the sound kept, and is decoded late, faster than real time; meanwhile those who hold one end their
stretch at the next pause of 0.3 s, at the latest after 5 s of speech. An utterance that is two minutes of sound
behind fails. So the bound is on how many people speak at the same moment: about four per decoder, and four per
core.

``hints`` are not used: the library can't reweigh words of the language model that it has loaded, and words
missing from its dictionary would need their pronunciation.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
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
IDLE_S = 2.0
"""Without sound for so long, a decoder is given back."""
SETTLE_LIMIT_S = 60.0
"""Whoever asks has a deadline of his own; this is for what hangs."""
BUSY_HINT = "Raise the option decoders of the engine pocketsphinx."


class PocketSphinx(SttEngine):
    name = "pocketsphinx"
    embedded = True
    writes_fillers = False
    languages = frozenset({"en"})

    def __init__(
        self,
        *,
        decoders: int = 8,
        second_pass: bool = True,
        stretch_s: float = 30.0,
        max_behind_s: float = 120.0,
    ) -> None:
        """``decoders``: stretches of speech that are decoded side by side, about 100 MB each once it is needed.
        ``second_pass``: go over the sound once more when it settles: 1 to 3 words in a hundred fewer are wrong,
        for 35 ms a second of sound. ``stretch_s``: longer speech is settled in parts. ``max_behind_s``: sound
        that an utterance may hold back while it waits."""
        if not 1 <= decoders <= 64:
            raise ValueError("decoders must lie between 1 and 64")
        if not 1.0 <= stretch_s <= 120.0:
            raise ValueError("stretch_s must lie between 1 and 120")
        if not 10.0 <= max_behind_s <= 600.0:
            raise ValueError("max_behind_s must lie between 10 and 600")
        self._stretch_s, self._limit_samples = stretch_s, round(max_behind_s * INPUT_RATE)
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
        utterance = _SphinxUtterance(self._pool, Recognition(self._stretch_s), self._limit_samples)
        self._open.add(utterance)
        return utterance


class _SphinxUtterance(Utterance):
    """``feed`` and ``settle`` put sound and questions in line; one task works the line off in its order, and
    borrows a decoder when the sound needs one."""

    def __init__(self, pool: DecoderPool, recognition: Recognition, limit_samples: int) -> None:
        self._pool, self._recognition, self._limit_samples = pool, recognition, limit_samples
        self._line: deque[Pcm | asyncio.Future[Transcript]] = deque()
        self._behind_samples = 0
        """Sound in line."""
        self._asked: list[asyncio.Future[Transcript]] = []
        """Questions that are being answered."""
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._decoder: Decoder | None = None
        self._job: Future[tuple[Word, ...]] | None = None
        self._guess = ""
        self._failure: SttUnavailable | None = None

    def feed(self, samples: Pcm) -> None:
        """Raises :class:`BadAudio` for anything but a row of int16."""
        if samples.ndim != 1 or samples.dtype != np.int16:
            raise BadAudio
        if self._failure is not None or not len(samples):
            return
        self._behind_samples += len(samples)
        if self._behind_samples > self._limit_samples:
            self._fail(SttUnavailable("The recognizer is too far behind.", hint=BUSY_HINT))
            return
        kept = samples.copy()
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
            raise SttUnavailable("Every recognizer is busy.", hint=BUSY_HINT) from exc

    def close(self) -> None:
        if self._failure is None:
            self._failure = SttUnavailable("The utterance is closed.")
        for answer in self._unanswered():
            answer.cancel()
        if self._task is not None:
            self._task.cancel()

    # -- the task -------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        try:
            while True:
                sound = self._next()
                if len(sound) >= BLOCK or self._asked:
                    await self._take(sound)
                else:
                    self._put_back(sound)
                    await self._wait()
        except asyncio.CancelledError:
            self._abandon()
            raise
        except Exception as exc:
            known = exc if isinstance(exc, SttUnavailable) else None
            if self._decoder is not None:
                self._pool.discard(self._decoder)
            self._task = None
            self._fail(known or SttUnavailable(f"The recognizer failed ({type(exc).__name__})."))

    async def _wait(self) -> None:
        """Until there is more in line; who holds a decoder gives it back after a while."""
        try:
            async with asyncio.timeout(IDLE_S if self._decoder is not None else None):
                await self._wake.wait()
        except TimeoutError:
            await self._run(self._recognition.settle)
            self._give_back()

    async def _take(self, sound: Pcm) -> None:
        recognition = self._recognition
        settle = bool(self._asked)
        words = await self._run(partial(_decode, recognition, sound, settle))
        if recognition.waits:
            self._decoder = await self._pool.acquire()
            recognition.lend(self._decoder)
            words = await self._run(partial(_decode, recognition, sound[:0], settle))
        if recognition.decoding and self._pool.crowded:
            words = await self._run(partial(_make_room, recognition))
        if not recognition.decoding:
            self._give_back()
        self._answer(words)

    async def _run(self, work: Callable[[], tuple[Word, ...]]) -> tuple[Word, ...]:
        self._job = self._pool.submit(work)
        words = await asyncio.wrap_future(self._job)
        self._guess = " ".join(word.text for word in words)
        return words

    def _give_back(self) -> None:
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            self._recognition.give_back()
            self._pool.release(decoder)

    # -- the line -------------------------------------------------------------------------------------------

    def _next(self) -> Pcm:
        """The next sound of the line; the questions that come right behind it are being answered now."""
        self._wake.clear()
        sounds: list[Pcm] = [np.zeros(0, dtype=np.int16)]
        while self._line:
            entry = self._line[0]
            if isinstance(entry, asyncio.Future):
                self._asked.append(entry)
            elif self._asked or sum(map(len, sounds)) >= JOB_SAMPLES:
                break
            else:
                sounds.append(entry)
                self._behind_samples -= len(entry)
            self._line.popleft()
        return np.concatenate(sounds)

    def _put_back(self, sound: Pcm) -> None:
        if len(sound):
            self._line.appendleft(sound)
            self._behind_samples += len(sound)

    def _answer(self, words: tuple[Word, ...]) -> None:
        asked, self._asked = self._asked, []
        for answer in asked:
            if not answer.done():
                answer.set_result(Transcript(self._guess, words))

    def _unanswered(self) -> list[asyncio.Future[Transcript]]:
        """Takes everything out of the line."""
        waiting = [entry for entry in self._line if isinstance(entry, asyncio.Future)]
        asked, self._asked = self._asked, []
        self._line.clear()
        return [answer for answer in (*asked, *waiting) if not answer.done()]

    def _fail(self, exc: SttUnavailable) -> None:
        """Whoever asks hears of it; the decoder, if it is another's fault, goes back."""
        self._failure = exc
        for answer in self._unanswered():
            answer.set_exception(SttUnavailable(exc.message, hint=exc.hint))
        if self._task is not None:
            self._task.cancel()

    def _abandon(self) -> None:
        """Once its last job has run, the decoder is cleared, in a thread of the pool, and lent on."""
        pool, decoder, recognition = self._pool, self._decoder, self._recognition
        if decoder is None:
            return

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

        if self._job is None:
            then(None)
        else:
            self._job.add_done_callback(then)


def _decode(recognition: Recognition, sound: Pcm, settle: bool) -> tuple[Word, ...]:
    recognition.add(sound)
    return recognition.settle() if settle and not recognition.waits else recognition.guess()


def _make_room(recognition: Recognition) -> tuple[Word, ...]:
    recognition.make_room()
    return recognition.guess()
