"""Dates as all pages write them."""

from __future__ import annotations

from datetime import datetime

from django import template

from accounts import days

register = template.Library()


@register.filter
def date_of(when: datetime) -> str:
    """``Nov 3, 2026``."""
    return days.date_of(when)
