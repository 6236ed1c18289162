"""Which model plays the avatar: the one that the avatar names, else the one of the setting ``COACH_LLM``, where
``auto`` takes the best that is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from pydantic_ai.models import Model

from avatars.scripted import ScriptedModel
from avatars.sheets import ScenarioSheet


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """One way to play an avatar, as pages and ``manage.py check`` show it."""

    name: str
    """As in ``COACH_LLM``."""
    title: str
    build: Callable[[ScenarioSheet], Model]
    better: str = ""
    """How to get a better one; empty if there is none."""


CHOICES: Mapping[str, ModelChoice] = {
    "scripted": ModelChoice(
        name="scripted",
        title="Scripted lines (no language model)",
        build=ScriptedModel,
        better="It knows only its lines. A language model answers freely: your administrator can add one.",
    ),
    # Language models are added here, and to PREFERENCE in the order in which `auto` tries them.
}
PREFERENCE: tuple[str, ...] = ("scripted",)


def chosen() -> ModelChoice:
    """The choice that ``COACH_LLM`` names. Raises ``ImproperlyConfigured`` for a name that is not known."""
    name = getattr(settings, "COACH_LLM", "auto") or "auto"
    if name == "auto":
        return CHOICES[PREFERENCE[0]]
    if name not in CHOICES:
        raise ImproperlyConfigured(f"COACH_LLM: unknown value. Allowed: auto, {', '.join(CHOICES)}.")
    return CHOICES[name]


def choice_for(sheet: ScenarioSheet) -> ModelChoice:
    """The one that plays this scenario's avatar. An avatar that names a model which this installation does not
    know (any more, or it was imported from elsewhere) is played by the installation's."""
    return CHOICES.get(sheet.avatar.llm) or chosen()


def model_for(sheet: ScenarioSheet) -> Model:
    """The model that plays this scenario's avatar. Cheap: call it for every reply."""
    return choice_for(sheet).build(sheet)


@dataclass(frozen=True, slots=True)
class Description:
    """The engine in use, for pages: what it is called, and how to get a better one."""

    name: str
    title: str
    better: str


def describe(sheet: ScenarioSheet | None = None) -> Description:
    """The model in use: in a conversation on this sheet, or where its avatar names none."""
    choice = chosen() if sheet is None else choice_for(sheet)
    return Description(choice.name, choice.title, choice.better)
