"""What every scripted avatar can say and understands, whatever its scenario: silence and goodbyes."""

from __future__ import annotations

from avatars.hearing import words_of
from avatars.matching import CueIndex

STILL_THERE = (
    "Hello? Are you still there?",
    "Can you hear me?",
    "I can't hear you right now.",
    "Take your time. I'm still here.",
    "Did I lose you?",
    "Is anyone on the line?",
)
GOODBYES = (
    "Goodbye.",
    "Bye now.",
    "That's it from my side.",
    "We're done here.",
    "I'll leave it at that.",
    "So long.",
    "Let's end it here.",
    "Until another time.",
    "I'm hanging up now.",
    "There's nothing more to say today.",
)
_FAREWELLS = CueIndex(
    (
        *("goodbye", "good bye", "bye bye", "bye for now", "talk to you later", "talk to you soon"),
        *("see you later", "see you tomorrow", "have a nice day", "have a great day", "have a good day"),
        *("have a good one", "lets stop here", "lets end it here", "lets wrap up", "thats all for today"),
        *("i have to go", "i need to go", "i gotta go", "i have to run", "im hanging up", "i am hanging up"),
    ),
    exact_below=7,
)


def says_goodbye(text: str) -> bool:
    """Whether somebody takes leave with the last words of this."""
    said = words_of(text)
    if said[-1:] == ["bye"]:
        return True
    return any(last >= len(said) - 4 for strength, last in _FAREWELLS.places(said).values() if strength >= 0.9)
