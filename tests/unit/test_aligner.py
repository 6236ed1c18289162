"""From an engine's marks to whitespace words, by hand and for any marks at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_worker.aligner import Aligner, Mark, TimedWord

pytestmark = pytest.mark.unit


def align(text: str, *marks: tuple[int, float], end_ms: float, start_ms: float = 0.0) -> list[TimedWord]:
    aligner = Aligner(text, start_ms)
    timed = [word for position, at_ms in marks for word in aligner.mark(Mark(position, at_ms))]
    return timed + aligner.finish(end_ms)


def test_it_ends_a_word_where_the_next_one_starts_and_the_last_with_its_sound() -> None:
    assert align("Hello there", (0, 0), (6, 305), end_ms=700) == [("Hello", 0, 305), ("there", 305, 700)]


def test_it_takes_the_first_of_several_marks_in_a_number() -> None:
    # espeak-ng: the currency sign, 499, 99, 99
    marks = [(0, 0.0), (1, 328.0), (2, 1000.0), (2, 1337.0), (5, 1613.0)]
    assert align("£499 for", *marks, end_ms=1900) == [("£499", 0, 1613), ("for", 1613, 1900)]


def test_it_takes_a_mark_inside_a_contraction_as_its_start() -> None:
    assert align("It's so", (0, 10), (5, 220), end_ms=500) == [("It's", 10, 220), ("so", 220, 500)]


def test_it_shares_the_time_of_merged_words_by_their_letters() -> None:
    # one mark for "of the": 2 + 3 letters in 250 ms
    timed = align("sort of the best", (0, 0), (5, 300), (12, 550), end_ms=900)
    assert timed == [("sort", 0, 300), ("of", 300, 400), ("the", 400, 550), ("best", 550, 900)]


def test_it_gives_no_time_to_a_word_without_letters() -> None:
    timed = align("— yes — no", (2, 20), (8, 620), end_ms=900)
    assert timed == [("—", 0, 20), ("yes", 20, 620), ("—", 620, 620), ("no", 620, 900)]


def test_it_ignores_a_mark_between_words_and_one_that_goes_back() -> None:
    # an emoji is spoken in several words, whose marks lie on the space after it
    assert align("🙂 ok", (0, 0), (1, 400), (0, 500), (2, 1110), end_ms=1500) == [
        ("🙂", 0, 1110),
        ("ok", 1110, 1500),
    ]


def test_it_gives_a_text_without_any_mark_all_of_its_time() -> None:
    assert align("one three", end_ms=800) == [("one", 0, 300), ("three", 300, 800)]


def test_it_counts_on_from_where_the_sound_begins() -> None:
    assert align("a b", (0, 1000), (2, 1200), end_ms=1500, start_ms=1000) == [
        ("a", 1000, 1200),
        ("b", 1200, 1500),
    ]


def test_it_gives_nothing_for_an_empty_text() -> None:
    assert align(" \n ", (0, 5), (2, 7), end_ms=100) == []


def test_it_lets_a_word_out_as_soon_as_its_end_is_known() -> None:
    aligner = Aligner("one two")
    assert aligner.mark(Mark(0, 0.0)) == []
    assert aligner.mark(Mark(4, 300.0)) == [("one", 0.0, 300.0)]
    assert aligner.finish(650.0) == [("two", 300.0, 650.0)]


@given(
    text=st.text(max_size=60),
    marks=st.lists(st.tuples(st.integers(-3, 70), st.floats(-50, 5000)), max_size=30),
    end_ms=st.floats(0, 6000),
)
def test_it_gives_every_word_once_in_order_without_overlap_whatever_the_marks(
    text: str, marks: list[tuple[int, float]], end_ms: float
) -> None:
    timed = align(text, *marks, end_ms=end_ms)
    assert [word for word, _, _ in timed] == text.split()
    assert all(start <= end for _, start, end in timed)
    assert all(left[2] <= right[1] for left, right in pairwise(timed))
