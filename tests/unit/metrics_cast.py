"""Turns for the tests of the metrics, written so that their times can be added up by hand.

``words_at(0, 200, 300)`` is three words that begin at 0, 200 and 300 ms; each lasts 100 ms unless told.
"""

from __future__ import annotations

from typing import Any

from avatars.sheets import AvatarSheet, ScenarioSheet, Target
from memory.records import TimedWord, TurnKind, TurnRecord
from reports.metrics import Metric, compute_report


def spoken(seq: int, *words: tuple[str, float, float], kind: TurnKind = "speech", **fields: Any) -> TurnRecord:
    """A trainee's turn whose bounds are those of its words, unless ``fields`` say otherwise."""
    given = {
        "text": " ".join(text for text, _, _ in words),
        "started_ms": words[0][1],
        "ended_ms": words[-1][2],
        "words": tuple(TimedWord(*one) for one in words),
        **fields,
    }
    return TurnRecord(seq=seq, speaker="trainee", kind=kind, **given)


def steady(
    seq: int, count: int, start_ms: float, end_ms: float, word: str = "word", **fields: Any
) -> TurnRecord:
    """A trainee's turn of so many words, one directly after the other."""
    each = (end_ms - start_ms) / count
    return spoken(
        seq, *((word, start_ms + each * k, start_ms + each * (k + 1)) for k in range(count)), **fields
    )


def said(seq: int, text: str, start_ms: float, end_ms: float, **fields: Any) -> TurnRecord:
    """A trainee's turn of these words, one directly after the other."""
    tokens = text.split()
    each = (end_ms - start_ms) / len(tokens)
    words = ((token, start_ms + each * k, start_ms + each * (k + 1)) for k, token in enumerate(tokens))
    return spoken(seq, *words, **fields)


def untimed(seq: int, text: str, start_ms: float, end_ms: float, kind: TurnKind = "speech") -> TurnRecord:
    """A trainee's turn without word timings."""
    return TurnRecord(seq=seq, speaker="trainee", kind=kind, text=text, started_ms=start_ms, ended_ms=end_ms)


def typed(seq: int, text: str, at_ms: float) -> TurnRecord:
    return untimed(seq, text, at_ms, at_ms, kind="typed")


def avatar(seq: int, start_ms: float, end_ms: float, text: str = "As I said.", **fields: Any) -> TurnRecord:
    """An avatar's turn, played from ``start_ms`` to ``end_ms``."""
    given = {"kind": "reply", **fields}
    return TurnRecord(seq=seq, speaker="avatar", text=text, started_ms=start_ms, ended_ms=end_ms, **given)


def scenario(*targets: Target, language: str = "en") -> ScenarioSheet:
    return ScenarioSheet(
        slug="angry-customer",
        title="The broken phone",
        avatar=AvatarSheet(slug="sam", name="Sam", persona="You are Sam."),
        brief="Help Sam.",
        targets=targets,
        language=language,
        version=3,
    )


def measure(name: str, *turns: TurnRecord, writes_fillers: bool = True, language: str = "en") -> Metric:
    report = compute_report(turns, scenario(language=language), recognizer_writes_fillers=writes_fillers)
    return report[name]


def outcome(metric: Metric) -> tuple[str, float | None, dict[str, Any]]:
    """What most tests compare: status, value and details."""
    return metric.status, metric.value, dict(metric.detail)


def moments(metric: Metric) -> list[tuple[int, int, int, str, float | None]]:
    """The links of a metric as (turn, from ms, to ms, what, value)."""
    return [(one.seq, round(one.start_ms), round(one.end_ms), one.label, one.value) for one in metric.evidence]
