"""Writes docs/metrics.md from the definitions: ``python -m reports.metrics.docs > docs/metrics.md``."""

from __future__ import annotations

import inspect
import sys

from reports.metrics.registry import DEFINITIONS, Definition
from reports.metrics.report import NOTICE

_HEAD = f"""# Metrics

What a report measures, and how. Written by `python -m reports.metrics.docs > docs/metrics.md` from the
definitions in `reports/metrics/`; a test says whether it is current.

{NOTICE}

A number is shown only with enough material behind it; below that the report says
"not enough speech". Every number links to the moments behind it.

- Typed turns are left out of speech metrics.
- Times are ms from the start of the conversation and come from word timings. A turn without them has its
  words spread over its bounds in proportion to their letters, and the metric says that it is estimated.
- The avatar's time is what was played, not what was prepared.
- A word is anything between spaces with a letter or a digit in it, filled pauses included.
- A scenario's own target takes the place of the default, under the metric's name. Both ends belong to it.

| metric | name | unit | default target |
|---|---|---|---|
"""


def render() -> str:
    """The page as Markdown, ending with a newline."""
    rows = "\n".join(
        f"| {one.title} | `{one.name}` | {one.unit} | {target_text(one.low, one.high)} |" for one in DEFINITIONS
    )
    return _HEAD + rows + "\n" + "".join(_section(one) for one in DEFINITIONS)


def target_text(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "none"
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high is None else f"{low:g} to {high:g}"


def _section(definition: Definition) -> str:
    """The docstring of the function that measures it, each of its entries ("Formula: ...") as a list item."""
    summary, _, entries = (inspect.getdoc(definition.measure) or "").partition("\n\n")
    items: list[str] = []
    for text in entries.splitlines():
        if text.split(":")[0] in ("Formula", "Unit", "Enough", "Rules", "Source"):
            key, _, rest = text.partition(":")
            items.append(f"- **{key}**:{rest}")
        else:
            items.append(f"  {text}")
    return f"\n## {definition.title}\n\n{summary}\n\n" + "\n".join(items) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
