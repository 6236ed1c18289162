"""Deltas become phrases that can be spoken, and nothing of the text is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.phrases import LONGEST_PHRASE, PhraseCutter


def cut(text: str, size: int = 3) -> list[str]:
    cutter = PhraseCutter()
    phrases = [one for at in range(0, len(text), size) for one in cutter.push(text[at : at + size])]
    return phrases + cutter.finish()


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Sure, I can do that. Then we go on.", ["Sure, I can do that.", " Then we go on."]),
        ("Well, let me see about that, and then more.", ["Well, let me see about that,", " and then more."]),
        ("Dr. Miller is in. Ask him.", ["Dr. Miller is in.", " Ask him."]),
        ("It costs 3.50 today. Fine.", ["It costs 3.50 today.", " Fine."]),
        ("Really?! Yes.", ["Really?!", " Yes."]),
        ('He said "No." Then he left.', ['He said "No."', " Then he left."]),
        ("No. I won't.", ["No.", " I won't."]),
        ("e.g. this one. Right.", ["e.g. this one.", " Right."]),
        ("no end", ["no end"]),
        ("   ", []),
        ("", []),
    ],
)
def test_it_cuts_where_a_voice_would_pause(text: str, phrases: list[str]) -> None:
    assert cut(text) == phrases


def test_a_text_without_punctuation_is_cut_at_a_space() -> None:
    phrases = cut("word " * 120)
    assert all(len(one) <= LONGEST_PHRASE for one in phrases)
    assert all(set(one.split()) <= {"word"} for one in phrases)


def test_the_first_phrase_is_out_before_the_second_is_known() -> None:
    cutter = PhraseCutter()
    tokens = ("Sure", ",", " I", " can", " do", " that", ".")
    assert [cutter.push(token) for token in tokens] == [[], [], [], [], [], [], ["Sure, I can do that."]]


@given(st.text(alphabet="ab .,!?3\n\"'", max_size=600), st.integers(1, 30))
def test_all_phrases_together_are_the_text(text: str, size: int) -> None:
    assert "".join(cut(text, size)).rstrip() == text.rstrip()
