"""What every voice activity detector promises."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.engine.engines_under_test import VAD, Maker, no_tasks_left, threads
from tests.engine.sounds import BROKEN, COUNT, TELL_ME, hum, noise, pieces, silence, speech
from voice.engines.base import Pcm, VadEngine, VadStream
from voice.errors import VoiceError

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("make", VAD.values(), ids=VAD)]
Make = Maker[VadEngine]


class Heard:
    """A stream and what it reported."""

    def __init__(self, engine: VadEngine) -> None:
        self.engine = engine
        self.probabilities: list[float] = []
        self._news = asyncio.Event()
        self.stream: VadStream = engine.open(self._on_window)

    def _on_window(self, probability: float) -> None:
        self.probabilities.append(probability)
        self._news.set()

    async def until(self, windows: int) -> list[float]:
        async with asyncio.timeout(60):
            while len(self.probabilities) < windows:
                self._news.clear()
                await self._news.wait()
        return self.probabilities

    async def all_of(self, sound: Pcm, chunk: int = 320) -> list[float]:
        for piece in pieces(sound, chunk):
            self.stream.feed(piece)
        return await self.until(len(sound) // self.engine.window_samples)


async def alone(make: Make, sound: Pcm) -> list[float]:
    async with make() as engine:
        return await Heard(engine).all_of(sound)


async def settled(engine: VadEngine) -> None:
    """All that was fed is heard: a stream that began last has heard more than any other has left."""
    last = Heard(engine)
    await last.all_of(silence(1000))
    last.stream.close()


def test_it_reports_each_complete_window_once(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            heard = Heard(engine)
            size = engine.window_samples
            heard.stream.feed(silence(1000)[: size - 1])
            await settled(engine)
            assert heard.probabilities == []
            heard.stream.feed(silence(1000)[: 2 * size + 1])
            await heard.until(3)
            heard.stream.feed(silence(1000)[: size - 1])
            await settled(engine)
            assert len(heard.probabilities) == 3
            heard.stream.feed(silence(1000)[:1])
            await heard.until(4)
            heard.stream.feed(silence(0))
            await settled(engine)
            assert len(heard.probabilities) == 4

    asyncio.run(scene())


def test_it_tells_speech_from_silence_in_order(make: Make) -> None:
    sound = np.concatenate([silence(1024), speech(BROKEN), silence(1024)])
    probabilities = np.array(asyncio.run(alone(make, sound)))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    first, last = 1024 // 32, len(probabilities) - 1024 // 32
    assert (probabilities[:first] < 0.5).all()
    assert (probabilities[last + 10 :] < 0.5).all()
    spoken = probabilities[first + 10 : last - 12]
    assert (spoken > 0.5).mean() > 0.8


@pytest.mark.parametrize("sound", [silence(4000), noise(4000), hum(4000)], ids=["silence", "noise", "hum"])
def test_it_hears_no_speech_in_what_is_steady(make: Make, sound: Pcm) -> None:
    probabilities = asyncio.run(alone(make, sound))
    assert len(probabilities) == 125
    assert max(probabilities[3:]) < 0.5


@pytest.mark.parametrize("chunk", [160, 1000, 100_000])
def test_it_does_not_matter_how_the_sound_is_cut(make: Make, chunk: int) -> None:
    async def scene() -> list[float]:
        async with make() as engine:
            return await Heard(engine).all_of(speech(TELL_ME), chunk)

    assert asyncio.run(scene()) == pytest.approx(asyncio.run(alone(make, speech(TELL_ME))), abs=1e-5)


def test_many_streams_at_once_each_hear_what_they_would_alone(make: Make) -> None:
    sounds = [np.roll(speech(text), 37 * at) for at in range(13) for text in (TELL_ME, BROKEN, COUNT)]

    async def together() -> list[list[float]]:
        async with make() as engine:
            heard = [Heard(engine) for _ in sounds]
            for at in range(0, max(map(len, sounds)), 320):
                for one, sound in zip(heard, sounds, strict=True):
                    one.stream.feed(sound[at : at + 320])
                if at % 3200 == 0:
                    await asyncio.sleep(0)
            return [
                await one.until(len(sound) // engine.window_samples)
                for one, sound in zip(heard, sounds, strict=True)
            ]

    found = asyncio.run(together())
    for sound, probabilities in list(zip(sounds, found, strict=True))[::5]:
        assert probabilities == pytest.approx(asyncio.run(alone(make, sound)), abs=1e-5)


def test_after_a_reset_it_begins_as_if_new(make: Make) -> None:
    async def scene() -> list[float]:
        async with make() as engine:
            heard = Heard(engine)
            await heard.all_of(speech(BROKEN))
            heard.stream.feed(speech(BROKEN)[:100])
            heard.stream.reset()
            heard.probabilities.clear()
            return await heard.all_of(speech(TELL_ME))

    assert asyncio.run(scene()) == pytest.approx(asyncio.run(alone(make, speech(TELL_ME))), abs=1e-5)


def test_a_reset_in_the_callback_drops_the_windows_under_way(make: Make) -> None:
    async def scene() -> int:
        async with make() as engine:
            seen: list[float] = []

            def on_window(probability: float) -> None:
                seen.append(probability)
                stream.reset()

            stream = engine.open(on_window)
            stream.feed(silence(320))
            await settled(engine)
            return len(seen)

    assert asyncio.run(scene()) == 1


def test_a_stream_that_another_closes_in_its_callback_hears_no_more(make: Make) -> None:
    async def scene() -> tuple[int, int]:
        async with make() as engine:
            first_seen: list[float] = []
            second = Heard(engine)

            def on_window(probability: float) -> None:
                first_seen.append(probability)
                second.stream.close()

            first = engine.open(on_window)
            first.feed(silence(320))
            second.stream.feed(silence(320))
            await settled(engine)
            return len(first_seen), len(second.probabilities)

    assert asyncio.run(scene()) == (10, 0)


def test_a_closed_stream_says_nothing_and_may_be_closed_again(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            heard, other = Heard(engine), Heard(engine)
            heard.stream.feed(silence(16))
            heard.stream.close()
            heard.stream.close()
            heard.stream.reset()
            heard.stream.feed(speech(COUNT))
            await other.all_of(silence(320))
            await settled(engine)
            assert heard.probabilities == []

    asyncio.run(scene())


def test_a_place_that_was_closed_is_clean_for_the_next(make: Make) -> None:
    async def scene() -> list[float]:
        async with make() as engine:
            earlier = Heard(engine)
            await earlier.all_of(speech(BROKEN))
            earlier.stream.close()
            return await Heard(engine).all_of(speech(TELL_ME))

    assert asyncio.run(scene()) == pytest.approx(asyncio.run(alone(make, speech(TELL_ME))), abs=1e-5)


def test_a_callback_that_fails_is_reported_and_harms_no_other_stream(make: Make) -> None:
    async def scene() -> tuple[list[str], int]:
        reported: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: reported.append(type(context["exception"]).__name__)
        )

        def fails(_: float) -> None:
            raise KeyError

        async with make() as engine:
            bad, good = engine.open(fails), Heard(engine)
            bad.feed(silence(64))
            return reported, len(await good.all_of(silence(320)))

    reported, windows = asyncio.run(scene())
    assert (reported, windows) == (["KeyError", "KeyError"], 10)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros(512, dtype=np.float32), np.zeros((2, 512), dtype=np.int16)],
    ids=["floats", "stereo"],
)
def test_wrong_input_is_an_error_of_our_tree_and_changes_nothing(make: Make, wrong: Pcm) -> None:
    async def scene() -> list[float]:
        async with make() as engine:
            heard = Heard(engine)
            with pytest.raises(VoiceError) as caught:
                heard.stream.feed(wrong)
            assert caught.value.code == "bad_audio"
            return await heard.all_of(speech(TELL_ME))

    assert asyncio.run(scene()) == pytest.approx(asyncio.run(alone(make, speech(TELL_ME))), abs=1e-5)


def test_it_lives_on_after_warm_up_twice_and_ends_with_aclose_twice(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            assert engine.check() == []
            await engine.warm_up()
            await engine.warm_up()
            heard = Heard(engine)
            assert len(await heard.all_of(silence(320))) == 10
            heard.stream.feed(silence(320))
            await engine.aclose()
            await engine.aclose()
            with pytest.raises(VoiceError):
                engine.open(lambda _: None)
            assert await no_tasks_left()

    before = threads()
    asyncio.run(scene())
    assert threads() <= before


def test_one_engine_serves_several_event_loops(make: Make) -> None:
    async def use(engine: VadEngine) -> list[float]:
        return await Heard(engine).all_of(speech(TELL_ME))

    async def scene() -> tuple[list[float], list[float]]:
        async with make() as engine:
            return await use(engine), await asyncio.to_thread(asyncio.run, use(engine))

    here, elsewhere = asyncio.run(scene())
    assert here == pytest.approx(elsewhere, abs=1e-5)
