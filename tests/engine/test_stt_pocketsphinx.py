"""PocketSphinx: what is its own beside the contract."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.engine.sounds import BROKEN, COUNT, TELL_ME, length_ms, pieces, silence, speech
from voice.engines.sphinx import Decoder
from voice.engines.stt_pocketsphinx import PocketSphinx
from voice.errors import SttUnavailable

pytestmark = pytest.mark.engine


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


def test_an_utterance_that_gives_up_waiting_takes_no_decoder_with_it() -> None:
    async def scene() -> str:
        engine = PocketSphinx(decoders=1)
        holds, waits, last = (engine.open(language="en") for _ in range(3))
        holds.feed(speech(TELL_ME))
        await holds.settle()
        waits.feed(speech(COUNT))
        await asyncio.sleep(0)
        waits.close()
        last.feed(speech(BROKEN))
        holds.close()
        text = (await last.settle()).text
        last.close()
        await engine.aclose()
        return text

    assert asyncio.run(scene()) == BROKEN


def test_the_event_loop_goes_on_while_it_decodes() -> None:
    async def scene() -> float:
        engine = PocketSphinx()
        await engine.warm_up()
        utterance = engine.open(language="en")
        utterance.feed(np.concatenate([speech(BROKEN), speech(COUNT), speech(TELL_ME)]))
        settling = asyncio.create_task(utterance.settle())
        laps, last = 0, time.perf_counter()
        began = last
        while not settling.done():
            await asyncio.sleep(0.001)
            laps += 1
        spent = time.perf_counter() - began
        utterance.close()
        await engine.aclose()
        return laps / (spent * 1000)

    # The wheel's own classes would let the loop turn a few times in the second that this takes.
    assert asyncio.run(scene()) > 0.1


def test_most_of_the_work_is_done_while_the_person_speaks() -> None:
    async def scene() -> tuple[float, float]:
        engine = PocketSphinx()
        await engine.warm_up()
        at_once = engine.open(language="en")
        at_once.feed(speech(BROKEN))
        began = time.perf_counter()
        await at_once.settle()
        all_of_it = time.perf_counter() - began
        at_once.close()
        utterance = engine.open(language="en")
        for piece in pieces(speech(BROKEN), 1600):
            utterance.feed(piece)
            await asyncio.sleep(0.1)
        began = time.perf_counter()
        await utterance.settle()
        rest = time.perf_counter() - began
        utterance.close()
        await engine.aclose()
        return all_of_it, rest

    all_of_it, rest = asyncio.run(scene())
    assert rest < all_of_it / 2


def test_speech_beyond_the_limit_is_cut_and_the_oldest_words_stay() -> None:
    sound = np.concatenate([speech(TELL_ME), speech(COUNT)])
    limit_s = length_ms(speech(TELL_ME)) / 1000

    async def hear(engine: PocketSphinx, *sounds: np.ndarray) -> object:
        utterance = engine.open(language="en")
        for one in sounds:
            utterance.feed(one)
        found = await utterance.settle()
        utterance.close()
        await engine.aclose()
        return found

    cut = asyncio.run(hear(PocketSphinx(max_utterance_s=limit_s), sound, speech(COUNT)))
    assert cut == asyncio.run(hear(PocketSphinx(), speech(TELL_ME)))


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


@pytest.mark.parametrize("options", [{"decoders": 0}, {"decoders": 65}, {"max_utterance_s": 0.5}])
def test_it_refuses_options_that_make_no_sense(options: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must lie between"):
        PocketSphinx(**options)  # type: ignore[arg-type]
