"""What was said, turn by turn, with what the report found in it marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from memory.records import TurnRecord, without_said_again
from reports.metrics.lexicon import sound
from reports.numbers import clock


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a row of one kind: ``plain`` or ``filler``."""

    text: str
    kind: str = "plain"


@dataclass(frozen=True, slots=True)
class Line:
    """A turn. ``notes`` say what cannot be seen from its words."""

    seq: int
    speaker: str
    name: str
    time: str
    pieces: tuple[Piece, ...]
    unheard: str
    notes: tuple[str, ...]
    quiet: bool
    """It did not take the floor: a sign of listening, a coach's word."""

    @property
    def readable(self) -> bool:
        """False once its key is gone."""
        return bool(self.pieces or self.unheard)


def lines_of(
    turns: Iterable[TurnRecord], metrics: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> list[Line]:
    """Without a report (``metrics`` empty) nothing is marked, and everything can be read."""
    fillers, took_floor = _labels(metrics, "filled_pauses"), _labels(metrics, "interruptions")
    return [
        Line(
            seq=turn.seq,
            speaker=turn.speaker,
            name=names.get(turn.speaker, turn.speaker),
            time=clock(turn.started_ms),
            pieces=tuple(marked(turn.text, fillers.get(turn.seq, set()))),
            unheard=turn.unheard_text.strip(),
            notes=tuple(_notes(turn, took_floor.get(turn.seq, set()))),
            quiet=turn.kind == "backchannel" or turn.speaker == "coach",
        )
        for turn in without_said_again(turns)
    ]


def marked(text: str, fillers: set[str]) -> list[Piece]:
    """The text in pieces, fillers apart. They are known by their sound in this turn, which is how they were
    counted: words and their times may be the recognizer's, the text has its sentence marks."""
    pieces: list[Piece] = []
    for token in text.split():
        kind = "filler" if sound(token) in fillers else "plain"
        if pieces and pieces[-1].kind == kind == "plain":
            pieces[-1] = Piece(f"{pieces[-1].text} {token}")
        else:
            pieces.append(Piece(token, kind))
    return pieces


def _labels(metrics: Mapping[str, Mapping[str, Any]], name: str) -> dict[int, set[str]]:
    """By turn, what the metric found there."""
    found: dict[int, set[str]] = {}
    for one in metrics.get(name, {}).get("evidence", ()):
        found.setdefault(one["seq"], set()).add(one["label"])
    return found


def _notes(turn: TurnRecord, floor: set[str]) -> list[str]:
    kinds = {
        "typed": _("typed"),
        "backchannel": _("sign of listening"),
        "silence": _("after a silence"),
        "direction": _("direction"),
        "tip": _("tip"),
    }
    notes = [kinds[turn.kind]] if turn.kind in kinds else []
    if "interruption" in floor:
        notes.append(_("took the floor"))
    if "avatar_cut_in" in floor:
        notes.append(_("cut in"))
    if turn.speaker == "avatar" and turn.interrupted:
        notes.append(_("was interrupted"))
    return notes
