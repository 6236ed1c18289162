"""Results as tables: for the terminal, and for docs/benchmarks.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
"""What ``python -m benchmarks --write FILE`` replaces lies between these two lines."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Table:
    """``rows`` hold numbers and texts by the columns' keys; None or nothing is shown as a dash."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, object]]
    note: str = ""

    def as_text(self) -> str:
        grid = self._grid()
        widths = [max(len(row[at]) for row in grid) for at in range(len(self.columns))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in grid]
        return "\n".join(part for part in (self.title, *lines, self.note) if part)

    def as_markdown(self) -> str:
        head, *rows = (f"| {' | '.join(row)} |" for row in self._grid())
        lines = [f"### {self.title}", "", head, "|" + "---:|" * len(self.columns), *rows]
        return "\n".join([*lines, "", self.note] if self.note else lines)

    def _grid(self) -> list[list[str]]:
        keys = [column.key for column in self.columns]
        return [
            [column.title for column in self.columns],
            *([_shown(row.get(key)) for key in keys] for row in self.rows),
        ]


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    digits = 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".")


def replace_figures(page: str, figures: str) -> str:
    """The page with these figures between its two marks. Raises ValueError if it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the page has no lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{figures}\n\n{END}{after}"


class LeftOut(Exception):
    """A part can't run here; the text says why and what to do about it."""
