"""Cues are found in what somebody says, whatever somebody says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from avatars.matching import LONGEST_WORD, CueIndex, _forms
from avatars.script import script_of
from avatars.sheets import AvatarSheet, LineSheet, ScenarioSheet

MOST_FORMS = LONGEST_WORD * LONGEST_WORD
SHEET = ScenarioSheet(
    slug="s", title="S", avatar=AvatarSheet("a", "A", "P."), brief="-", lines=(LineSheet("I see."),)
)


@given(st.text(min_size=1, max_size=5000, alphabet="abcdefghijklmnopqrstuvwxyzé"))
def test_a_word_has_few_forms_however_long_it_is(word: str) -> None:
    """Else one typed word of thousands of letters holds up the event loop, and everybody on it."""
    assert len(_forms(word)) <= MOST_FORMS


def test_somebody_who_leans_on_a_key_is_answered() -> None:
    assert script_of(SHEET).say([("trainee", "x" * 4000)]) == "I see."


def test_a_very_long_word_is_found_as_it_stands() -> None:
    long = "donaudampfschifffahrtsgesellschaft"
    assert len(long) > LONGEST_WORD
    assert CueIndex([long]).hits(f"the {long} please") == {0: 1.0}
