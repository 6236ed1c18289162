"""The scenarios of the demo."""

from __future__ import annotations

from avatars.sheets import ScenarioSheet

SHEETS: tuple[ScenarioSheet, ...] = ()
