"""PocketSphinx: what is its own beside the contract."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from tests.engine.sounds import BROKEN, COUNT, TELL_ME, length_ms, pieces, silence, speech
from voice.engines.base import Pcm, Transcript
from voice.engines.sphinx import Decoder
from voice.engines.sphinx_recognition import BLOCK, Recognition
from voice.engines.stt_pocketsphinx import PocketSphinx
from voice.errors import SttUnavailable

pytestmark = pytest.mark.engine


async def until(true: Callable[[], bool]) -> None:
    """Looks again whenever the loop has come round."""
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110  (nobody tells of it)
            await asyncio.sleep(0)


def test_more_utterances_than_decoders_wait_in_line_and_lose_nothing() -> None:
    texts = [TELL_ME, COUNT, BROKEN]

    async def scene() -> list[str]:
        engine = PocketSphinx(decoders=1)
        utterances = [engine.open(language="en") for _ in texts]
        for utterance, text in zip(utterances, texts, strict=True):
            utterance.feed(speech(text))
        found = []
        for utterance in utterances:
            found.append((await utterance.settle()).text)
            utterance.close()
        await engine.aclose()
        return found

    assert asyncio.run(scene()) == texts


def test_open_utterances_share_fewer_decoders_and_all_settle() -> None:
    texts = [TELL_ME, COUNT, BROKEN, TELL_ME, COUNT, BROKEN]

    async def scene() -> list[str]:
        engine = PocketSphinx(decoders=2)
        utterances = [engine.open(language="en") for _ in texts]
        streams = [pieces(np.concatenate([silence(500), speech(text)]), 1600) for text in texts]
        for together in itertools.zip_longest(*streams):
            for utterance, piece in zip(utterances, together, strict=True):
                if piece is not None:
                    utterance.feed(piece)
            await asyncio.sleep(0)
        found = [one.text for one in await asyncio.gather(*(one.settle() for one in utterances))]
        for utterance in utterances:
            utterance.close()
        await engine.aclose()
        return found

    assert asyncio.run(scene()) == texts


@pytest.mark.parametrize("then", ["settled", "silent", "fed no more"])
def test_an_open_utterance_keeps_no_decoder_when_it_has_nothing_to_decode(then: str) -> None:
    async def scene() -> tuple[str, str]:
        engine = PocketSphinx(decoders=1)
        holds, comes = (engine.open(language="en") for _ in range(2))
        holds.feed(speech(TELL_ME))
        if then == "settled":
            await holds.settle()
        elif then == "silent":
            holds.feed(silence(1500))
        comes.feed(speech(COUNT))
        first = (await comes.settle()).text
        holds.feed(speech(BROKEN))
        second = (await holds.settle()).text
        await engine.aclose()
        return first, second

    first, second = asyncio.run(scene())
    assert first == COUNT
    assert second.startswith(f"{TELL_ME} the phone is broken")


def test_who_speaks_without_end_lets_others_in() -> None:
    async def scene() -> tuple[str, int]:
        engine = PocketSphinx(decoders=1)
        holds, comes = (engine.open(language="en") for _ in range(2))
        for _ in range(8):
            holds.feed(speech(BROKEN)[4000:-4000])
        comes.feed(speech(COUNT))
        settling = asyncio.create_task(holds.settle())
        text = (await comes.settle()).text
        behind = sum(not settled.done() for settled in [settling])
        await settling
        await engine.aclose()
        return text, behind

    assert asyncio.run(scene()) == (COUNT, 1)


def test_silence_needs_no_decoder() -> None:
    async def scene() -> tuple[Transcript, int]:
        engine = PocketSphinx(decoders=1)
        utterance = engine.open(language="en")
        utterance.feed(silence(3000))
        found = await utterance.settle()
        await engine.aclose()
        return found, engine._pool._loaded

    assert asyncio.run(scene()) == (Transcript(""), 0)


def test_an_utterance_that_gives_up_waiting_takes_no_decoder_with_it() -> None:
    async def scene() -> str:
        engine = PocketSphinx(decoders=1)
        await engine.warm_up()
        holds, waits, last = (engine.open(language="en") for _ in range(3))
        holds.feed(speech(TELL_ME))
        await until(lambda: holds._decoder is not None)  # type: ignore[attr-defined]
        waits.feed(speech(COUNT))
        await until(lambda: engine._pool.crowded)
        waits.close()
        last.feed(speech(BROKEN))
        holds.close()
        text = (await last.settle()).text
        last.close()
        await engine.aclose()
        return text

    assert asyncio.run(scene()) == BROKEN


def test_the_event_loop_goes_on_within_a_call_of_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    laps = 0
    within: list[int] = []
    """How many laps the loop made while one call lasted."""

    def watched(call: Callable[..., None]) -> Callable[..., None]:
        def watch(*arguments: object) -> None:
            before = laps
            call(*arguments)
            within.append(laps - before)

        return watch

    monkeypatch.setattr(Decoder, "process", watched(Decoder.process))
    monkeypatch.setattr(Decoder, "end", watched(Decoder.end))

    async def scene() -> None:
        nonlocal laps
        engine = PocketSphinx()
        await engine.warm_up()
        utterance = engine.open(language="en")
        utterance.feed(np.concatenate([speech(BROKEN), speech(COUNT), speech(TELL_ME)]))
        settling = asyncio.create_task(utterance.settle())
        while not settling.done():
            await asyncio.sleep(0.001)
            laps += 1
        utterance.close()
        await engine.aclose()

    asyncio.run(scene())
    # The wheel's own classes keep the interpreter's lock: a call then ends before the loop turns again, save
    # for the laps that fit between the call and its bookkeeping.
    assert max(within) > 5


class Work:
    """What a recognizer has done, told by its decoder's thread: samples taken, blocks decoded."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken, self.decoded = 0, 0
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        take, process = Recognition.add, Decoder.process

        def watch_take(recognition: Recognition, samples: Pcm) -> None:
            take(recognition, samples)
            self.taken += len(samples)
            self._loop.call_soon_threadsafe(self._news.set)

        def watch_process(decoder: Decoder, block: Pcm) -> None:
            process(decoder, block)
            self.decoded += len(block)

        monkeypatch.setattr(Recognition, "add", watch_take)
        monkeypatch.setattr(Decoder, "process", watch_process)

    async def until(self, samples: int) -> None:
        async with asyncio.timeout(300):
            while self.taken < samples:
                self._news.clear()
                await self._news.wait()


