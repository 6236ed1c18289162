"""``{% demo_people %}``: who can sign in to the demo. Nothing at all anywhere else."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from accounts.demo import ADMIN, COACH, PASSWORD, TRAINEE

register = template.Library()


@register.inclusion_tag("account/demo_people.html")
def demo_people() -> dict[str, Any]:
    if not settings.COACH_DEMO:
        return {}
    people = {
        TRAINEE: _("practices"),
        COACH: _("reads the team's reports"),
        ADMIN: _("makes the scenarios"),
    }
    return {"people": people, "password": PASSWORD}
