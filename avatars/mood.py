"""How the avatar feels: a fold over what the trainee said, from the mood that the scene starts in.

The level runs on the scale of :data:`avatars.sheets.MOODS`: 0 is calm, 3 is angry. Rude words heat it up,
kind ones, apologies and offers cool it down, a scenario adds words of its own. Same words, same mood:
nothing is remembered, so it is the same after a reconnect and in another process.
"""

from __future__ import annotations

from functools import lru_cache

from avatars.hearing import NEGATIONS, words_of
from avatars.matching import MAX_WORDS, CueIndex
from avatars.sheets import MOODS, Mood, ScenarioSheet

TOP = float(len(MOODS) - 1)
HEATS, COOLS = 0.7, 0.35
"""Steps on the scale per rude and per kind thing that was said."""
MOST_UP, MOST_DOWN = 1.2, 0.6
"""No single turn moves the mood further than this."""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in text.split(","))


RUDE = _phrases(
    "shut up, stupid, idiot, moron, dumb, liar, lying, ridiculous, nonsense, pathetic, whatever, not my "
    "problem, not my fault, not my job, your own fault, your fault, you people, calm down, relax, deal "
    "with it, get over it, i dont care, nobody cares, who cares, stop whining, stop complaining, quit "
    "whining, waste of time, wasting my time, boring, get lost, go away, hate, useless, worthless, crazy, "
    "terrible, too bad, tough luck, shame on you, ignorant, incompetent, annoying, hell, damn, crap, "
    "bullshit, fuck, shit, none of your business, you are wrong, youre wrong, fool, clueless, garbage, "
    "lazy, loser, hurry up, are you deaf, stop bothering me, you dont understand"
)
KIND = _phrases(
    "sorry, apologize, apology, apologies, please, thank you, thanks, appreciate, i understand, "
    "understandable, i hear you, i get that, that makes sense, makes sense, you are right, youre right, "
    "absolutely right, frustrating, frustrated, i can imagine, i can see, that must, that sounds, let me "
    "help, happy to help, glad to help, i can help, help you, take care of, make it right, make this "
    "right, fix this, good question, great question, fair point, fair enough, good point, take your time, "
    "of course, my fault, our fault, our mistake, my mistake, i promise, great, wonderful, excellent, "
    "lovely, nice to meet you, pleasure, grateful, kind of you, tell me more, i would love, id love, no "
    "problem, dont worry, would it help, what would help, how can i help, walk me through, i want to "
    "understand"
)

_SURE = 0.7


def mood_at(level: float) -> Mood:
    """The mood's name at a level of 0 (calm) to 3 (angry)."""
    return MOODS[min(len(MOODS) - 1, max(0, round(level)))]


def level_of(mood: Mood) -> float:
    return float(MOODS.index(mood))


def clamp(level: float) -> float:
    return min(TOP, max(0.0, level))


def heat(sheet: ScenarioSheet, text: str) -> float:
    """How far one thing that the trainee said moves the mood: -0.6 .. 1.2."""
    # Only words and indexes are remembered between calls, never what somebody said.
    said = words_of(text)[-MAX_WORDS:]
    index, hot_cues = _index(sheet.hot_words, sheet.cool_words)
    longest: dict[int, tuple[int, bool]] = {}
    for cue, (strength, last) in index.places(said).items():
        length = index.length(cue)
        before = said[max(0, last - length - 1) : max(0, last - length + 1)]
        # each place once: "not my fault" is not also "my fault"
        if strength >= _SURE and length > longest.get(last, (0,))[0] and not NEGATIONS.intersection(before):
            longest[last] = (length, cue < hot_cues)
    hot = sum(is_hot for _, is_hot in longest.values())
    return max(-MOST_DOWN, min(MOST_UP, hot * HEATS - (len(longest) - hot) * COOLS))


@lru_cache(maxsize=64)
def _index(hot: tuple[str, ...], cool: tuple[str, ...]) -> tuple[CueIndex, int]:
    """All words that move this scenario's mood, and how many of them, from the front, heat."""
    return CueIndex((*RUDE, *hot, *KIND, *cool), exact_below=5), len(RUDE) + len(hot)


MOOD_WORDS: dict[Mood, tuple[str, ...]] = {
    "angry": _phrases("angry, angrier, furious, mad, rage, yell, shout, explode, lose your temper, hostile"),
    "tense": _phrases(
        "tense, annoyed, irritated, impatient, upset, nervous, suspicious, skeptical, stressed, harder"
    ),
    "neutral": _phrases("neutral, businesslike, matter of fact, polite, professional"),
    "calm": _phrases(
        "calm, calmer, friendly, friendlier, relaxed, happy, satisfied, kind, warm, cheerful, pleased, easier, "
        "softer, nicer"
    ),
}
_DIRECTED = [(mood, word) for mood, words in MOOD_WORDS.items() for word in words]
_DIRECTION_INDEX = CueIndex([word for _, word in _DIRECTED], exact_below=99)


def directed_mood(direction: str) -> Mood | None:
    """The mood that a coach's direction asks for ("now the customer is angry"), if it names one. Of
    several, the last; a negated one ("not so angry any more") turns the heat down by a step."""
    said = words_of(direction)
    found = [(last, cue) for cue, (_, last) in _DIRECTION_INDEX.places(said).items()]
    if not found:
        return None
    last, cue = max(found)
    mood = _DIRECTED[cue][0]
    negated = {"not", "no", "less", "never", "isnt", "stop"}.intersection(said[max(0, last - 3) : last])
    if not negated:
        return mood
    return "tense" if mood == "calm" else MOODS[MOODS.index(mood) - 1]
