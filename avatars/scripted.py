"""A PydanticAI model that needs no model: it plays the lines of a scenario's sheet.

It stands behind the same interface as a language model, so the live loop, the agent and their tests do
not know the difference. What it says is decided in :mod:`avatars.script`; here the messages are read and
the line is streamed word by word.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextContent,
    TextPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.profiles import ModelProfile

from avatars.prompts import Occasion, directions_in, occasion_of
from avatars.script import Spoken, is_closing, mood_of, script_of
from avatars.sheets import ScenarioSheet

__all__ = ["ScriptedModel", "is_closing", "mood_of"]


class ScriptedModel(FunctionModel):
    """Plays ``sheet``. Stateless: what it says follows from the messages alone.

    The last user prompt is what the trainee said or, as a stage note, the occasion
    (:func:`avatars.prompts.stage_note`). Directions are read from the instructions
    (:func:`avatars.prompts.directions_in`).
    """

    def __init__(self, sheet: ScenarioSheet) -> None:
        self.sheet = sheet
        super().__init__(
            self._respond,
            stream_function=self._stream,
            model_name=f"scripted:{sheet.slug}",
            # Else PydanticAI puts notes on text that looks like its own markup among the trainee's words.
            profile=ModelProfile(supports_inline_system_prompts=True),
        )

    async def _respond(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[TextPart(self._line(messages, info))])

    async def _stream(self, messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str]:
        words = self._line(messages, info).split()
        for index, word in enumerate(words):
            yield word if index == len(words) - 1 else f"{word} "

    def _line(self, messages: Sequence[ModelMessage], info: AgentInfo) -> str:
        history, occasion = read(messages)
        return script_of(self.sheet).say(history, occasion, directions_in(info.instructions or ""))


def read(messages: Sequence[ModelMessage]) -> tuple[list[Spoken], Occasion]:
    """What was said, in order, and what the reply is for."""
    history: list[Spoken] = []
    occasion: Occasion = "answer"
    for message in messages:
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, UserPromptPart):
                    text = _text(part)
                    occasion = occasion_of(text) or "answer"
                    if not occasion_of(text):
                        history.append(("trainee", text))
        else:
            text = "".join(part.content for part in message.parts if isinstance(part, TextPart))
            if text.strip():
                history.append(("avatar", text))
    return history, occasion


def _text(part: UserPromptPart) -> str:
    if isinstance(part.content, str):
        return part.content
    pieces = (one.content if isinstance(one, TextContent) else one for one in part.content)
    return " ".join(piece for piece in pieces if isinstance(piece, str))
