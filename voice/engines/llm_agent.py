"""The model that speaks: a PydanticAI agent over the model that somebody else chose.

One agent serves all conversations of a process; the model, the system prompt and the history come with
each request. Only text is taken from the stream.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from pydantic_ai import Agent
from pydantic_ai.agent import AgentRunEvents
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    UserPromptPart,
)
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from avatars.prompts import BEGINNING, as_spoken, stage_note
from avatars.sheets import ScenarioSheet
from voice.engines.base import LlmEngine, Message, ReplyRequest
from voice.errors import EngineError, LlmTimeout, LlmUnavailable


class AgentLlm(LlmEngine):
    """``model_for`` (or the dotted path of such a function, as settings have it) gives the model for a
    scenario, which is expected in ``request.metadata["sheet"]``.

    ``first_delta_s`` and ``next_delta_s`` bound the wait for the first and for each further piece of text;
    None: as long as the caller waits. In a conversation that is the loop's to say (``voice/reply.py``).
    """

    name = "agent"

    def __init__(
        self,
        model_for: Callable[[ScenarioSheet], Model] | str,
        *,
        first_delta_s: float | None = None,
        next_delta_s: float | None = None,
    ) -> None:
        self._model_for = _loaded(model_for) if isinstance(model_for, str) else model_for
        self._first_delta_s = first_delta_s
        self._next_delta_s = next_delta_s
        self._agent: Agent[None, str] = Agent(name="avatar", output_type=str, deps_type=type(None))

    async def warm_up(self) -> None:
        """The first run of an agent imports and builds what later ones reuse: most of a second."""

        async def say(_messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
            yield "ready"

        async with self._agent.run_stream_events("", model=FunctionModel(stream_function=say)) as events:
            async for _event in events:
                pass

    async def reply(self, request: ReplyRequest) -> AsyncGenerator[str, None]:
        sheet: ScenarioSheet = request.metadata["sheet"]
        history, prompt = _conversation(request)
        try:
            async with self._agent.run_stream_events(
                prompt,
                model=self._model_for(sheet),
                instructions=request.system_prompt,
                message_history=history,
            ) as events:
                wait_s = self._first_delta_s
                while (delta := await _next_text(events, wait_s)) is not None:
                    wait_s = self._next_delta_s
                    yield delta
        except EngineError:
            raise
        except Exception as exc:
            # Not "from exc": what a vendor's exception says may quote the prompt, and tracebacks are logged.
            raise LlmUnavailable(f"The language model failed ({_what(exc)}).") from None


def _loaded(path: str) -> Callable[[ScenarioSheet], Model]:
    module, _, name = path.rpartition(".")
    function: Callable[[ScenarioSheet], Model] = getattr(importlib.import_module(module), name)
    return function


async def _next_text(events: AgentRunEvents[str], wait_s: float | None) -> str | None:
    """The next piece of text, None at the end. Raises :class:`LlmTimeout`."""
    try:
        async with asyncio.timeout(wait_s):
            async for event in events:
                match event:
                    case PartStartEvent(part=TextPart(content=text)) if text:
                        return text
                    case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                        return text
    except TimeoutError:
        raise LlmTimeout from None
    return None


def _what(exc: Exception) -> str:
    """The kind of failure, without a word of what the vendor said."""
    if isinstance(exc, ModelHTTPError):
        return f"HTTP {exc.status_code}"
    return type(exc).__name__


def _conversation(request: ReplyRequest) -> tuple[list[ModelMessage], str]:
    """The history, and the user prompt that is to be answered."""
    said = list(request.history)
    if request.occasion == "answer" and said and said[-1].role == "trainee":
        prompt = as_spoken(said.pop().text)
    else:
        prompt = stage_note(request.occasion)
    return _messages(said), prompt


def _messages(said: Sequence[Message]) -> list[ModelMessage]:
    messages: list[ModelMessage] = []
    if said and said[0].role == "avatar":
        messages.append(ModelRequest(parts=[UserPromptPart(BEGINNING)]))
    for one in said:
        if one.role == "avatar":
            if messages and isinstance(messages[-1], ModelResponse):
                # Two replies in a row would be taken for one: between them the trainee was silent.
                messages.append(ModelRequest(parts=[UserPromptPart(stage_note("silence"))]))
            messages.append(ModelResponse(parts=[TextPart(one.text)]))
        else:
            messages.append(ModelRequest(parts=[UserPromptPart(as_spoken(one.text))]))
    return messages
