"""Form fields for lists, as authors write them: one thing per line, or commas between them."""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from avatars.metrics import metrics
from avatars.sheets import MOODS, Target

MOOD_NAMES = {
    "calm": _lazy("calm"),
    "neutral": _lazy("neutral"),
    "tense": _lazy("tense"),
    "angry": _lazy("angry"),
}
MOST_ITEMS, LONGEST_ITEM = 100, 300


class ListField(forms.CharField):
    """A list of short texts in a text area. Empty lines and repetitions are dropped."""

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.Textarea(attrs={"rows": rows, "class": "by-line"}))
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return self.written(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[Any]:
        text = super().clean(value)
        return self.read(text)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.clean(data) != list(initial or [])
        except ValidationError:
            return True

    def written(self, items: Sequence[Any]) -> str:
        return "\n".join(str(one) for one in items)

    def split(self, text: str) -> list[str]:
        return text.splitlines()

    def read(self, text: str) -> list[Any]:
        items = list(dict.fromkeys(one for part in self.split(text) if (one := " ".join(part.split()))))
        if len(items) > MOST_ITEMS:
            raise ValidationError(_("%(most)d at most; these are %(count)d.") % _counts(items))
        for one in items:
            if len(one) > LONGEST_ITEM:
                raise ValidationError(
                    _("“%(start)s…” is too long: %(most)d letters at most.")
                    % {"start": one[:40], "most": LONGEST_ITEM}
                )
        return items


class CommasField(ListField):
    """Short texts with commas (or line breaks) between them; one with a comma in it stands in quotes."""

    def written(self, items: Sequence[Any]) -> str:
        return ", ".join(_quoted(one) if "," in one or one.startswith('"') else one for one in map(str, items))

    def split(self, text: str) -> list[str]:
        pieces = re.findall(r'[ \t]*"([^"\n]*)"[ \t]*(?=,|\n|\r|$)|([^,\n]+)', text)
        return [quoted or plain for quoted, plain in pieces]


def _quoted(item: str) -> str:
    # To the matching of cues, one quotation mark is as good as another.
    return '"' + item.replace('"', "'") + '"'


class MoodsField(forms.MultipleChoiceField):
    """Moods as boxes to tick; none: any."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.CheckboxSelectMultiple)
        super().__init__(choices=[(mood, MOOD_NAMES[mood]) for mood in MOODS], **options)

    def clean(self, value: Any) -> list[str]:
        ticked = super().clean(value)
        return [mood for mood in MOODS if mood in ticked]


class TargetsField(ListField):
    """``speech_rate: 120 to 175``, ``filled_pauses: up to 4``, ``questions: at least 3``: one per line."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed([_whole(one) for one in initial or []], data)

    def written(self, items: Sequence[Any]) -> str:
        return "\n".join(one if isinstance(one, str) else written_target(_target(one)) for one in items)

    def read(self, text: str) -> list[Any]:
        found: dict[str, Target] = {}
        problems: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                target = read_target(line)
                if target.metric in found:
                    raise ValidationError(_("there is a line for this metric already."))
                found[target.metric] = target
            except ValidationError as problem:
                problems.append(
                    _("Line %(number)d, “%(line)s”: %(problem)s")
                    % {"number": number, "line": line.strip()[:60], "problem": problem.messages[0]}
                )
        if problems:
            raise ValidationError(problems)
        return [dataclasses.asdict(one) for one in found.values()]


_NUMBER = r"(\d+(?:\.\d+)?)"
_RANGE = re.compile(rf"{_NUMBER}\s*(?:to|-|–)\s*{_NUMBER}")
_UP_TO = re.compile(rf"(?:up to|at most)\s+{_NUMBER}")
_AT_LEAST = re.compile(rf"(?:at least|from)\s+{_NUMBER}")


def read_target(line: str) -> Target:
    """The target that a line stands for. Raises ``ValidationError``."""
    name, colon, bounds = (part.strip().lower() for part in line.partition(":"))
    if name not in metrics():
        raise ValidationError(_unknown_metric(name))
    if not colon or not bounds:
        raise ValidationError(_("write a colon and the range, such as “%(name)s: 3 to 5”.") % {"name": name})
    if bounds == "any":
        return Target(name)
    if match := _RANGE.fullmatch(bounds):
        low, high = _number(match[1]), _number(match[2])
        if low > high:
            raise ValidationError(_("the first number is above the second."))
        return Target(name, low, high)
    if match := _UP_TO.fullmatch(bounds):
        return Target(name, None, _number(match[1]))
    if match := _AT_LEAST.fullmatch(bounds):
        return Target(name, _number(match[1]), None)
    raise ValidationError(_("the range is written “3 to 5”, “up to 5” or “at least 3”."))


def written_target(target: Target) -> str:
    """The line that :func:`read_target` reads as this target."""
    low, high = (None if one is None else _plain(one) for one in (target.low, target.high))
    if low is not None and high is not None:
        return f"{target.metric}: {low} to {high}"
    if high is not None:
        return f"{target.metric}: up to {high}"
    return f"{target.metric}: any" if low is None else f"{target.metric}: at least {low}"


def problem_of_target(target: Target) -> str:
    """What is wrong with a target that came in a file; "" if nothing."""
    if target.metric not in metrics():
        return _unknown_metric(target.metric)
    bounds = [one for one in (target.low, target.high) if one is not None]
    if any(not math.isfinite(one) or one < 0 for one in bounds):
        return _("a bound is a number of 0 or more.")
    return _("the first number is above the second.") if bounds != sorted(bounds) else ""


def _unknown_metric(name: str) -> str:
    near = difflib.get_close_matches(name, metrics(), n=1, cutoff=0.3)
    near = [one for one in metrics() if name and name in one] or near
    if near:
        return _("there is no metric “%(name)s”; do you mean %(near)s? There are: %(all)s.") % {
            "name": name[:40], "near": near[0], "all": ", ".join(metrics()),
        }  # fmt: skip
    return _("there is no metric “%(name)s”. There are: %(all)s.") % {
        "name": name[:40],
        "all": ", ".join(metrics()),
    }


def _target(stored: dict[str, Any]) -> Target:
    return Target(stored["metric"], stored.get("low"), stored.get("high"))


def _whole(stored: dict[str, Any]) -> dict[str, Any]:
    return dataclasses.asdict(_target(stored))


def _number(text: str) -> float:
    # Whole where it can be: as authors of sheets write it, so that saving alone is no edit.
    value = float(text)
    return int(value) if value.is_integer() else value


def _plain(number: float) -> str:
    return f"{number:f}".rstrip("0").rstrip(".")


def _counts(items: list[str]) -> dict[str, int]:
    return {"most": MOST_ITEMS, "count": len(items)}
