"""The mood of a conversation that goes on is that of its whole history."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from avatars.demo import SHEETS
from avatars.feeling import Feeling
from avatars.prompts import Direction
from avatars.script import Spoken, mood_of
from avatars.sheets import ScenarioSheet
from tests.rehearsals import KIND, RUDE

SAID = [*(sentence for one in (*KIND.values(), *RUDE.values()) for sentence in one)]
LINES = [line.text for sheet in SHEETS for line in sheet.lines]
turns = st.tuples(st.just("trainee"), st.sampled_from(SAID)) | st.tuples(
    st.just("avatar"), st.sampled_from(LINES)
)


@settings(max_examples=60, deadline=None)
@given(
    sheet=st.sampled_from(SHEETS),
    history=st.lists(turns, max_size=16),
    lengths=st.lists(st.integers(0, 16), max_size=8),
    heard=st.integers(1, 12),
    directions=st.lists(
        st.builds(Direction, st.sampled_from(["be angry", "calm down", "wait"]), st.none() | st.integers(0, 6)),
        max_size=3,
    ),
)
def test_it_is_the_mood_of_the_whole_history_whatever_was_read_before(
    sheet: ScenarioSheet, history: list[Spoken], lengths: list[int], heard: int, directions: list[Direction]
) -> None:
    """More turns, fewer, a last one of which only the beginning was heard yet, an earlier one that changes."""
    feeling = Feeling(sheet, directions)
    for length in (*sorted(lengths), *lengths):
        read = history[:length]
        begun = [(who, " ".join(text.split()[:heard])) for who, text in read[-1:]]
        changed = [(who, " ".join(text.split()[:heard])) for who, text in read]
        for one in (read[:-1] + begun, read, changed):
            assert feeling.after(one) == mood_of(sheet, one, directions)
