"""Times as people say them."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import days
from reports import numbers

register = template.Library()


@register.simple_tag
def when(moment: datetime) -> SafeString:
    """``<time>`` with ``Yesterday 14:10`` in it."""
    words = days.moment(moment, timezone.localtime())
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words)


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
