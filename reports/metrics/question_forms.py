"""Finding questions in what was said, with or without punctuation.

Where the recognizer writes sentence marks they are believed: a question ends with "?". Where it writes none
(English only) a question is found by its form: verb and subject turned around ("do you...", "is the..."),
with a question word before them or not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from reports.metrics.lexicon import plain
from reports.metrics.timeline import Spoken, is_word

Form = Literal["open", "closed"]

CLAUSE_PAUSE_MS = 500.0
"""A pause this long ends a clause where no comma does."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPENERS = _words("what how why what's how's why's")
QUESTION_WORDS = OPENERS | _words("who whom whose when where which who's when's where's")

FACT_AFTER = {
    "how": _words("many much long often old far big soon late tall fast about"),
    "what": _words("time date day year number model size color colour"),
}
"""After "how" or "what", a word that makes the question one with a short answer."""

HAPPENINGS = _words(
    "happened happens went goes made makes brought brings caused causes told said seems else about"
)
"""What can follow "what" or "who" as the verb of a question that turns nothing around."""

AUXILIARIES = _words(
    "do does did can could will would shall should may might must am is are was were has have had"
    " don't doesn't didn't can't couldn't won't wouldn't shouldn't isn't aren't wasn't weren't"
    " hasn't haven't hadn't"
)
PEOPLE = _words("i you he she we they anyone anybody someone somebody everyone everybody")
SUBJECTS = PEOPLE | _words("it there this that these those the a an my your his her its our their any")

NOT_AT_THE_START = {"do": PEOPLE, "have": PEOPLE, "should": PEOPLE - {"you"}}
"""Auxiliaries that also begin an order or a condition ("do it", "have a seat", "should you need me"): only
these subjects make a question of them."""

INVERTED_ANYWHERE = _words("can could would will do did are have were may shall should")
NOT_BEFORE_INVERSION = PEOPLE | QUESTION_WORDS | _words("to not as than nor neither")

LEAD_INS = _words(
    "and but so then now well okay ok oh ah um uh er hm hmm yes yeah no right sure please sorry actually"
    " also just hi hello hey thanks great for at in on with to from about by"
)
"""Words before the first that counts: "so, um, at what time" begins with "what"."""

INVITATIONS = _words("tell describe explain walk share talk show elaborate")
"""After "can you", "could you"...: asked as yes or no, meant as an open question."""

_SENTENCE_END = re.compile(r"([.?!…]+)[\"'”’)\]]*$")
_CLAUSE_END = re.compile(r"[,;:–—]$|^[-–—]$")
_CLAUSE_STARTS = _words("and but so then")


@dataclass(frozen=True, slots=True)
class Question:
    """``first``..``last`` are its words by index; ``form`` is None where the language's forms are unknown."""

    first: int
    last: int
    form: Form | None


def questions_in(turn: Spoken, *, language: str) -> list[Question]:
    """The questions of one turn, in order."""
    tokens = tokens_of(turn)
    found: list[Question] = []
    first = 0
    for index, token in enumerate(tokens):
        mark = _SENTENCE_END.search(token)
        if mark is None:
            continue
        if "?" in mark[1]:
            form = form_of(tokens[first : index + 1]) if language == "en" else None
            found.append(Question(first, index, form))
        first = index + 1
    if first < len(tokens) and language == "en":
        found += _unmarked(tokens, first, _pauses(turn, len(tokens)))
    return found


def tokens_of(turn: Spoken) -> list[str]:
    """The turn's words with the marks that follow them; from the word timings where it has no text."""
    tokens: list[str] = []
    for token in turn.text.split() or [one.text for one in turn.words]:
        if is_word(token):
            tokens.append(token)
        elif tokens and not any(one.isalnum() for one in token):
            tokens[-1] += token
    return tokens


def has_marks(turn: Spoken) -> bool:
    """Whether sentence marks are written in this turn."""
    return any(_SENTENCE_END.search(one) for one in tokens_of(turn))


def form_of(sentence: Sequence[str]) -> Form:
    """Open or closed, of a sentence that is known to be a question: by the first clause that has the form of
    one; by a question word that is followed by a turned-around verb; else closed ("It still rings?")."""
    for clause in _split(sentence, [index for index, one in enumerate(sentence) if _CLAUSE_END.search(one)]):
        words = [plain(sentence[index]) for index in clause]
        words = words[_after_lead_ins(words) :]
        if words and (words[0] in QUESTION_WORDS or _inverts(words, 0)):
            return _form_from(words)
    words = [plain(one) for one in sentence]
    for index, word in enumerate(words):
        if word in QUESTION_WORDS and _asks(words, index):
            return _form_from(words[index:])
    return "closed"


