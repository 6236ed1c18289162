"""What every engine that speaks as the avatar promises."""

from __future__ import annotations

import asyncio

import pytest

from avatars.demo import SHEETS
from avatars.prompts import render_system_prompt
from tests.engine.engines_under_test import LLM, Maker, no_tasks_left, threads
from voice.engines.base import LlmEngine, Message, ReplyRequest

pytestmark = [pytest.mark.engine, pytest.mark.parametrize("make", LLM.values(), ids=LLM)]
Make = Maker[LlmEngine]

SHEET = next(sheet for sheet in SHEETS if sheet.slug == "angry-customer")
SAID = Message("trainee", "I am so sorry about your phone. What happened to it?")
TYPED = Message("trainee", "Can I have your order number, please?")


def request(*history: Message, **more: str) -> ReplyRequest:
    return ReplyRequest(render_system_prompt(SHEET), history, metadata={"sheet": SHEET}, **more)  # type: ignore[arg-type]


async def deltas(engine: LlmEngine, asked: ReplyRequest) -> list[str]:
    return [delta async for delta in engine.reply(asked)]


@pytest.mark.parametrize("occasion", ["answer", "silence", "closing"])
def test_it_answers_piece_by_piece_in_text(make: Make, occasion: str) -> None:
    async def scene() -> list[str]:
        async with make() as engine:
            return await deltas(engine, request(SAID, occasion=occasion))

    found = asyncio.run(scene())
    assert len(found) > 1
    assert all(found)
    assert "".join(found).strip()


def test_the_opening_is_the_scenario_s_own_line(make: Make) -> None:
    async def scene() -> list[str]:
        async with make() as engine:
            return await deltas(engine, request(occasion="opening"))

    assert "".join(asyncio.run(scene())) == SHEET.opening_line


def test_several_at_once_each_answer_as_they_would_alone(make: Make) -> None:
    async def scene() -> tuple[list[list[str]], list[list[str]]]:
        async with make() as engine:
            asked = [request(SAID), request(TYPED), request(SAID), request(occasion="opening")]
            together = await asyncio.gather(*(deltas(engine, one) for one in asked))
            return list(together), [await deltas(engine, one) for one in asked]

    together, apart = asyncio.run(scene())
    assert together == apart


def test_closing_a_reply_early_leaves_nothing_running(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            reply = engine.reply(request(SAID))
            assert await anext(reply)
            await reply.aclose()
            assert [delta async for delta in reply] == []
            assert await no_tasks_left()
            assert await deltas(engine, request(SAID))

    asyncio.run(scene())


def test_cancelling_the_reader_leaves_nothing_running(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            began = asyncio.Event()

            async def read() -> None:
                async for _ in engine.reply(request(SAID)):
                    began.set()
                    await asyncio.Event().wait()

            reading = asyncio.create_task(read())
            await began.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert await deltas(engine, request(SAID))
            assert await no_tasks_left()

    asyncio.run(scene())


def test_it_lives_on_after_warm_up_twice_and_ends_with_aclose_twice(make: Make) -> None:
    async def scene() -> None:
        async with make() as engine:
            assert engine.check() == []
            await engine.warm_up()
            await engine.warm_up()
            assert await deltas(engine, request(SAID))
            await engine.aclose()
            await engine.aclose()
            assert await no_tasks_left()

    before = threads()
    asyncio.run(scene())
    assert threads() <= before
