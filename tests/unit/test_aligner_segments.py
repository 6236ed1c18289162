"""Where long and growing text is cut, and what silence follows each piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_worker.segments import Segment, Segmenter, cut

pytestmark = pytest.mark.unit


def texts(segments: list[Segment]) -> list[str]:
    return [one.text for one in segments]


def test_it_leaves_a_short_text_whole() -> None:
    assert texts(cut("Good day. How are you? Well...")) == ["Good day. How are you? Well..."]


@pytest.mark.parametrize("text", ["", "  \n\t "])
def test_it_finds_nothing_to_speak_in_blanks(text: str) -> None:
    assert cut(text) == []


def test_it_cuts_a_long_text_after_a_sentence_but_not_after_a_title() -> None:
    assert texts(cut("I know. Ask Dr. Brown first, please.", limit=18)) == [
        "I know. ",
        "Ask Dr. Brown ",
        "first, please.",
    ]


def test_it_prefers_a_clause_to_a_space_and_a_space_to_the_middle_of_a_word() -> None:
    assert texts(cut("well, yes and no", limit=12)) == ["well, ", "yes and no"]
    assert texts(cut("one two three four", limit=10)) == ["one two ", "three four"]
    assert texts(cut("abcdefghijkl", limit=5)) == ["abcde", "fghij", "kl"]


def test_it_speaks_growing_text_sentence_by_sentence() -> None:
    segmenter = Segmenter()
    assert texts(segmenter.feed("Hel", eager=True)) == []
    assert texts(segmenter.feed('lo Mr. Smith." ', eager=True)) == []
    assert texts(segmenter.feed("And you? I", eager=True)) == ['Hello Mr. Smith." ', "And you? "]
    assert texts(segmenter.finish()) == ["I"]


def test_it_cuts_scripts_without_spaces_after_their_full_stop() -> None:
    assert texts(Segmenter().feed("你好。很高兴", eager=True)) == ["你好。"]


@given(text=st.text(max_size=200), limit=st.integers(1, 40), eager=st.booleans(), step=st.integers(1, 50))
def test_it_loses_nothing_and_keeps_to_the_limit(text: str, limit: int, eager: bool, step: int) -> None:
    segmenter = Segmenter(limit)
    found = [s for at in range(0, len(text), step) for s in segmenter.feed(text[at : at + step], eager=eager)]
    found += segmenter.finish()
    assert "".join(texts(found)).rstrip() == text.rstrip()
    assert all(0 < len(one.text) <= limit for one in found)


@pytest.mark.parametrize(
    ("text", "pause_ms"),
    [
        ("Yes.", 300),
        ('"Yes?" ', 300),
        ("Well, ", 150),
        ("so;", 225),
        ("and then", 60),
        ("wait…", 225),
        (" ", 0),
    ],
)
def test_it_pauses_after_a_piece_as_its_end_asks(text: str, pause_ms: float) -> None:
    assert Segment(text).pause_after_ms == pause_ms
