"""What targets can be set for: the metrics of the reports, named in settings since imports point one way."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string


class MetricDefinition(Protocol):
    """What is to be known of a metric here."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...


@cache
def metrics() -> dict[str, str]:
    """Each metric's name, and its unit."""
    found = cast("Sequence[MetricDefinition]", import_string(settings.METRICS))
    return {one.name: one.unit for one in found}
