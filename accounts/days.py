"""Days and moments in the words that people use for them. Times are given in the reader's time zone."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

DATE = "M j, Y"


def day(when: datetime, now: datetime) -> str:
    """Today, yesterday, within a week its name, else the date; on its own or at the start of a line."""
    local = timezone.localtime(when, now.tzinfo).date()
    days = (now.date() - local).days
    if days == 0:
        return _("Today")
    if days == 1:
        return _("Yesterday")
    return _date(local, now.date())


def moment(when: datetime, now: datetime) -> str:
    """The day and the time: ``Today 14:10``."""
    local = timezone.localtime(when, now.tzinfo)
    return _("%(day)s %(time)s") % {"day": day(when, now), "time": date_format(local, "H:i")}


def date_of(when: datetime) -> str:
    """The date alone, with its year, where the day matters and not how long ago it was."""
    return date_format(timezone.localtime(when), DATE)


def due(on: date, today: date) -> str:
    """``Due Friday``; of a day that has passed, calmly when it was."""
    days = (on - today).days
    if days == 0:
        return _("Due today")
    if days == 1:
        return _("Due tomorrow")
    if days == -1:
        return _("Was due yesterday, still open")
    words = _("Due %(day)s") if days > 0 else _("Was due %(day)s, still open")
    return words % {"day": _date(on, today)}


def _date(one: date, today: date) -> str:
    """The name of a day less than a week away, else the date, with its year if that is another."""
    if abs((one - today).days) < 7:
        return date_format(one, "l")
    return date_format(one, "M j") if one.year == today.year else date_format(one, DATE)
