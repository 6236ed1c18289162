"""What the trainee asked."""

from __future__ import annotations

from reports.metrics.question_forms import Question, has_marks, questions_in
from reports.metrics.result import Evidence, Measured, NotEnough, Outcome, Unmeasured
from reports.metrics.timeline import Spoken, Timeline

MIN_MINUTES = 1.0


def questions(line: Timeline) -> Outcome:
    """The questions the trainee asked aloud, open and closed.

    Formula: count of questions in spoken turns; `per_minute` = count / minutes of conversation, from the
    first sound of either to the last.
    Unit: count.
    Enough: one spoken turn; `per_minute` from one minute of conversation.
    Rules: where the recognizer writes sentence marks, a question ends with "?"; where it writes none (English
    only) a question is found by its form ("do you...", "what is..."). Other languages without marks: "not
    measurable in this language". Open: what, how and why, unless they ask for a fact ("how many", "what
    time"), and invitations ("could you tell me about..."); all others are closed. Open and closed are told
    apart in English only. Typed questions are counted apart (`typed`).
    Source: Gong: reported, not judged.
    """
    if not line.speech:
        return NotEnough("the trainee was not heard", {"typed": _count(line.typed, line.language)})
    if line.language != "en" and not any(has_marks(one) for one in line.speech):
        return Unmeasured("language")
    found = [(turn, one) for turn in line.speech for one in questions_in(turn, language=line.language)]
    minutes = _minutes(line)
    known = line.language == "en"
    return Measured(
        value=len(found),
        detail={
            "open": sum(one.form == "open" for _, one in found) if known else None,
            "closed": sum(one.form == "closed" for _, one in found) if known else None,
            "per_minute": len(found) / minutes if minutes >= MIN_MINUTES else None,
            "typed": _count(line.typed, line.language),
        },
        evidence=tuple(_evidence(turn, one) for turn, one in found),
    )


def _count(turns: tuple[Spoken, ...], language: str) -> int:
    return sum(len(questions_in(one, language=language)) for one in turns)


def _minutes(line: Timeline) -> float:
    sounds = (*line.speech, *line.played)
    return (max(one.end_ms for one in sounds) - min(one.start_ms for one in sounds)) / 60_000.0


def _evidence(turn: Spoken, question: Question) -> Evidence:
    """The question's own words, or the whole turn where words and text do not match."""
    label = question.form or "question"
    if question.last >= len(turn.words):
        return Evidence(turn.seq, turn.start_ms, turn.end_ms, label)
    first, last = turn.words[question.first], turn.words[question.last]
    return Evidence(turn.seq, first.start_ms, max(first.end_ms, last.end_ms), label)
