"""Reading untrusted JSON into frozen dataclasses: what does not fit is said, with the place where it stands."""

from __future__ import annotations

import dataclasses
import math
import types
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from django.utils.translation import gettext as _

MOST_LETTERS, MOST_ITEMS, HIGHEST = 20_000, 500, 2**31 - 1


class Unfit(ValueError):
    """A value that is not what it should be; the text says where and what is needed."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}")


def read(kind: Any, value: Any, place: str) -> Any:
    """``value`` as ``kind``: a dataclass, str, int, float, a Literal, an optional of these, or a tuple of one
    of these. Raises :class:`Unfit`."""
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _read_dataclass(kind, value, place)
    if origin is tuple:
        return _read_tuple(get_args(kind)[0], value, place)
    if origin in (Union, types.UnionType):
        inner = [one for one in get_args(kind) if one is not type(None)]
        return None if value is None else read(inner[0], value, place)
    if origin is Literal:
        if not isinstance(value, str) or value not in get_args(kind):
            raise Unfit(place, _("one of %(all)s is needed") % {"all": ", ".join(get_args(kind))})
        return value
    return _read_plain(kind, value, place)


def _read_dataclass(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise Unfit(place, _("an object with named values is needed"))
    hints = get_type_hints(kind)
    if unknown := [key for key in value if key not in hints]:
        raise Unfit(place, _("“%(key)s” is not known here") % {"key": str(unknown[0])[:40]})
    for one in dataclasses.fields(kind):
        optional = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
        if one.name not in value and not optional:
            raise Unfit(place, _("“%(key)s” is missing") % {"key": one.name})
    return kind(**{key: read(hints[key], one, f"{place}.{key}") for key, one in value.items()})


def _read_tuple(kind: Any, value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise Unfit(place, _("a list is needed"))
    if len(value) > MOST_ITEMS:
        raise Unfit(place, _("%(most)d entries at most") % {"most": MOST_ITEMS})
    return tuple(read(kind, one, f"{place}[{number}]") for number, one in enumerate(value, 1))


def _read_plain(kind: Any, value: Any, place: str) -> Any:
    if kind is str:
        if not isinstance(value, str):
            raise Unfit(place, _("text is needed"))
        return _clean_text(value, place)
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        raise Unfit(place, _("a whole number is needed") if kind is int else _("a number is needed"))
    if not math.isfinite(value) or abs(value) > HIGHEST:
        raise Unfit(place, _("the number is too large"))
    return kind(value)


def _clean_text(value: str, place: str) -> str:
    if len(value) > MOST_LETTERS:
        raise Unfit(place, _("%(most)d letters at most") % {"most": MOST_LETTERS})
    # A database takes neither: half a pair of surrogates, or a NUL.
    if any((letter < " " and letter not in "\n\r\t") or "\ud800" <= letter <= "\udfff" for letter in value):
        raise Unfit(place, _("there are characters in it that are no text"))
    return value
