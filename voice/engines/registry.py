"""From settings to engines: alias -> dotted path and options -> one shared instance per process.

A *table* is what ``VOICE_ENGINES`` is: ``{"stt": {"pocketsphinx": {"path": "...", "options": {...}}}}``.
Whatever is wrong with it raises :class:`BadEngineSetting` with a hint; nothing here reads settings itself.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice.engines.base import Engine, LlmEngine, Problem, SttEngine, TtsEngine, VadEngine

Table = Mapping[str, Mapping[str, Mapping[str, Any]]]

AUTO = "auto"
BASES: dict[str, type[Engine]] = {"vad": VadEngine, "stt": SttEngine, "llm": LlmEngine, "tts": TtsEngine}

TITLES = {
    ("vad", "silero"): "Silero",
    ("vad", "energy"): "Loudness alone",
    ("stt", "pocketsphinx"): "PocketSphinx, embedded recognizer",
    ("tts", "espeak"): "espeak-ng, embedded voice",
    ("tts", "kokoro"): "Kokoro, natural voice",
    ("tts", "piper"): "Piper",
    ("tts", "wyoming"): "Speech server",
    ("tts", "none"): "No voice",
    ("tts", "tones"): "Tones, for tests",
}
"""(kind, program) -> what people call it; what is missing here goes by its own name."""


@dataclass(frozen=True, slots=True)
class Better:
    """How to get a better engine: ``hint`` for whoever talks, ``how`` for whoever looks after the machine."""

    hint: str
    how: str


BETTER = {
    ("vad", "energy"): Better(
        "Your speech is told from noise by its level alone. A detector: your administrator can add it.",
        "Install onnxruntime and silero-vad.",
    ),
    ("stt", "pocketsphinx"): Better(
        "It misunderstands about one word in five. A better recognizer: your administrator can add it.",
        "docs/settings.md says which there are (COACH_STT).",
    ),
    ("tts", "espeak"): Better(
        "It is clear, but sounds like a machine. A natural voice: your administrator can add it.",
        "docs/settings.md says how to connect another speech server (COACH_TTS_ADDRESS).",
    ),
    ("tts", "none"): Better(
        "The avatar answers in writing. A voice: your administrator can add it.",
        "Start the speech worker (make tts-worker) and set COACH_TTS=auto.",
    ),
    ("tts", "tones"): Better(
        "The avatar speaks in tones. A voice: your administrator can switch it on.", "Set COACH_TTS=auto."
    ),
}
"""(kind, program) -> how to get a better one. What is missing here is as good as it gets; which model the
engine ``agent`` asks, and how to get a better one, is for ``avatars.llm`` to say."""


class BadEngineSetting(Exception):
    """An engine can't be made from the settings. The texts name options, not their values."""

    def __init__(self, message: str, hint: str) -> None:
        self.message, self.hint = message, hint
        super().__init__(f"{message} {hint}")


_lock = threading.RLock()
_shared: dict[str, Engine] = {}
_chosen: dict[str, Engine] = {}


def load(kind: str, alias: str, table: Table) -> Engine:
    """The engine of this alias, shared by all who ask for it with the same path and options."""
    entry = _entry(kind, alias, table)
    key = _key(kind, alias, entry)
    with _lock:
        if key not in _shared:
            _shared[key] = _make(kind, alias, entry)
        return _shared[key]


def choose(kind: str, wanted: str, table: Table, order: Sequence[str]) -> Engine:
    """The wanted alias; for ``auto`` the first of ``order`` (best first) whose check finds no error.

    ``auto`` decides once per process, because a check may take a second and conversations ask often.
    Raises :class:`BadEngineSetting`, for ``auto`` with what is wrong with each.
    """
    if wanted != AUTO:
        return load(kind, wanted, table)
    key = "\n".join(_key(kind, alias, _entry(kind, alias, table)) for alias in order)
    with _lock:
        if (kind + key) not in _chosen:
            _chosen[kind + key] = _first_that_runs(kind, table, order)
        return _chosen[kind + key]


def problems(kind: str, wanted: str, table: Table, order: Sequence[str]) -> list[Problem]:
    """What is misconfigured about this choice, for ``manage.py check``."""
    try:
        return choose(kind, wanted, table, order).check()
    except BadEngineSetting as exc:
        return [Problem(exc.message, exc.hint)]