def test_all_but_the_last_tenth_of_a_second_is_decoded_before_it_is_asked_to_settle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = speech(BROKEN)

    async def scene() -> tuple[int, int, str]:
        work = Work(monkeypatch)
        engine = PocketSphinx()
        utterance = engine.open(language="en")
        fed = 0
        for piece in pieces(sound, 320):
            utterance.feed(piece)
            fed += len(piece)
            await work.until(fed - BLOCK + 1)
        before = work.decoded
        text = (await utterance.settle()).text
        utterance.close()
        await engine.aclose()
        return before, work.decoded - before, text

    before, after, text = asyncio.run(scene())
    assert text == BROKEN
    assert after == len(sound) % BLOCK
    assert before >= len(sound) - after


def test_an_utterance_may_last_for_minutes() -> None:
    async def scene() -> Transcript:
        engine = PocketSphinx()
        utterance = engine.open(language="en")
        for sound in (speech(TELL_ME), silence(70_000), silence(70_000), speech(COUNT)):
            utterance.feed(sound)
            found = await utterance.settle()
        await engine.aclose()
        return found

    found = asyncio.run(scene())
    # The first words after two minutes of quiet are heard with another mean than in one breath.
    assert found.text.startswith(TELL_ME)
    assert found.text.endswith("three four five")
    first_of_count = found.words[len(TELL_ME.split())]
    assert first_of_count.start_ms == pytest.approx(length_ms(speech(TELL_ME)) + 140_250, abs=200)


