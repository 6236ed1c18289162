"""A renderer for forms that come by the hundred.

A scenario of 70 lines has some 800 widgets. Django renders each through its template engine, which takes half a
second for the page; the few kinds of widget that rows are made of are written out here instead, and everything
else is left to Django. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

Widget = Mapping[str, Any]
"""What ``Widget.get_context`` gives under ``widget``."""


class RowRenderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name == _ERRORS and not context["errors"]:
            return ""  # the admin asks for every field's
        write = _WRITERS.get(template_name)
        return write(context["widget"]) if write else super().render(template_name, context, request)


def _attributes(attrs: Mapping[str, Any]) -> str:
    return "".join(
        f" {name}" if value is True else f' {name}="{conditional_escape(str(value))}"'
        for name, value in attrs.items()
        if value is not False
    )


def _input(widget: Widget) -> SafeString:
    value = "" if widget["value"] is None else f' value="{escape(widget["value"])}"'
    return mark_safe(
        f'<input type="{widget["type"]}" name="{escape(widget["name"])}"{value}{_attributes(widget["attrs"])}>'
    )


def _textarea(widget: Widget) -> SafeString:
    text = conditional_escape(widget["value"]) if widget["value"] else ""
    return mark_safe(
        f'<textarea name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>\n{text}</textarea>'
    )


def _select(widget: Widget) -> SafeString:
    options = "".join(
        f'<option value="{escape(option["value"])}"{_attributes(option["attrs"])}>'
        f"{conditional_escape(option['label'])}</option>"
        for _group, choices, _index in widget["optgroups"]
        for option in choices
    )
    return mark_safe(
        f'<select name="{escape(widget["name"])}"{_attributes(widget["attrs"])}>{options}</select>'
    )


def _boxes(widget: Widget) -> SafeString:
    boxes = "".join(
        f'<div><label for="{escape(option["attrs"]["id"])}">{_input(option)} '
        f"{conditional_escape(option['label'])}</label></div>"
        for _group, choices, _index in widget["optgroups"]
        for option in choices
    )
    attrs = {name: value for name, value in widget["attrs"].items() if name in ("id", "class")}
    return mark_safe(f"<div{_attributes(attrs)}>{boxes}</div>")


_ERRORS = "django/forms/errors/list/ul.html"
_INPUTS = ("text", "number", "hidden", "checkbox")
_WRITERS: dict[str, Callable[[Widget], SafeString]] = {
    **{f"django/forms/widgets/{kind}.html": _input for kind in _INPUTS},
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/checkbox_select.html": _boxes,
}
