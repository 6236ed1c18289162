"""What every speech-to-text engine promises."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.engine.engines_under_test import STT, Maker, no_tasks_left, threads
from tests.engine.sounds import BROKEN, COUNT, TELL_ME, hum, length_ms, noise, pieces, silence, speech
from voice.engines.base import Pcm, SttEngine, Transcript, Utterance
from voice.errors import BadAudio, SttUnavailable

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("make", STT.values(), ids=STT)]
Make = Maker[SttEngine]


async def hear(engine: SttEngine, sound: Pcm, chunk: int = 320) -> Transcript:
    utterance = engine.open(language="en")
    try:
        for piece in pieces(sound, chunk):
            utterance.feed(piece)
        return await utterance.settle()
    finally:
        utterance.close()


async def alone(make: Make, sound: Pcm) -> Transcript:
    async with make() as engine:
        return await hear(engine, sound)


async def words_understood(utterance: Utterance, count: int = 1) -> str:
    """The partial text once it has so many words. Nothing tells of it: one asks in each lap of the loop."""
    async with asyncio.timeout(300):
        while len((text := await utterance.partial()).split()) < count:  # noqa: ASYNC110
            await asyncio.sleep(0)
    return text


def assert_words_fit(transcript: Transcript, sound_ms: float) -> None:
    """The words are those of the text, one after the other, inside the sound."""
    assert transcript.text.split() == [word.text for word in transcript.words]
    edges = [edge for word in transcript.words for edge in (word.start_ms, word.end_ms)]
    assert edges == sorted(edges)
    assert all(word.end_ms > word.start_ms for word in transcript.words)
    assert edges[0] >= 0
    assert edges[-1] <= sound_ms


@pytest.mark.parametrize("text", [TELL_ME, BROKEN, COUNT])
def test_it_understands_clear_speech_and_times_its_words(make: Make, text: str) -> None:
    found = asyncio.run(alone(make, speech(text)))
    assert found.text == text
    assert_words_fit(found, length_ms(speech(text)))
    assert found.words[0].start_ms == pytest.approx(250, abs=120)
    assert found.words[-1].end_ms == pytest.approx(length_ms(speech(text)) - 250, abs=250)


@pytest.mark.parametrize(
    "sound",
    [silence(2000), noise(2000), noise(2000, 3), hum(2000), silence(1), silence(0)],
    ids=["silence", "noise", "faint noise", "hum", "a moment", "nothing"],
)
def test_it_makes_up_no_words(make: Make, sound: Pcm) -> None:
    assert asyncio.run(alone(make, sound)) == Transcript("")


def test_settling_with_nothing_fed_is_an_empty_transcript(make: Make) -> None:
    async def scene() -> tuple[Transcript, str]:
        async with make() as engine:
            utterance = engine.open(language="en-US")
            said = await utterance.settle(), await utterance.partial()
            utterance.close()
            return said

    assert asyncio.run(scene()) == (Transcript(""), "")


def test_feeding_goes_on_after_a_settle_and_the_next_covers_everything(make: Make) -> None:
    async def scene() -> tuple[Transcript, Transcript, Transcript]:
        async with make() as engine:
            utterance = engine.open(language="en")
            utterance.feed(speech(TELL_ME))
            first = await utterance.settle()
            again = await utterance.settle()
            utterance.feed(speech(BROKEN))
            second = await utterance.settle()
            utterance.close()
            return first, again, second

    first, again, second = asyncio.run(scene())
    assert first.text == TELL_ME
    assert again == first
    assert second.text.startswith(TELL_ME)
    assert second.text.removeprefix(TELL_ME).startswith(" the phone is broken")
    whole_ms = length_ms(speech(TELL_ME)) + length_ms(speech(BROKEN))
    assert_words_fit(second, whole_ms)
    later = second.words[len(first.words)]
    assert later.start_ms == pytest.approx(length_ms(speech(TELL_ME)) + 250, abs=150)


def test_a_settle_covers_what_was_fed_before_it_and_not_what_comes_after(make: Make) -> None:
    async def scene() -> list[Transcript]:
        async with make() as engine:
            utterance = engine.open(language="en")
            settles = []
            for text in (TELL_ME, COUNT):
                utterance.feed(speech(text))
                settles.append(asyncio.create_task(utterance.settle()))
                await asyncio.sleep(0)
            try:
                return list(await asyncio.gather(*settles))
            finally:
                utterance.close()

    first, second = asyncio.run(scene())
    assert first.text == TELL_ME
    assert second.words[: len(first.words)] == first.words
    assert len(second.words) > len(first.words)


@pytest.mark.parametrize("chunk", [37, 999, 1_000_000], ids=["crumbs", "odd pieces", "one piece"])
def test_it_does_not_matter_how_the_sound_is_cut(make: Make, chunk: int) -> None:
    async def scene() -> Transcript:
        async with make() as engine:
            return await hear(engine, speech(TELL_ME), chunk)

    assert asyncio.run(scene()) == asyncio.run(alone(make, speech(TELL_ME)))


def test_several_at_once_each_understand_what_they_would_alone(make: Make) -> None:
    texts = [TELL_ME, BROKEN, COUNT, BROKEN, TELL_ME]

    async def together() -> list[Transcript]:
        async with make() as engine:
            return list(await asyncio.gather(*(hear(engine, speech(text)) for text in texts)))

    found = asyncio.run(together())
    expected = {text: asyncio.run(alone(make, speech(text))) for text in set(texts)}
    assert found == [expected[text] for text in texts]


def test_the_partial_text_grows_while_the_person_speaks(make: Make) -> None:
    async def scene() -> list[str]:
        seen = [""]
        async with make() as engine:
            utterance = engine.open(language="en")
            for part in np.array_split(speech(BROKEN)[:-8000], 3):
                utterance.feed(part)
                seen.append(await words_understood(utterance, len(seen[-1].split()) + 1))
            seen.append(await words_understood(utterance, 5))
            utterance.close()
        return seen

    assert set(asyncio.run(scene())[-1].split()) & set(BROKEN.split())


def test_closing_twice_is_fine_and_a_closed_utterance_is_no_more(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            utterance = engine.open(language="en")
            utterance.feed(speech(COUNT))
            utterance.close()
            utterance.close()
            utterance.feed(speech(COUNT))
            with pytest.raises(SttUnavailable):
                await utterance.settle()
            assert await no_tasks_left()
            assert (await hear(engine, speech(TELL_ME))).text == TELL_ME

    asyncio.run(scene())


def test_closing_while_it_settles_cancels_and_leaves_the_engine_clean(make: Make) -> None:
    async def scene() -> list[Transcript]:
        async with make() as engine:
            await engine.warm_up()
            for words in (0, 1, 3):
                utterance = engine.open(language="en")
                utterance.feed(np.concatenate([speech(BROKEN), speech(COUNT)]))
                settling = asyncio.create_task(utterance.settle())
                await asyncio.sleep(0)
                await words_understood(utterance, words)
                utterance.close()
                with pytest.raises(asyncio.CancelledError):
                    await settling
            return [await hear(engine, speech(TELL_ME)) for _ in range(2)]

    assert [one.text for one in asyncio.run(scene())] == [TELL_ME, TELL_ME]


def test_cancelling_a_settle_leaves_the_utterance_as_it_was(make: Make) -> None:
    async def scene() -> Transcript:
        async with make() as engine:
            utterance = engine.open(language="en")
            utterance.feed(speech(TELL_ME))
            settling = asyncio.create_task(utterance.settle())
            await asyncio.sleep(0)
            await words_understood(utterance)
            settling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await settling
            found = await utterance.settle()
            utterance.close()
            return found

    assert asyncio.run(scene()) == asyncio.run(alone(make, speech(TELL_ME)))


@pytest.mark.parametrize(
    "wrong",
    [np.zeros(512, dtype=np.float32), np.zeros((2, 512), dtype=np.int16)],
    ids=["floats", "stereo"],
)
def test_wrong_input_is_an_error_of_our_tree_and_changes_nothing(make: Make, wrong: Pcm) -> None:
    async def scene() -> Transcript:
        async with make() as engine:
            utterance = engine.open(language="en")
            with pytest.raises(BadAudio):
                utterance.feed(wrong)
            utterance.feed(speech(TELL_ME))
            found = await utterance.settle()
            utterance.close()
            return found

    assert asyncio.run(scene()).text == TELL_ME


def test_a_language_it_does_not_know_is_refused_with_a_hint(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            if engine.languages is None:
                engine.open(language="xx").close()
                return
            with pytest.raises(SttUnavailable, match="stt_unavailable") as caught:
                engine.open(language="xx")
            assert caught.value.hint

    asyncio.run(scene())


def test_it_lives_on_after_warm_up_twice_and_ends_with_aclose_twice(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            assert engine.check() == []
            await engine.warm_up()
            await engine.warm_up()
            utterance = engine.open(language="en")
            utterance.feed(speech(BROKEN))
            settling = asyncio.create_task(utterance.settle())
            await asyncio.sleep(0)
            await words_understood(utterance)
            await engine.aclose()
            await engine.aclose()
            with pytest.raises((asyncio.CancelledError, SttUnavailable)):
                await settling
            with pytest.raises(SttUnavailable):
                await hear(engine, speech(COUNT))
            assert await no_tasks_left()

    before = threads()
    asyncio.run(scene())
    assert threads() <= before
