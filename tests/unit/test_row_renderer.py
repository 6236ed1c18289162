"""Widgets written out without a template are those that Django's templates make."""

from __future__ import annotations

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList
from django.test.html import parse_html
from django.utils.safestring import SafeString

from avatars.row_renderer import RowRenderer

NASTY = """ "a" & <b> 'c'\n</textarea><script> """
CHOICES = [("a", "A & B"), ("<b>", "<B>"), (3, "three")]
WIDGETS = [
    (forms.TextInput(attrs={"class": "x", "required": True, "hidden": False}), NASTY),
    (forms.TextInput(), None),
    (forms.NumberInput(attrs={"min": -3}), 0),
    (forms.HiddenInput(), 12),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
    (forms.Textarea(attrs={"rows": 2}), NASTY),
    (forms.Textarea(), None),
    (forms.Select(choices=CHOICES), "<b>"),
    (forms.Select(choices=CHOICES), 3),
    (forms.CheckboxSelectMultiple(choices=CHOICES, attrs={"class": "moods"}), ["a", "3"]),
    (forms.CheckboxSelectMultiple(choices=CHOICES), None),
]


@pytest.mark.parametrize(("widget", "value"), WIDGETS, ids=lambda one: type(one).__name__)
def test_a_widget_looks_as_django_would_draw_it(widget: forms.Widget, value: object) -> None:
    drawn = [
        widget.render("lines-0-<text>", value, attrs={"id": 'id_"x"'}, renderer=renderer)
        for renderer in (RowRenderer(), DjangoTemplates())
    ]
    assert parse_html(drawn[0]) == parse_html(drawn[1])
    assert isinstance(drawn[0], SafeString)


def test_any_other_widget_is_left_to_django() -> None:
    widget = forms.RadioSelect(choices=CHOICES)
    ours, djangos = (widget.render("x", "a", renderer=one) for one in (RowRenderer(), DjangoTemplates()))
    assert ours == djangos


@pytest.mark.parametrize("errors", [[], ["too <long>", "too late"]], ids=["none", "two"])
def test_errors_look_as_django_would_draw_them(errors: list[str]) -> None:
    ours, djangos = (
        ErrorList(errors, renderer=renderer).as_ul() for renderer in (RowRenderer(), DjangoTemplates())
    )
    assert ours == djangos
