"""Times as people say them. Load ``js/when.js`` on a page that uses ``{% when %}``: the server does not know
where its reader lives, the browser does."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reports import numbers

register = template.Library()


@register.simple_tag
def when(moment: datetime) -> SafeString:
    """``<time>`` with ``Yesterday, 14:10`` in it."""
    return format_html(
        '<time datetime="{}" data-when>{}</time>', moment.isoformat(), words_of(moment, timezone.now())
    )


@register.filter
def clock(ms: float) -> str:
    """``0:42``."""
    return numbers.clock(ms)


@register.filter
def minutes(ms: float) -> str:
    """``4 min``."""
    if ms < 30_000:
        return _("under a minute")
    whole = max(1, round(ms / 60_000))
    return ngettext("%(number)d min", "%(number)d min", whole) % {"number": whole}


def words_of(moment: datetime, now: datetime) -> str:
    """In the site's own time zone."""
    there, here = timezone.localtime(moment), timezone.localtime(now)
    if there.date() == here.date():
        day = _("Today")
    elif there.date() == here.date() - timedelta(days=1):
        day = _("Yesterday")
    else:
        day = formats.date_format(there, "MONTH_DAY_FORMAT" if there.year == here.year else "DATE_FORMAT")
    return _("%(day)s, %(time)s") % {"day": day, "time": f"{there:%H:%M}"}
