"""What every voice promises."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from tests.engine.engines_under_test import TTS, Maker, no_tasks_left, threads
from voice.engines.base import SpeechPiece, SpokenReply, TtsEngine, Voice, Word

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("make", TTS.values(), ids=TTS)]
Make = Maker[TtsEngine]

FIRST, SECOND = "I have been waiting for twenty minutes.", "What is going on?"
LONG = "And then it fell into the water, and it never said a word again. " * 4


async def pieces(reply: SpokenReply, phrase: str) -> list[SpeechPiece]:
    async with aclosing(reply.speak(phrase)) as speaking:
        return [piece async for piece in speaking]


async def said(reply: SpokenReply, phrase: str) -> tuple[bytes, tuple[Word, ...]]:
    found = await pieces(reply, phrase)
    return b"".join(piece.pcm for piece in found), tuple(word for piece in found for word in piece.words)


def test_it_speaks_phrase_after_phrase_and_times_each_word(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            reply = engine.open(Voice())
            for phrase in (FIRST, SECOND):
                pcm, words = await said(reply, phrase)
                length_ms = len(pcm) / 2 / reply.sample_rate * 1000
                assert len(pcm) % 2 == 0
                if not engine.word_timings:
                    continue
                assert [word.text for word in words] == phrase.split()
                edges = [edge for word in words for edge in (word.start_ms, word.end_ms)]
                assert edges == sorted(edges)
                assert edges[0] >= 0
                assert edges[-1] <= length_ms + 1
            await reply.aclose()

    asyncio.run(scene())


def test_a_word_is_told_before_its_sound_or_with_it(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            reply = engine.open(Voice())
            sent_ms = 0.0
            for piece in await pieces(reply, FIRST):
                assert all(word.start_ms >= sent_ms - 1 for word in piece.words)
                sent_ms += len(piece.pcm) / 2 / reply.sample_rate * 1000
            await reply.aclose()

    asyncio.run(scene())


@pytest.mark.parametrize("phrase", ["", " ", "..."])
def test_a_phrase_without_words_is_no_trouble(make: Make, phrase: str) -> None:
    async def scene() -> tuple[Word, ...]:
        async with make() as engine:
            reply = engine.open(Voice())
            await said(reply, phrase)
            _, words = await said(reply, SECOND)
            await reply.aclose()
            return words

    assert [word.text for word in asyncio.run(scene())] == SECOND.split()


def test_it_takes_a_voice_it_does_not_know(make: Make) -> None:
    async def scene() -> tuple[Word, ...]:
        async with make() as engine:
            reply = engine.open(Voice("nobody-has-this-name"))
            _, words = await said(reply, SECOND)
            await reply.aclose()
            return words

    assert [word.text for word in asyncio.run(scene())] == SECOND.split()


def test_several_at_once_each_sound_as_they_would_alone(make: Make) -> None:
    async def one(engine: TtsEngine, phrase: str) -> tuple[bytes, tuple[Word, ...]]:
        reply = engine.open(Voice())
        try:
            return await said(reply, phrase)
        finally:
            await reply.aclose()

    async def scene() -> None:
        async with make() as engine:
            together = await asyncio.gather(*(one(engine, phrase) for phrase in (FIRST, LONG, SECOND)))
            for phrase, (pcm, words) in zip((FIRST, LONG, SECOND), together, strict=True):
                # To a hair: espeak-ng rounds with what the phrase before has left.
                alone_pcm, alone_words = await one(engine, phrase)
                assert len(pcm) == pytest.approx(len(alone_pcm), rel=0.01)
                assert [word.text for word in words] == [word.text for word in alone_words]
                starts = [word.start_ms for word in words]
                assert starts == pytest.approx([word.start_ms for word in alone_words], abs=25)

    asyncio.run(scene())


def test_closing_a_reply_stops_it_twice_over_and_harms_no_other(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            stopped, other = engine.open(Voice()), engine.open(Voice())
            speaking = stopped.speak(LONG)
            await anext(speaking)
            await stopped.aclose()
            await stopped.aclose()
            await speaking.aclose()
            _, words = await said(other, SECOND)
            assert [word.text for word in words] == SECOND.split()
            await other.aclose()
            assert await no_tasks_left()

    asyncio.run(scene())


def test_cancelling_the_reader_leaves_nothing_running(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            began = asyncio.Event()
            reply = engine.open(Voice())

            async def read() -> None:
                async with aclosing(reply.speak(LONG)) as speaking:
                    async for _ in speaking:
                        began.set()
                        await asyncio.Event().wait()

            reading = asyncio.create_task(read())
            await began.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            await reply.aclose()
            assert await no_tasks_left()

    asyncio.run(scene())


def test_it_lives_on_after_warm_up_twice_and_ends_with_aclose_twice(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            assert engine.check() == []
            await engine.warm_up()
            await engine.warm_up()
            reply = engine.open(Voice())
            _, words = await said(reply, SECOND)
            assert [word.text for word in words] == SECOND.split()
            await reply.aclose()
            await engine.aclose()
            await engine.aclose()
            assert await no_tasks_left()

    before = threads()
    asyncio.run(scene())
    assert threads() <= before