async def aclose_all() -> None:
    """Close every engine that was loaded. One that fails keeps no other open; then an ``ExceptionGroup``."""
    with _lock:
        engines = list(_shared.values())
        _shared.clear()
        _chosen.clear()
    results = await asyncio.gather(*(engine.aclose() for engine in engines), return_exceptions=True)
    if failed := [result for result in results if isinstance(result, Exception)]:
        raise ExceptionGroup("Engines that could not be closed.", failed)


def title(engine: Engine) -> str:
    """What people call what does the work."""
    return TITLES.get((engine.kind, engine.program), engine.program)


def better(kind: str, engine: Engine | str, *, machine: bool = False) -> str:
    """How to get a better engine than this one (or the one of this name); "" if there is none. ``machine``: for
    whoever looks after it, with what is to be done there."""
    found = BETTER.get((kind, engine if isinstance(engine, str) else engine.program))
    if found is None:
        return ""
    return f"{found.hint} {found.how}" if machine else found.hint


# -- from an entry to an instance ----------------------------------------------------------------------------


def _first_that_runs(kind: str, table: Table, order: Sequence[str]) -> Engine:
    reasons = []
    for alias in order:
        try:
            engine = load(kind, alias, table)
        except BadEngineSetting as exc:
            reasons.append(f"{alias}: {exc.message}")
            continue
        errors = [problem for problem in engine.check() if problem.level == "error"]
        if not errors:
            return engine
        reasons.append(f"{alias}: {errors[0].message}")
    raise BadEngineSetting(
        f"No {kind} engine can run here.", " ".join(reasons) or "None is in the order of choice."
    )


def _entry(kind: str, alias: str, table: Table) -> Mapping[str, Any]:
    if kind not in BASES:
        raise BadEngineSetting(f"There is no kind of engine called {kind!r}.", f"Kinds are {_listed(BASES)}.")
    known = table.get(kind, {})
    if alias not in known:
        message = f"There is no {kind} engine called {alias!r}."
        raise BadEngineSetting(message, f"Choose one of {_listed([AUTO, *known])}.")
    return known[alias]


def _key(kind: str, alias: str, entry: Mapping[str, Any]) -> str:
    return json.dumps([kind, alias, entry.get("path"), entry.get("options")], sort_keys=True, default=repr)


def _make(kind: str, alias: str, entry: Mapping[str, Any]) -> Engine:
    found = _class(kind, alias, entry.get("path"))
    options = entry.get("options") or {}
    where = f"of the {kind} engine {alias!r}"
    signature = inspect.signature(found)
    try:
        signature.bind(**options)
    except TypeError as exc:
        takes = _listed(signature.parameters) or "none"
        raise BadEngineSetting(f"The options {where} do not fit: {exc}.", f"It takes {takes}.") from exc
    try:
        return found(**options)
    except (TypeError, ValueError) as exc:
        raise BadEngineSetting(f"An option {where} is not allowed.", f"The engine says: {exc}.") from exc
    except (ImportError, AttributeError) as exc:
        raise BadEngineSetting(
            f"An option {where} names code that is not there.", f"Python says: {exc}."
        ) from exc


def _class(kind: str, alias: str, path: object) -> type[Engine]:
    where = f"of the {kind} engine {alias!r}"
    hint = 'Write it as "package.module.Class".'
    module_path, _, name = path.rpartition(".") if isinstance(path, str) else ("", "", "")
    if not module_path or not name:
        raise BadEngineSetting(f"The path {where} is no dotted path.", hint)
    try:
        found = getattr(importlib.import_module(module_path), name)
    except ImportError as exc:
        raise BadEngineSetting(f"The module {where} can't be imported.", f"Python says: {exc}.") from exc
    except AttributeError as exc:
        raise BadEngineSetting(f"The module {where} has no class {name}.", hint) from exc
    if not (isinstance(found, type) and issubclass(found, BASES[kind])) or inspect.isabstract(found):
        raise BadEngineSetting(f"{name}, {where}, is no {BASES[kind].__name__}.", hint)
    return found


def _listed(names: Any) -> str:
    return ", ".join(names)