def test_long_speech_is_settled_in_parts_and_no_word_is_lost() -> None:
    texts = [TELL_ME, BROKEN, COUNT]
    recognition, decoder = Recognition(stretch_s=1.5), Decoder({})
    recognition.lend(decoder)
    recognition.add(np.concatenate([speech(text) for text in texts]))
    parts = recognition.settled()
    whole = recognition.settle()
    decoder.free()
    assert whole[: len(parts)] == parts
    assert len(parts) >= len(f"{TELL_ME} {BROKEN}".split())
    assert " ".join(word.text for word in whole) == " ".join(texts)


def test_sound_that_nobody_can_keep_up_with_is_an_error_and_not_left_out() -> None:
    async def scene() -> str:
        engine = PocketSphinx(decoders=1, max_behind_s=10.0)
        behind, comes = (engine.open(language="en") for _ in range(2))
        behind.feed(speech(TELL_ME))
        settling = asyncio.create_task(behind.settle())
        await asyncio.sleep(0)
        behind.feed(silence(11_000))
        for question in (settling, behind.settle()):
            with pytest.raises(SttUnavailable, match="too far behind") as caught:
                await question
            assert "decoders" in caught.value.hint
        comes.feed(speech(COUNT))
        text = (await comes.settle()).text
        await engine.aclose()
        return text

    assert asyncio.run(scene()) == COUNT


@pytest.mark.parametrize("gain", [0.05, 0.3])
def test_it_understands_quiet_speech_too(gain: float) -> None:
    async def scene() -> str:
        engine = PocketSphinx()
        utterance = engine.open(language="en")
        utterance.feed((speech(COUNT) * gain).astype(np.int16))
        text = (await utterance.settle()).text
        utterance.close()
        await engine.aclose()
        return text

    assert len(set(asyncio.run(scene()).split()) & set(COUNT.split())) >= 4


def test_noise_around_speech_adds_no_words() -> None:
    async def scene() -> str:
        engine = PocketSphinx()
        utterance = engine.open(language="en")
        faint = np.random.default_rng(3).standard_normal(32_000) * 4
        utterance.feed(np.concatenate([faint.astype(np.int16), speech(TELL_ME), silence(2000)]))
        text = (await utterance.settle()).text
        utterance.close()
        await engine.aclose()
        return text

    assert asyncio.run(scene()) == TELL_ME


def test_it_writes_nothing_to_the_terminal() -> None:
    code = (
        "import asyncio, numpy as np\n"
        "from voice.engines.stt_pocketsphinx import PocketSphinx\n"
        "async def main():\n"
        "    engine = PocketSphinx()\n"
        "    utterance = engine.open(language='en')\n"
        "    utterance.feed(np.zeros(20000, np.int16))\n"
        "    await utterance.settle()\n"
        "    utterance.feed(np.zeros(5, np.int16))\n"
        "    await utterance.settle()\n"
        "    await engine.aclose()\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_a_decoder_that_can_t_be_made_is_an_error_with_a_hint() -> None:
    with pytest.raises(SttUnavailable, match="nonsense") as caught:
        Decoder({"nonsense": "1"})
    assert caught.value.hint


def test_whoever_waits_for_a_decoder_hears_that_none_can_be_made() -> None:
    async def scene() -> None:
        engine = PocketSphinx()
        engine._pool._settings["hmm"] = "/nowhere"
        with pytest.raises(SttUnavailable, match="could not load"):
            await engine.warm_up()
        utterance = engine.open(language="en")
        utterance.feed(speech(COUNT))
        with pytest.raises(SttUnavailable, match="could not load"):
            await utterance.settle()
        utterance.close()
        await engine.aclose()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "options", [{"decoders": 0}, {"decoders": 65}, {"stretch_s": 0.5}, {"max_behind_s": 5.0}]
)
def test_it_refuses_options_that_make_no_sense(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        PocketSphinx(**options)  # type: ignore[arg-type]
