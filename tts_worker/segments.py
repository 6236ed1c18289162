"""Long text in pieces that are synthesized one at a time.

An engine works on one segment at a time and then lets the next connection have its turn, so a segment's
length bounds both how long others wait and how much sound lies in memory when a client reads slowly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SEGMENT_CHARS = 300
"""About 20 s of speech, which espeak-ng computes in 25 ms."""

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s++(?![a-z])|(?<=[。！？])")
_CLAUSE_END = re.compile(r"(?<=[,;:—–])\s+|(?<=[、，；：])")
_SPACE = re.compile(r"\s+")
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e)\.$")
_CLOSERS = "\"'”’)]»"

_PAUSES_MS = {
    ",": 150.0,
    ":": 150.0,
    "、": 150.0,
    "，": 150.0,
    ";": 225.0,
    "…": 225.0,
    "—": 150.0,
    "–": 150.0,
}
_PAUSES_MS |= dict.fromkeys(".!?。！？", 300.0)
_PAUSE_ELSE_MS = 60.0


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text. Only a word longer than the limit is cut in two; its parts are then timed as words."""

    text: str

    @property
    def pause_after_ms(self) -> float:
        """The silence due before whatever is said next, at normal speed (espeak-ng's own pauses)."""
        visible = self.text.rstrip().rstrip(_CLOSERS)
        return _PAUSES_MS.get(visible[-1], _PAUSE_ELSE_MS) if visible else 0.0


class Segmenter:
    """Cuts text that arrives piece by piece. Nothing is lost: the segments' texts joined are the text."""

    def __init__(self, limit: int = SEGMENT_CHARS) -> None:
        self._limit = limit
        self._rest = ""

    def feed(self, text: str, *, eager: bool = False) -> list[Segment]:
        """The segments that are complete now. ``eager`` cuts after every sentence (text that is still being
        written: the sooner the sound, the better), else only when the limit forces it."""
        self._rest += text
        segments: list[Segment] = []
        while True:
            at = self._sentence_end() if eager else 0
            if not at and len(self._rest) > self._limit:
                at = self._forced_cut()
            if not at:
                return segments
            segments.append(self._take(at))

    def finish(self) -> list[Segment]:
        """What is left."""
        return [self._take(len(self._rest))] if self._rest.strip() else []

    def _sentence_end(self) -> int:
        """Where the first sentence ends for certain, which is where something follows it."""
        return next((at for at in _sentence_ends(self._rest, self._limit) if at < len(self._rest)), 0)

    def _forced_cut(self) -> int:
        """The best place to cut within the limit: sentence, clause, space, anywhere."""
        rest, limit = self._rest, self._limit
        clauses, spaces = (
            [found.end() for found in pattern.finditer(rest, 0, limit) if rest[: found.start()].strip()]
            for pattern in (_CLAUSE_END, _SPACE)
        )
        return max(_sentence_ends(rest, limit) or clauses or spaces, default=limit)

    def _take(self, at: int) -> Segment:
        text, self._rest = self._rest[:at], self._rest[at:]
        return Segment(text)


def _sentence_ends(text: str, limit: int) -> list[int]:
    """The places within the limit at which a sentence and the space after it end."""
    found = _SENTENCE_END.finditer(text, 0, limit)
    return [one.end() for one in found if not _ABBREVIATION.search(text[: one.start()])]


def cut(text: str, limit: int = SEGMENT_CHARS) -> list[Segment]:
    """A whole text as segments; none if it has nothing visible."""
    segmenter = Segmenter(limit)
    return [*segmenter.feed(text), *segmenter.finish()]
