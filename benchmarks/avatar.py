"""What an avatar's answer costs before any model has thought: PydanticAI's part of it, and choosing a line.

Through the engine's border: with a model that says thirty pieces at once, and with the scripted avatar, late
in a conversation, when it has the most to go through.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model
from pydantic_ai.models.function import AgentInfo, FunctionModel

from avatars.demo import SHEETS
from avatars.prompts import render_system_prompt
from avatars.script import Spoken, script_of
from avatars.scripted import ScriptedModel
from avatars.sheets import ScenarioSheet
from benchmarks.clips import SENTENCE, Clip
from benchmarks.tables import Column, Table
from voice.engines.base import Message, ReplyRequest
from voice.engines.llm_agent import AgentLlm

TITLE = "The avatar's words"
COLUMNS = (
    Column("what", "what"),
    Column("first_p50_ms", "first piece p50 ms"),
    Column("first_max_ms", "max"),
    Column("all_p50_ms", "all of it p50 ms"),
)
NOTE = "A line is chosen in the scenario in which that takes longest."
ROUNDS = 50
PIECES = 30
EXCHANGES = 10

Times = list[tuple[float, float]]


def run_part(_clip: Clip) -> Table:
    rows = [
        _row(f"{PIECES} pieces through the agent", asyncio.run(_replies(AgentLlm(_thirty_at_once)))),
        _row("the scripted avatar through it", asyncio.run(_replies(AgentLlm(ScriptedModel)))),
        _row("a line chosen, alone", max((_choices(sheet) for sheet in SHEETS), key=_middle)),
    ]
    return Table(TITLE, COLUMNS, rows, NOTE)


def _thirty_at_once(_sheet: ScenarioSheet) -> Model:
    async def stream(_messages: list[ModelMessage], _info: AgentInfo) -> AsyncIterator[str]:
        for _ in range(PIECES):
            yield "word "

    return FunctionModel(stream_function=stream)


async def _replies(llm: AgentLlm) -> Times:
    """Of each reply the ms to its first piece and to its last."""
    await llm.warm_up()
    sheet = SHEETS[0]
    said = tuple(Message(speaker, text) for speaker, text in _conversation(sheet))
    request = ReplyRequest(render_system_prompt(sheet), said, metadata={"sheet": sheet})
    times = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        first_ms = 0.0
        async for _piece in llm.reply(request):
            first_ms = first_ms or (time.perf_counter() - began_s) * 1000
        times.append((first_ms, (time.perf_counter() - began_s) * 1000))
    await llm.aclose()
    return times


def _choices(sheet: ScenarioSheet) -> Times:
    """The same where the whole line is the first piece."""
    said = _conversation(sheet)
    times = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        script_of(sheet).say(said)
        ms = (time.perf_counter() - began_s) * 1000
        times.append((ms, ms))
    return times


def _conversation(sheet: ScenarioSheet) -> list[Spoken]:
    """What was said up to the trainee's last words."""
    said: list[Spoken] = [("avatar", script_of(sheet).say((), "opening"))]
    for number in range(EXCHANGES):
        said.append(("trainee", f"{SENTENCE} {number}"))
        said.append(("avatar", script_of(sheet).say(said)))
    return said[:-1]


def _row(what: str, times: Times) -> dict[str, object]:
    firsts, alls = ([one[at] for one in times] for at in range(2))
    return {
        "what": what,
        "first_p50_ms": round(sorted(firsts)[len(firsts) // 2], 2),
        "first_max_ms": round(max(firsts), 2),
        "all_p50_ms": round(sorted(alls)[len(alls) // 2], 2),
    }


def _middle(times: Times) -> float:
    return sorted(first for first, _ in times)[len(times) // 2]
