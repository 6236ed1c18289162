"""From settings to engines: sharing, choosing, and a hint for whatever is wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

import pytest

from voice.engines import registry
from voice.engines.base import (
    LlmEngine,
    Problem,
    ReplyRequest,
    SpokenReply,
    SttEngine,
    TtsEngine,
    Utterance,
    VadEngine,
    VadStream,
    Voice,
)
from voice.engines.registry import BadEngineSetting

pytestmark = pytest.mark.unit
HERE = __name__


class Vad(VadEngine):
    name = "energy"
    embedded = True

    def __init__(self, *, state: str = "fine", margin: int = 9) -> None:
        if margin < 3:
            raise ValueError("margin must be 3 or more")
        self.state, self.closed, self.checks = state, 0, 0

    def open(self, on_window: Callable[[float], None]) -> VadStream:
        raise NotImplementedError

    def check(self) -> list[Problem]:
        self.checks += 1
        levels: dict[str, list[Problem]] = {
            "broken": [Problem("It is broken.", "Mend it.")],
            "odd": [Problem("It is odd.", "Look at it.", "warning")],
        }
        return levels.get(self.state, [])

    async def aclose(self) -> None:
        self.closed += 1
        if self.state == "stuck":
            raise RuntimeError("stuck")


class Stt(SttEngine):
    name = "pocketsphinx"
    embedded = True

    def open(self, *, language: str, hints: tuple[str, ...] = ()) -> Utterance:
        raise NotImplementedError


class Llm(LlmEngine):
    name = "agent"

    def reply(self, request: ReplyRequest) -> AsyncGenerator[str, None]:
        raise NotImplementedError


class Tts(TtsEngine):
    name = "wyoming"

    def open(self, voice: Voice) -> SpokenReply:
        raise NotImplementedError


def vad(path: object = f"{HERE}.Vad", **options: Any) -> dict[str, Any]:
    return {"path": path, "options": options}


TABLE: dict[str, dict[str, dict[str, Any]]] = {
    "vad": {
        "fine": vad(),
        "other": vad(margin=12),
        "broken": vad(state="broken"),
        "odd": vad(state="odd"),
        "stuck": vad(state="stuck"),
        "gone": vad("no_such_module.Vad"),
    },
    "stt": {"good": {"path": f"{HERE}.Stt"}},
    "llm": {"agent": {"path": f"{HERE}.Llm", "options": {}}},
    "tts": {"worker": {"path": f"{HERE}.Tts", "options": {}}},
}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    registry._shared.clear()
    registry._chosen.clear()
    yield
    registry._shared.clear()
    registry._chosen.clear()


def refused(kind: str, alias: str, table: registry.Table = TABLE) -> tuple[str, str]:
    with pytest.raises(BadEngineSetting) as caught:
        registry.load(kind, alias, table)
    return caught.value.message, caught.value.hint


def test_it_makes_one_engine_per_alias_and_options() -> None:
    engine = registry.load("vad", "fine", TABLE)
    assert isinstance(engine, Vad)
    assert registry.load("vad", "fine", {"vad": {"fine": vad()}}) is engine
    assert registry.load("vad", "other", TABLE) is not engine
    assert registry.load("vad", "fine", {"vad": {"fine": vad(margin=20)}}) is not engine


def test_an_entry_needs_no_options() -> None:
    assert registry.load("stt", "good", TABLE).name == "pocketsphinx"


def test_an_unknown_alias_or_kind_is_refused_with_what_there_is() -> None:
    assert refused("stt", "whisper") == (
        "There is no stt engine called 'whisper'.",
        "Choose one of auto, good.",
    )
    assert refused("ocr", "x") == (
        "There is no kind of engine called 'ocr'.",
        "Kinds are vad, stt, llm, tts.",
    )


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("Vad", "The path of the vad engine 'x' is no dotted path.", "package.module.Class"),
        (None, "The path of the vad engine 'x' is no dotted path.", "package.module.Class"),
        ("no_such.Vad", "The module of the vad engine 'x' can't be imported.", "No module named 'no_such'"),
        (f"{HERE}.Nothing", "The module of the vad engine 'x' has no class Nothing.", "package.module.Class"),
        (f"{HERE}.Stt", "Stt, of the vad engine 'x', is no VadEngine.", "package.module.Class"),
        (f"{HERE}.vad", "vad, of the vad engine 'x', is no VadEngine.", "package.module.Class"),
        ("voice.engines.base.VadEngine", "VadEngine, of the vad engine 'x', is no VadEngine.", "package"),
    ],
)
def test_a_bad_path_is_refused_with_a_hint(path: object, message: str, hint: str) -> None:
    found = refused("vad", "x", {"vad": {"x": vad(path)}})
    assert found[0] == message
    assert hint in found[1]


def test_bad_options_are_refused_with_what_the_engine_takes() -> None:
    assert refused("vad", "x", {"vad": {"x": vad(loudness=3)}}) == (
        "The options of the vad engine 'x' do not fit: got an unexpected keyword argument 'loudness'.",
        "It takes state, margin.",
    )
    assert refused("vad", "x", {"vad": {"x": vad(margin=1)}}) == (
        "An option of the vad engine 'x' is not allowed.",
        "The engine says: margin must be 3 or more.",
    )


def test_a_wanted_engine_is_taken_even_if_its_check_complains() -> None:
    engine = registry.choose("vad", "broken", TABLE, ["fine"])
    assert engine is registry.load("vad", "broken", TABLE)


@pytest.mark.parametrize(
    ("order", "chosen"),
    [
        (["fine", "other"], "fine"),
        (["gone", "broken", "other", "fine"], "other"),
        (["odd", "fine"], "odd"),
    ],
    ids=["the first", "the first that runs", "a warning is no error"],
)
def test_auto_takes_the_best_that_is_really_there(order: list[str], chosen: str) -> None:
    assert registry.choose("vad", "auto", TABLE, order) is registry.load("vad", chosen, TABLE)


def test_auto_decides_once_per_process() -> None:
    engine = registry.choose("vad", "auto", TABLE, ["fine"])
    assert registry.choose("vad", "auto", TABLE, ["fine"]) is engine
    assert isinstance(engine, Vad)
    assert engine.checks == 1


def test_auto_with_nothing_that_runs_says_why_for_each() -> None:
    with pytest.raises(BadEngineSetting) as caught:
        registry.choose("vad", "auto", TABLE, ["gone", "broken"])
    assert caught.value.message == "No vad engine can run here."
    assert caught.value.hint == (
        "gone: The module of the vad engine 'gone' can't be imported. broken: It is broken."
    )


def test_problems_are_those_of_the_settings_or_of_the_engine() -> None:
    assert registry.problems("vad", "fine", TABLE, []) == []
    assert registry.problems("vad", "broken", TABLE, []) == [Problem("It is broken.", "Mend it.")]
    assert [one.message for one in registry.problems("vad", "nope", TABLE, [])] == [
        "There is no vad engine called 'nope'."
    ]


def test_closing_closes_every_engine_and_tells_of_those_that_failed() -> None:
    engines = [registry.load("vad", alias, TABLE) for alias in ("fine", "stuck", "other")]
    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(registry.aclose_all())
    assert [str(one) for one in caught.value.exceptions] == ["stuck"]
    assert [getattr(engine, "closed", 0) for engine in engines] == [1, 1, 1]
    asyncio.run(registry.aclose_all())
    assert registry.load("vad", "fine", TABLE) is not engines[0]


def test_engines_with_better_ones_come_with_a_hint() -> None:
    energy = registry.load("vad", "fine", TABLE)
    assert registry.better("vad", energy, machine=True) == (
        "Your speech is told from noise by its level alone. A detector: your administrator can add it. "
        "Install onnxruntime and silero-vad."
    )
    assert "docs/settings.md" in registry.better("stt", "pocketsphinx", machine=True)
    assert [registry.better("llm", "agent"), registry.better("tts", "wyoming")] == ["", ""]


def test_whoever_does_not_look_after_the_machine_is_told_nothing_of_it() -> None:
    for kind, program in registry.BETTER:
        hint = registry.better(kind, program)
        assert "your administrator can" in hint
        assert not re.search("make |COACH_|docs/|onnx", hint)


def test_an_engine_that_asks_a_server_is_called_what_runs_there() -> None:
    class Asking(Tts):
        name = program = "wyoming"  # type: ignore[assignment]

    asking = Asking()
    called = {}
    for asking.program in ("wyoming", "espeak", "mimic3"):
        called[asking.program] = registry.title(asking), bool(registry.better("tts", asking))
    assert called == {
        "wyoming": ("Speech server", False),
        "espeak": ("espeak-ng, embedded voice", True),
        "mimic3": ("mimic3", False),
    }
