"""What only says "go on" is told from what takes the floor."""

from __future__ import annotations

import pytest

from voice.backchannel import is_backchannel, is_echo, takes_the_floor

PLAYING = "I would like to have my money back, and I would like it today."


@pytest.mark.parametrize("text", ["mm-hm", "Yeah.", "uh-huh", "I see", "yeah, got it", "Right, of course."])
def test_listening_noises_are_backchannels(text: str) -> None:
    assert is_backchannel(text)
    assert not takes_the_floor(text, playing="", language="en")


@pytest.mark.parametrize("text", ["no", "wait", "I", "see you", "yeah but no", "go", "what course"])
def test_words_that_mean_something_are_not(text: str) -> None:
    assert not is_backchannel(text)
    assert takes_the_floor(text, playing=PLAYING, language="en")


def test_nothing_is_neither_a_backchannel_nor_a_turn() -> None:
    assert not is_backchannel("")
    assert not takes_the_floor(" ... ", playing="", language="en")


def test_languages_have_their_own() -> None:
    assert is_backchannel("ja genau", "de-AT")
    assert not is_backchannel("ja genau", "en")
    assert not is_backchannel("mm", "xx"), "an unknown language has none"


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("would like my money back", True),
        ("I could like to have my money", True),
        ("back", False),
        ("my dog ate it", False),
        ("", False),
    ],
)
def test_an_echo_is_most_of_its_words_in_the_order_in_which_they_are_played(text: str, echo: bool) -> None:
    assert is_echo(text, PLAYING) is echo


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("what can i do", False),
        ("my money back no wait listen", False),
        ("have my money back today", True),
        ("would like what", False),
    ],
    ids=["single words in common", "words of one's own after it", "a gap", "half of it"],
)
def test_an_echo_is_runs_of_words_and_nothing_of_ones_own_after_them(text: str, echo: bool) -> None:
    assert is_echo(text, f"I want to know what you can do about that. {PLAYING}") is echo