def _unmarked(tokens: Sequence[str], first: int, pauses: Sequence[int]) -> list[Question]:
    """Questions by their form alone, among the tokens from ``first``."""
    rest = tokens[first:]
    ends = {index for index, one in enumerate(rest) if _CLAUSE_END.search(one)}
    ends |= {one - first for one in pauses if one >= first}
    ends |= {index - 1 for index, one in enumerate(rest) if index and plain(one) in _CLAUSE_STARTS}
    found: list[Question] = []
    for clause in _split(rest, sorted(ends)):
        words = [plain(rest[index]) for index in clause]
        for start, after in pairwise([*_question_starts(words), len(words)]):
            form = _form_from(words[start:after])
            found.append(Question(first + clause[start], first + clause[after - 1], form))
    return found


def _question_starts(words: Sequence[str]) -> list[int]:
    """Where questions begin in a clause without marks."""
    starts: list[int] = []
    lead = _after_lead_ins(words)
    index = lead
    while index < len(words):
        begins = (
            _asks(words, index) or (index == lead and _inverts(words, index)) or _inverts_inside(words, index)
        )
        if begins:
            starts.append(index)
            # On past its own verb and subject, which would look like the next question.
            index += _own_verb(words, index) + 2
        else:
            index += 1
    return starts


def _asks(words: Sequence[str], index: int) -> bool:
    """A question word, then within four words a verb before any subject: "what kind of phone do you have",
    but not "what I can do". At the head of a clause its verb needs no turning: "what happened"."""
    if words[index] not in QUESTION_WORDS:
        return False
    at_head = index == _after_lead_ins(words)
    if at_head and (words[index].endswith("'s") or HAPPENINGS & set(words[index + 1 : index + 2])):
        return True
    verb = _verb_after(words, index)
    if verb is None or index + verb + 1 >= len(words) or SUBJECTS & set(words[index + 1 : index + verb]):
        return False
    return at_head or words[index + verb + 1] in SUBJECTS


def _verb_after(words: Sequence[str], index: int) -> int | None:
    """How many words on the first auxiliary stands, up to five."""
    return next((k for k, one in enumerate(words[index + 1 : index + 6], start=1) if one in AUXILIARIES), None)


def _own_verb(words: Sequence[str], index: int) -> int:
    """How many words on the verb of the question stands that begins here."""
    stands_alone = words[index].endswith("'s") or HAPPENINGS & set(words[index + 1 : index + 2])
    if words[index] not in QUESTION_WORDS or stands_alone:
        return 0
    return _verb_after(words, index) or 0


def _inverts(words: Sequence[str], index: int) -> bool:
    """An auxiliary, then a subject."""
    if index + 1 >= len(words) or words[index] not in AUXILIARIES:
        return False
    return words[index + 1] in NOT_AT_THE_START.get(words[index], SUBJECTS)


def _inverts_inside(words: Sequence[str], index: int) -> bool:
    """In the middle of a clause: "I understand can you tell me...", not "what I did you know"."""
    if index == 0 or index + 1 >= len(words) or words[index] not in INVERTED_ANYWHERE:
        return False
    if words[index + 1] not in ("you", "we", "i") or words[index - 1] in NOT_BEFORE_INVERSION:
        return False
    return words[index] == "do" or words[index + 2 : index + 3] != ["know"]


def _form_from(words: Sequence[str]) -> Form:
    """Open: what, how and why, unless they ask for a fact, and invitations ("could you tell me about...")."""
    word, following = words[0], words[1:2]
    if word in OPENERS:
        return "closed" if following and following[0] in FACT_AFTER.get(word, ()) else "open"
    if word in AUXILIARIES and words[1:2] == ["you"] and INVITATIONS & set(words[2:4]):
        return "open"
    return "closed"


def _after_lead_ins(words: Sequence[str]) -> int:
    return next((index for index, one in enumerate(words) if one not in LEAD_INS), len(words))


def _split(tokens: Sequence[str], ends: Sequence[int]) -> list[range]:
    """Runs of token indexes, each up to and with one of ``ends``."""
    runs, first = [], 0
    for end in [*ends, len(tokens) - 1]:
        if end >= first:
            runs.append(range(first, end + 1))
            first = end + 1
    return runs


def _pauses(turn: Spoken, count: int) -> list[int]:
    """Indexes of the words after which there is a pause; none where words and text do not match."""
    if turn.estimated or len(turn.words) != count:
        return []
    return [
        index
        for index in range(count - 1)
        if turn.words[index + 1].start_ms - turn.words[index].end_ms >= CLAUSE_PAUSE_MS
    ]
