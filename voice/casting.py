"""Settings and sheets -> the engines and the scene of one conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from avatars import llm
from avatars.feeling import Feeling
from avatars.prompts import Direction, render_system_prompt
from avatars.script import Spoken, is_closing, mood_of
from avatars.sheets import Mood, ScenarioSheet
from memory.conversations import ConversationContext, HeldSoFar
from voice.engines import registry
from voice.engines.base import Engine, Message, TtsEngine, Voice
from voice.listener import ListenerSettings
from voice.scene import Cast, Scene
from voice.segmenter import SegmenterSettings
from voice.turns import TurnSettings

RELEASE_BELOW = 0.15
"""Speech ends this far below the probability at which it begins."""


def cast_for(_sheet: ScenarioSheet) -> Cast:
    """The engines in use, shared by all conversations of this process."""
    return Cast(vad=_engine("vad"), stt=_engine("stt"), llm=_engine("llm"), tts=_engine("tts"))  # type: ignore[arg-type]


async def warm_up() -> None:
    """Load what is slow to load; safe to call again."""
    for kind in ("vad", "stt", "llm", "tts"):
        await _engine(kind).warm_up()


def voice_engine() -> TtsEngine:
    """The one that speaks in conversations."""
    return _engine("tts")  # type: ignore[return-value]


def _engine(kind: str) -> Engine:
    return registry.choose(kind, wanted(kind), settings.VOICE_ENGINES, settings.VOICE_PREFERENCE[kind])


def wanted(kind: str) -> str:
    """The alias that the settings ask for; ``auto`` where the registry is to find the best one."""
    if kind == "llm":
        return "agent"  # one for all scenarios; which model it asks is avatars.llm's choice
    choice: str = getattr(settings, f"COACH_{kind.upper()}")
    if kind == "tts" and choice == registry.AUTO:
        # Decided by what is configured, not by what answers at the moment: a speech worker that is down for a
        # minute must not silence this process for good.
        return "worker" if settings.VOICE_ENGINES["tts"]["worker"]["options"]["address"] else "none"
    return choice


def engine_names() -> dict[str, str]:
    """What is in use, by kind."""
    return {**{kind: _engine(kind).name for kind in ("vad", "stt", "tts")}, "llm": llm.describe().name}


def engines_used(cast: Cast, sheet: ScenarioSheet) -> dict[str, Any]:
    """What is kept with the conversation: which engine did what, and what a report must know about it."""
    return {
        "vad": {"name": cast.vad.name},
        "stt": {"name": cast.stt.name, "writes_fillers": cast.stt.writes_fillers},
        "llm": {"name": llm.describe(sheet).name},
        "tts": {"name": cast.tts.name, "word_timings": cast.tts.word_timings},
    }


def describe_engines(cast: Cast, sheet: ScenarioSheet, *, machine: bool = False) -> dict[str, Any]:
    """What pages show: the engine in use and how to get a better one; ``machine``: to somebody who looks after
    the installation, with what is to be done there."""
    model = llm.describe(sheet)

    def shown(engine: Engine) -> dict[str, str]:
        hint = registry.better(engine.kind, engine, machine=machine)
        return {"name": engine.name, "title": registry.title(engine), "hint": hint}

    return {
        "vad": shown(cast.vad),
        "stt": shown(cast.stt),
        "llm": {"name": model.name, "title": model.title, "hint": model.better},
        "tts": shown(cast.tts),
    }


def scene_for(context: ConversationContext) -> Scene:
    """The scenario as the loop needs it, taken up where it stands."""
    sheet = context.sheet
    avatar = sheet.avatar
    messages = _messages(context)
    feeling = Feeling(sheet, _directions(context))
    return Scene(
        prompt=lambda: render_system_prompt(
            sheet,
            organization=context.organization_context,
            knowledge=context.knowledge,
            trainee_name=context.trainee_name,
            preferences=context.preferences,
            memories=context.memories,
            directions=_directions(context),
        ),
        opening_line=sheet.opening_line,
        is_closing=lambda text: is_closing(sheet, text),
        mood=lambda history: feeling.after(_spoken(history)),
        metadata={"sheet": sheet},
        voice=Voice(name=avatar.voice, language=avatar.language, speed=avatar.speed),
        language=sheet.language,
        turns=TurnSettings(
            window_ms=float(avatar.turn_taking.patience_ms or settings.COACH_PATIENCE_MS),
            speculate_after_ms=float(settings.COACH_SPECULATE_AFTER_MS),
            interrupt_after_ms=float(avatar.turn_taking.interrupt_after_ms),
            language=sheet.language,
        ),
        listener=_listener_settings(),
        time_limit_s=float(sheet.time_limit_s),
        silence_prompt_s=float(avatar.turn_taking.silence_prompt_s),
        cut_in_after_s=float(avatar.turn_taking.cut_in_after_s),
        idle_limit_s=float(settings.COACH_IDLE_LIMIT_S),
        history=messages,
        next_seq=max((turn.seq for turn in context.turns), default=0) + 1,
        elapsed_ms=context.elapsed_ms,
    )


def mood_so_far(context: HeldSoFar) -> Mood:
    """How the avatar feels as the conversation stands."""
    return mood_of(context.sheet, _spoken(_messages(context).values()), _directions(context))


def _spoken(history: Iterable[Message]) -> list[Spoken]:
    return [(one.role, one.text) for one in history]


def _messages(context: HeldSoFar) -> dict[int, Message]:
    """What was heard of the turns so far, by ``seq``."""
    return {
        turn.seq: Message("avatar" if turn.speaker == "avatar" else "trainee", turn.text)
        for turn in context.turns
        if turn.speaker in ("avatar", "trainee") and turn.kind != "backchannel" and turn.text
    }


def _directions(context: HeldSoFar) -> list[Direction]:
    """What the coach asked for so far, each with how many of the trainee's turns went before it."""
    directions: list[Direction] = []
    spoken = 0
    for turn in context.turns:
        if turn.kind == "direction":
            directions.append(Direction(turn.text, after_turns=spoken))
        spoken += turn.speaker == "trainee" and turn.kind != "backchannel"
    return directions


def _listener_settings() -> ListenerSettings:
    threshold = float(settings.COACH_VAD_THRESHOLD)
    return ListenerSettings(
        pre_roll_ms=float(settings.COACH_PRE_ROLL_MS),
        speech_pad_ms=float(settings.COACH_SPEECH_PAD_MS),
        segmenter=SegmenterSettings(
            threshold=threshold,
            release=max(0.01, threshold - RELEASE_BELOW),
            min_speech_ms=float(settings.COACH_MIN_SPEECH_MS),
            min_silence_ms=float(settings.COACH_MIN_SILENCE_MS),
        ),
    )
