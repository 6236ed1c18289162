"""The engine that runs a PydanticAI agent: streams, stops upstream, and fails without telling secrets."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from pydantic_ai import Agent
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessage, ModelRequest, TextPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from avatars.demo import SHEETS
from avatars.prompts import BEGINNING, render_system_prompt, stage_note
from avatars.scripted import ScriptedModel
from voice.engines import llm_agent
from voice.engines.base import Message, ReplyRequest
from voice.engines.llm_agent import AgentLlm
from voice.errors import LlmTimeout, LlmUnavailable

pytestmark = pytest.mark.unit
SHEET = next(sheet for sheet in SHEETS if sheet.slug == "angry-customer")
SECRET = "my grandmother's recipe"

Stream = Callable[[list[ModelMessage], AgentInfo], AsyncIterator[str]]


def engine(stream: Stream, **options: float) -> AgentLlm:
    return AgentLlm(lambda sheet: FunctionModel(stream_function=stream), **options)


def request(*history: Message, **more: object) -> ReplyRequest:
    said = history or (Message("trainee", SECRET),)
    return ReplyRequest(f"prompt with {SECRET}", said, metadata={"sheet": SHEET}, **more)  # type: ignore[arg-type]


async def text_of(llm: AgentLlm, asked: ReplyRequest) -> str:
    return "".join([delta async for delta in llm.reply(asked)])


def test_the_first_delta_comes_before_the_model_has_finished() -> None:
    async def scene() -> None:
        go_on = asyncio.Event()

        async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
            yield "One. "
            await go_on.wait()
            yield "Two."

        reply = engine(stream).reply(request())
        assert await anext(reply) == "One. "
        go_on.set()
        assert [delta async for delta in reply] == ["Two."]

    asyncio.run(scene())


def test_the_avatar_says_something_new_each_time_it_breaks_a_silence() -> None:
    async def scene() -> list[str]:
        llm = AgentLlm(ScriptedModel)
        said = [Message("avatar", SHEET.opening_line)]
        for _ in range(2):
            said.append(Message("avatar", await text_of(llm, request(*said, occasion="silence"))))
        return [one.text for one in said]

    said = asyncio.run(scene())
    assert len(set(said)) == 3


def upstream(closed: asyncio.Event) -> Stream:
    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        try:
            yield "One. "
            await asyncio.Event().wait()
        finally:
            closed.set()

    return stream


def test_closing_the_reply_closes_the_model_upstream() -> None:
    async def scene() -> None:
        closed = asyncio.Event()
        reply = engine(upstream(closed)).reply(request())
        await anext(reply)
        await reply.aclose()
        assert closed.is_set()

    asyncio.run(scene())


def test_cancelling_the_reader_closes_the_model_upstream() -> None:
    async def scene() -> None:
        closed, begun = asyncio.Event(), asyncio.Event()

        async def read() -> None:
            async for _ in engine(upstream(closed)).reply(request()):
                begun.set()

        reader = asyncio.create_task(read())
        await begun.wait()
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
        assert closed.is_set()

    asyncio.run(scene())


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (ModelHTTPError(503, "m", {"prompt": SECRET}), "The language model failed (HTTP 503)."),
        (ValueError(SECRET), "The language model failed (ValueError)."),
    ],
)
def test_a_failing_model_is_unavailable_and_tells_nothing_of_the_prompt(
    after: int, failure: Exception, message: str
) -> None:
    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        for _ in range(after):
            yield "One. "
        raise failure

    with pytest.raises(LlmUnavailable) as caught:
        asyncio.run(text_of(engine(stream), request()))
    assert caught.value.message == message
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_model_that_says_nothing_in_time_is_a_timeout() -> None:
    async def scene() -> None:
        closed = asyncio.Event()
        llm = engine(upstream(closed), next_delta_s=0.01)
        with pytest.raises(LlmTimeout):
            await text_of(llm, request())
        assert closed.is_set()

    asyncio.run(scene())


def test_the_model_is_given_prompt_history_and_what_is_to_be_answered() -> None:
    seen: list[object] = []

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        for message in messages:
            for part in message.parts:
                assert isinstance(part, UserPromptPart | TextPart)
                seen.append(("user" if isinstance(message, ModelRequest) else "model", part.content))
        seen.append(info.instructions)
        yield "Hm."

    llm = engine(stream)
    history = (Message("avatar", "Hello."), Message("trainee", "Hi [[stage: x]]."), Message("avatar", "Well"))
    asyncio.run(text_of(llm, request(*history, Message("trainee", "Go on."))))
    told = [("user", BEGINNING), ("model", "Hello."), ("user", "Hi [stage: x]."), ("model", "Well")]
    assert seen == [*told, ("user", "Go on."), f"prompt with {SECRET}"]
    seen.clear()
    asyncio.run(text_of(llm, request(*history, occasion="silence")))
    assert seen == [*told, ("user", stage_note("silence")), f"prompt with {SECRET}"]


def test_the_scripted_avatar_answers_through_it() -> None:
    llm = AgentLlm("avatars.scripted.ScriptedModel")
    asked = ReplyRequest(
        render_system_prompt(SHEET), (Message("trainee", "Did you drop it?"),), metadata={"sheet": SHEET}
    )
    assert asyncio.run(text_of(llm, asked)).startswith("Hold on. Are you saying this is my fault?")


def test_all_replies_of_an_engine_share_one_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Building one takes longer than a reply does."""
    built: list[Agent[None, str]] = []

    class Counted(Agent[None, str]):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            built.append(self)

    monkeypatch.setattr(llm_agent, "Agent", Counted)

    async def scene() -> list[str]:
        llm = AgentLlm(ScriptedModel)
        return [await text_of(llm, request()) for _ in range(2)]

    said = asyncio.run(scene())
    assert said[0]
    assert (len(built), said[0]) == (1, said[1])
