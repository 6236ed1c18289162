"""The client engine on the real speech worker."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing

import pytest

from tests.engine.replies import refusal, speak
from tests.engine.speech_worker import running, short_folder
from voice.engines.base import SpeechPiece, SpokenReply, Voice, Word
from voice.engines.tts_wyoming import WyomingTts
from voice.errors import TtsUnavailable

pytestmark = pytest.mark.engine

LONG = "I bought this phone from you three weeks ago, and it has already died twice. Nobody called me back. "


def test_it_speaks_phrase_after_phrase_on_one_connection(worker: str) -> None:
    async def run() -> tuple[int, list[tuple[bytes, tuple[Word, ...]]]]:
        reply = WyomingTts(worker).open(Voice("en-us+f3"))
        found = [await speak(reply, phrase) for phrase in ("Well, hello.", "It's £499 now.", "...", "")]
        await reply.aclose()
        await reply.aclose()
        return reply.sample_rate, found

    rate, found = asyncio.run(run())
    assert rate == 22050
    assert [[word.text for word in words] for _, words in found] == [
        ["Well,", "hello."],
        ["It's", "£499", "now."],
        ["..."],
        [],
    ]
    assert [len(pcm) > 20_000 for pcm, _ in found] == [True, True, False, False]
    assert found[0][1][0].start_ms == 0.0
    assert found[1][1][0].start_ms == pytest.approx(300, abs=25)  # the pause after a full stop
    for pcm, words in found[:2]:
        assert 0 < words[-1].end_ms <= len(pcm) / 2 / rate * 1000 + 0.1


def test_it_gives_a_word_that_the_worker_sends_in_parts_as_one(worker: str) -> None:
    async def run() -> tuple[Word, ...]:
        reply = WyomingTts(worker).open(Voice())
        _, words = await speak(reply, "well " + "ha" * 300 + " yes")
        await reply.aclose()
        return words

    words = asyncio.run(run())
    assert [word.text for word in words] == ["well", "ha" * 300, "yes"]
    assert words[0].end_ms <= words[1].start_ms < words[1].end_ms <= words[2].start_ms


def test_it_speaks_what_models_write_by_mistake(worker: str) -> None:
    async def run() -> tuple[Word, ...]:
        reply = WyomingTts(worker).open(Voice("no such voice", language="xx", speed=1.1))
        _, words = await speak(reply, "a \ud83d broken \x00 emoji")
        await reply.aclose()
        return words

    assert [word.text for word in asyncio.run(run())] == ["a", "\ud83d", "broken", "\x00", "emoji"]


def test_it_ends_the_phrase_without_an_error_when_it_is_closed_from_outside(worker: str) -> None:
    async def run() -> tuple[float, list[SpeechPiece]]:
        reply = WyomingTts(worker).open(Voice())
        started = asyncio.Event()

        async def read() -> float:
            size = 0
            async with aclosing(reply.speak(LONG * 50)) as pieces:
                async for piece in pieces:
                    size += len(piece.pcm)
                    started.set()
            return size / 2 / reply.sample_rate

        reading = asyncio.create_task(read())
        await started.wait()
        await reply.aclose()
        return await reading, [piece async for piece in reply.speak("nothing more")]

    sound_s, later = asyncio.run(run())
    assert sound_s < 20  # of five minutes: what had arrived already
    assert later == []


def test_it_takes_nothing_of_a_broken_off_phrase_for_the_next_one(worker: str) -> None:
    async def run() -> tuple[Word, ...]:
        reply = WyomingTts(worker).open(Voice())
        async with aclosing(reply.speak(LONG * 10)) as pieces:
            async for _piece in pieces:
                break
        _, words = await speak(reply, "Hello again.")
        await reply.aclose()
        return words

    assert [word.text for word in asyncio.run(run())] == ["Hello", "again."]


def test_it_finds_the_worker_again_after_it_was_killed_in_mid_sentence() -> None:
    with short_folder() as folder:
        address = f"unix://{folder}/s"

        async def kill_at_first_sound(reply: SpokenReply, pid: int) -> None:
            async with aclosing(reply.speak(LONG * 90)) as pieces:
                async for piece in pieces:
                    if piece.pcm:
                        os.kill(pid, signal.SIGKILL)

        async def break_off(engine: WyomingTts, pid: int) -> None:
            reply = engine.open(Voice())
            with pytest.raises(TtsUnavailable, match="hung up"):
                await kill_at_first_sound(reply, pid)
            await refusal(reply)  # nobody there
            await reply.aclose()

        async def again(engine: WyomingTts) -> int:
            reply = engine.open(Voice())
            pcm, _ = await speak(reply, "Hello there.")
            await reply.aclose()
            return len(pcm)

        engine = WyomingTts(address)
        with running(address) as process:
            asyncio.run(break_off(engine, process.pid))
        assert [problem.level for problem in engine.check()] == ["warning"]
        with running(address):
            assert engine.check() == []
            assert asyncio.run(again(engine)) > 10_000


def test_it_does_not_notice_a_worker_that_restarts_between_two_phrases() -> None:
    with short_folder() as folder:
        address = f"unix://{folder}/s"

        async def run() -> list[int]:
            reply = WyomingTts(address).open(Voice())
            sizes = []
            for phrase in ("Hello there.", "Hello again."):
                with running(address):  # starting blocks the loop: the reply learns of the end only by trying
                    sizes.append(len((await speak(reply, phrase))[0]))
            await reply.aclose()
            return sizes

        assert all(size > 10_000 for size in asyncio.run(run()))
