"""What axe-core finds against a page."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()
_OPTIONS = {"resultTypes": ["violations"], "preload": False}


def violations(page: Page) -> list[str]:
    """One line for each: the rule, and where. All of axe's rules, its advice for good practice included."""
    found: list[dict[str, Any]] = _AXE.run(page, options=_OPTIONS).response["violations"]
    return [
        f"{rule['id']}: {' '.join(node['target'])} — {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in found
        for node in rule["nodes"]
    ]
