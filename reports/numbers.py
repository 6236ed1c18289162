"""Numbers and times as they are read, in the language in use."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

Number = int | float


def plain(value: Number, extra: int = 0) -> str:
    """As few decimals as it has. ``extra``: so many decimals more than usual (here there are all already)."""
    return number_format(int(value) if value == int(value) else value)


def whole(value: Number, extra: int = 0) -> str:
    return plain(round(value, extra))


def percent(value: Number, extra: int = 0) -> str:
    return _("%(number)s%%") % {"number": plain(round(100.0 * value, extra))}


def seconds(value: Number, extra: int = 0) -> str:
    """Of a second, tenths; from ten on none: nobody reads "95.3 s" as more than 95."""
    decimals = extra + (1 if abs(value) < 10 else 0)
    return _("%(number)s s") % {"number": plain(round(value, decimals))}


def clock(ms: float) -> str:
    """``0:42``, ``12:04``, ``1:02:03``; what lies before the start is the start."""
    total = max(0, int(ms // 1000))
    hours, rest = divmod(total, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{second:02d}" if hours else f"{minutes}:{second:02d}"
