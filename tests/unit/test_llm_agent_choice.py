"""Which model plays the avatar, by ``COACH_LLM``."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from avatars.demo import SHEETS
from avatars.llm import Description, describe, model_for
from avatars.scripted import ScriptedModel

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("value", ["auto", "scripted", ""])
def test_without_a_language_model_the_lines_are_played(value: str) -> None:
    with override_settings(COACH_LLM=value):
        model = model_for(SHEETS[0])
        assert isinstance(model, ScriptedModel)
        assert model.sheet is SHEETS[0]
        assert describe() == Description(
            "scripted",
            "Scripted lines (no language model)",
            "It knows only its lines. A language model answers freely: your administrator can add one.",
        )


def test_an_unknown_choice_is_refused_with_what_is_allowed() -> None:
    with override_settings(COACH_LLM="gpt"), pytest.raises(ImproperlyConfigured) as caught:
        model_for(SHEETS[0])
    assert str(caught.value) == "COACH_LLM: unknown value. Allowed: auto, scripted."
