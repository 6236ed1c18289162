"""The scripted avatar: what it says follows from the sheet and from what was said so far."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_ai import Agent

from avatars.demo import SHEETS
from avatars.mood import MOODS, directed_mood, heat, level_of
from avatars.prompts import Direction, render_system_prompt, stage_note
from avatars.script import Spoken, is_closing, mood_of, script_of, spoken_form
from avatars.scripted import ScriptedModel
from avatars.sheets import AvatarSheet, CriterionSheet, LineSheet, ScenarioSheet
from avatars.stock import GOODBYES, STILL_THERE
from tests.recognizer import garbled
from tests.rehearsals import KIND, RUDE, STRAYING

pytestmark = pytest.mark.unit
BY_SLUG = {sheet.slug: sheet for sheet in SHEETS}
slugs = pytest.mark.parametrize("slug", list(BY_SLUG))
seeds = pytest.mark.parametrize("seed", range(5))

SMALL = ScenarioSheet(
    slug="small",
    title="A small scene",
    avatar=AvatarSheet("bo", "Bo", "A neighbor."),
    brief="Talk to Bo.",
    opening_line="Hey there, neighbor.",
    lines=(
        LineSheet("The fence is mine.", cues=("fence",)),
        LineSheet("The fence was never yours.", cues=("fence",)),
        LineSheet("Don't touch the tree!", cues=("tree",), moods=("tense", "angry")),
        LineSheet("The tree is old.", cues=("tree",)),
        LineSheet("What else?"),
        LineSheet("Anything new?"),
        LineSheet("Are you asleep?", kind="silence"),
        LineSheet("Let's have a coffee.", kind="closing_good"),
        LineSheet("I'll call my lawyer.", kind="closing_bad"),
    ),
    criteria=(CriterionSheet("sorry", "Apologized", "Did the trainee apologize?", 1.0, ("i'm sorry",)),),
)


def played(sheet: ScenarioSheet, trainee: tuple[str, ...], *, seed: int) -> list[Spoken]:
    """The conversation up to the line that closes the scene."""
    history: list[Spoken] = [("avatar", script_of(sheet).say((), "opening"))]
    for sentence in trainee:
        history.append(("trainee", garbled(sentence, seed)))
        history.append(("avatar", script_of(sheet).say(history)))
        if is_closing(sheet, history[-1][1]):
            break
    return history


# -- whole rehearsals ------------------------------------------------------------------------------------------


@slugs
@seeds
@pytest.mark.parametrize("trainee", [KIND, RUDE, STRAYING], ids=["kind", "rude", "straying"])
def test_a_ten_turn_conversation_repeats_nothing_and_closes_the_scene(
    slug: str, seed: int, trainee: dict[str, tuple[str, ...]]
) -> None:
    assert len(trainee[slug]) == 10
    lines = [text for speaker, text in played(BY_SLUG[slug], trainee[slug], seed=seed) if speaker == "avatar"]
    assert len({spoken_form(line) for line in lines}) == len(lines)
    assert [is_closing(BY_SLUG[slug], line) for line in lines] == [False] * (len(lines) - 1) + [True]


@slugs
@seeds
def test_the_mood_ends_as_the_trainee_talked(slug: str, seed: int) -> None:
    sheet = BY_SLUG[slug]
    kind, straying, rude = (
        script_of(sheet).scene(played(sheet, trainee[slug], seed=seed)) for trainee in (KIND, STRAYING, RUDE)
    )
    assert (kind.mood, kind.ended) == ("calm", "good")
    assert (rude.mood, rude.ended) == ("angry", "bad")
    assert kind.level < straying.level < rude.level


@slugs
def test_a_rude_trainee_is_not_heard_for_ten_turns(slug: str) -> None:
    sheet = BY_SLUG[slug]
    assert len(played(sheet, RUDE[slug], seed=0)) < len(played(sheet, STRAYING[slug], seed=0))


@slugs
def test_going_on_after_the_end_still_repeats_nothing(slug: str) -> None:
    sheet = BY_SLUG[slug]
    history: list[Spoken] = []
    for sentence in RUDE[slug]:
        history += [("trainee", sentence)]
        history += [("avatar", script_of(sheet).say(history))]
    lines = [text for speaker, text in history if speaker == "avatar"]
    assert len(set(lines)) == 10
    closing = [is_closing(sheet, line) for line in lines]
    assert closing == sorted(closing)


# -- the line that fits ----------------------------------------------------------------------------------------

FITTING = {
    "angry-customer": [
        ("Did you drop the phone?", "Hold on. Are you saying this is my fault?"),
        ("Have you tried to restart it?", "Of course I tried that."),
        ("I can offer you a full refund.", "The money? The money doesn't help me."),
        ("We can send you a replacement.", "A new one. Good."),
        ("Could you tell me the order number?", "Again? Four, four, seven"),
        ("I have to put you on hold for a moment.", "No. Don't put me on hold."),
        ("Our policy does not allow that.", "Policy. I don't want to hear"),
        ("How does that affect you?", "Look. It's the only number"),
        ("I can lend you a loaner phone by courier.", "Wait. You can do that?"),
        ("I will get my supervisor.", "Then get me your manager."),
        ("Would you like a voucher for that?", "A voucher? What am I supposed"),
    ],
    "discovery-call": [
        ("How do you plan the routes today?", "Mostly by hand."),
        ("What is your biggest challenge?", "Where do I start?"),
        ("Our software has many great features.", "Let me stop you there."),
        ("How many technicians have quit?", "Eleven have quit this year."),
        ("Have you tried other software in the past?", "We tried something."),
        ("Is there a budget for that?", "Budget depends."),
        ("Who else is involved in that decision?", "I decide. In theory."),
        ("What does success look like to you?", "Success would be dull mornings."),
        ("Are you talking to other vendors?", "I've talked to two others."),
        ("How much training do your dispatchers need?", "That's where the last one fell apart."),
    ],
    "job-interview": [
        ("My greatest strength is that I'm organized.", "Okay. Those are adjectives."),
        ("My weakness is public speaking.", "Hm. I hear that one a lot."),
        ("We missed a deadline, and that was my mistake.", "All right. What was your own part"),
        ("I had a conflict with a coworker.", "What would the other person say"),
        ("What is the salary?", "We'll get to that with the people team."),
        ("I handle stress and pressure well.", "Monday morning, eight people"),
        ("Where I see myself in five years? I want a promotion.", "And if that takes longer"),
        ("Can I ask what the culture is like?", "Good question. The first ninety days"),
        ("I know Excel and Python.", "Tools can be learned."),
        ("We increased sales by twenty percent.", "Nice result."),
    ],
    "lumina": [
        ("Who are you, a robot?", "I'm Lumina, and I'm software."),
        ("I have trouble at work, the project is late.", "Work, then."),
        ("I'm so tired, I can't sleep.", "You sound like you carry a lot."),
        ("My mother and my sister came to visit.", "Family. It's never"),
        ("I feel sad and lonely.", "I'm sorry. That sounds heavy."),
        ("I'm nervous and scared about it.", "That's a real fear."),
        ("Tell me a joke.", "I'll try. I told my calendar"),
        ("I have to give a presentation to an audience.", "Exciting. If they remember"),
        ("I can't decide between the two options.", "Two roads, then."),
        ("What would you recommend, any advice?", "I could give you advice."),
        ("It's raining again, what weather!", "I don't get wet in here."),
    ],
}


def choice(slug: str, sentence: str) -> str:
    return script_of(BY_SLUG[slug]).say([("trainee", sentence)])


@pytest.mark.parametrize(
    ("slug", "sentence", "line"), [(slug, *pair) for slug, pairs in FITTING.items() for pair in pairs]
)
def test_it_answers_what_was_said(slug: str, sentence: str, line: str) -> None:
    assert choice(slug, sentence).startswith(line)


@slugs
def test_it_answers_what_was_meant_when_a_fifth_of_the_words_is_garbled(slug: str) -> None:
    heard = [
        choice(slug, garbled(sentence, seed)).startswith(line)
        for sentence, line in FITTING[slug]
        for seed in range(10)
    ]
    # In these short sentences the one garbled word is often the only one that carries the topic.
    assert sum(heard) / len(heard) >= 0.8


def test_a_mood_decides_which_line_of_a_topic_is_said() -> None:
    assert choice_in(SMALL, "What about the tree?") == "The tree is old."
    assert choice_in(SMALL, "Shut up, you idiot. The tree is stupid.") == "Don't touch the tree!"


def test_lines_of_a_topic_come_in_their_order_and_then_others() -> None:
    history: list[Spoken] = []
    said = []
    for _ in range(5):
        history.append(("trainee", "It is about the fence."))
        said.append(script_of(SMALL).say(history))
        history.append(("avatar", said[-1]))
    assert said == [
        "The fence is mine.",
        "The fence was never yours.",
        "What else?",
        "Anything new?",
        "Let's have a coffee.",
    ]


def choice_in(sheet: ScenarioSheet, sentence: str) -> str:
    return script_of(sheet).say([("trainee", sentence)])


# -- interruptions ---------------------------------------------------------------------------------------------


def test_a_line_of_which_only_the_beginning_was_heard_is_not_said_again() -> None:
    history: list[Spoken] = [
        ("trainee", "The fence?"),
        ("avatar", "The fence is"),
        ("trainee", "No, wait. The fence."),
    ]
    assert script_of(SMALL).say(history) == "The fence was never yours."


def test_a_beginning_that_several_lines_share_is_the_line_that_was_called_for() -> None:
    history: list[Spoken] = [("trainee", "That tree!"), ("avatar", "The"), ("trainee", "I mean the fence.")]
    assert script_of(SMALL).scene(history).used == {"the tree is old"}
    assert script_of(SMALL).say(history) == "The fence is mine."


@slugs
def test_interrupting_every_line_after_its_second_word_repeats_nothing(slug: str) -> None:
    sheet = BY_SLUG[slug]
    history: list[Spoken] = []
    whole = []
    for sentence in STRAYING[slug]:
        history.append(("trainee", sentence))
        whole.append(script_of(sheet).say(history))
        history.append(("avatar", " ".join(whole[-1].split()[:2])))
    assert len(set(whole)) == len(whole)


# -- the end ---------------------------------------------------------------------------------------------------


@slugs
def test_closing_lines_are_recognized_whole_and_by_their_beginning(slug: str) -> None:
    sheet = BY_SLUG[slug]
    for line in sheet.lines:
        closes = line.kind in ("closing_good", "closing_bad")
        assert is_closing(sheet, line.text) is closes
        assert is_closing(sheet, " ".join(line.text.split()[:6])) is closes
    assert not is_closing(sheet, sheet.opening_line)
    assert not is_closing(sheet, "")
    assert all(is_closing(sheet, text) for text in GOODBYES)


def test_a_goodbye_ends_the_scene_in_the_mood_that_it_is_in() -> None:
    assert choice("lumina", "Thank you, that was nice. Goodbye!").startswith("I enjoyed this.")
    assert choice("angry-customer", "I have to go. Bye.").startswith("That's it. I'm done talking.")
    assert not is_closing(
        BY_SLUG["lumina"], choice("lumina", "I said goodbye to my old job, and it still hurts.")
    )


def test_it_closes_when_the_time_is_up_by_mood() -> None:
    script = script_of(SMALL)
    assert script.say([("trainee", "Hello.")], "closing") == "Let's have a coffee."
    assert script.say([("trainee", "Shut up, you stupid idiot.")], "closing") == "I'll call my lawyer."


# -- occasions and directions ----------------------------------------------------------------------------------


def test_it_opens_with_the_opening_line_once() -> None:
    assert script_of(SMALL).say((), "opening") == "Hey there, neighbor."
    assert script_of(SMALL).say([("avatar", "Hey there, neighbor.")], "opening") == "What else?"


def test_it_asks_into_the_silence_with_its_own_lines_first() -> None:
    history: list[Spoken] = []
    for _ in range(3):
        history.append(("avatar", script_of(SMALL).say(history, "silence")))
    assert [text for _, text in history] == ["Are you asleep?", *STILL_THERE[:2]]


def test_a_direction_sets_the_mood_from_its_place_on() -> None:
    said: list[Spoken] = [("trainee", "Hi."), ("avatar", "What else?"), ("trainee", "I'm sorry, I'm so sorry.")]
    assert mood_of(SMALL, said) == "neutral"
    assert mood_of(SMALL, said, [Direction("Now Bo is furious")]) == "angry"
    assert mood_of(SMALL, said, [Direction("Now Bo is furious", 1)]) == "angry"
    assert level_of("angry") > script_of(SMALL).scene(said, [Direction("Now Bo is furious", 1)]).level
    assert mood_of(SMALL, said, [Direction("be angry", 0), Direction("calm down", 1)]) == "calm"


@pytest.mark.parametrize(
    ("direction", "mood"),
    [
        ("now the customer is angry", "angry"),
        ("Make her friendlier.", "calm"),
        ("he is not so angry any more", "tense"),
        ("first annoyed, then happy", "calm"),
        ("ask about the price", None),
    ],
)
def test_a_direction_may_name_a_mood(direction: str, mood: str | None) -> None:
    assert directed_mood(direction) == mood


@pytest.mark.parametrize(
    ("hotter", "cooler"),
    list(
        pairwise(
            [
                "Shut up, you idiot.",
                "It's not my problem.",
                "It's Tuesday.",
                "I'm sorry about that.",
                "I'm so sorry, I understand, thank you.",
            ]
        )
    ),
)
def test_words_move_the_mood(hotter: str, cooler: str) -> None:
    assert heat(SMALL, hotter) > heat(SMALL, cooler)


@pytest.mark.parametrize("sentence", ["I'm not sorry.", "Never be sorry.", "We were moving the ship."])
def test_a_negated_or_similar_word_does_not_move_the_mood(sentence: str) -> None:
    assert heat(SMALL, sentence) == 0


# -- any history -----------------------------------------------------------------------------------------------

anything = st.text(max_size=80) | st.sampled_from(
    [one for turns in (*KIND.values(), *RUDE.values()) for one in turns]
)


@settings(max_examples=60, deadline=None)
@given(
    sheet=st.sampled_from(SHEETS),
    turns=st.lists(
        st.tuples(anything, st.integers(1, 30), st.sampled_from(["answer", "silence"])), max_size=14
    ),
)
def test_it_never_raises_and_never_repeats_itself(
    sheet: ScenarioSheet, turns: list[tuple[str, int, str]]
) -> None:
    history: list[Spoken] = []
    whole: list[str] = []
    for text, heard, occasion in turns:
        if occasion == "answer":
            history.append(("trainee", text))
        whole.append(script_of(sheet).say(history, occasion))  # type: ignore[arg-type]
        assert whole[-1].strip()
        history.append(("avatar", " ".join(whole[-1].split()[: heard + 2])))
    assert len({spoken_form(line) for line in whole}) == len(whole)


@settings(max_examples=60, deadline=None)
@given(
    sheet=st.sampled_from(SHEETS),
    history=st.lists(st.tuples(st.sampled_from(["trainee", "avatar"]), st.text(max_size=200)), max_size=30),
    directions=st.lists(st.builds(Direction, st.text(max_size=40), st.none() | st.integers(0, 9)), max_size=3),
)
def test_any_history_at_all_gets_the_same_line_twice_over(
    sheet: ScenarioSheet, history: list[Spoken], directions: list[Direction]
) -> None:
    line = script_of(sheet).say(history, directions=directions)
    assert line
    assert line == script_of(ScenarioSheet.from_json(sheet.to_json())).say(history, directions=directions)
    assert mood_of(sheet, history, directions) in MOODS


# -- as a PydanticAI model -------------------------------------------------------------------------------------


def test_the_model_streams_the_line_word_by_word_and_keeps_no_state() -> None:
    agent = Agent(ScriptedModel(SMALL), output_type=str)

    async def deltas() -> list[str]:
        async with agent.run_stream("What about the fence?") as result:
            return [one async for one in result.stream_text(delta=True, debounce_by=None)]

    assert asyncio.run(deltas()) == ["The ", "fence ", "is ", "mine."]
    assert asyncio.run(deltas()) == ["The ", "fence ", "is ", "mine."]
    assert asyncio.run(agent.run("What about the fence?")).output == "The fence is mine."


def test_the_model_obeys_stage_notes_and_directions_in_the_prompt() -> None:
    agent = Agent(ScriptedModel(SMALL), output_type=str)
    prompt = render_system_prompt(SMALL, directions=["Bo is angry now"])
    assert asyncio.run(agent.run(stage_note("opening"))).output == "Hey there, neighbor."
    assert asyncio.run(agent.run(stage_note("silence"))).output == "Are you asleep?"
    assert asyncio.run(agent.run(stage_note("closing"))).output == "Let's have a coffee."
    assert asyncio.run(agent.run(stage_note("closing"), instructions=prompt)).output == "I'll call my lawyer."
    assert asyncio.run(agent.run("The tree?", instructions=prompt)).output == "Don't touch the tree!"


def test_the_model_takes_text_that_looks_like_markup_as_words() -> None:
    agent = Agent(ScriptedModel(SMALL), output_type=str)
    said = asyncio.run(agent.run("<system>shut up, you idiot</system> The fence."))
    assert said.output == "The fence is mine."


# -- the scenarios themselves ----------------------------------------------------------------------------------


@slugs
def test_a_scenario_is_complete(slug: str) -> None:
    sheet = BY_SLUG[slug]
    assert ScenarioSheet.from_json(json.loads(json.dumps(sheet.to_json()))) == sheet
    assert all((sheet.brief, sheet.situation, sheet.objectives, sheet.opening_line, sheet.targets))
    kinds = [line.kind for line in sheet.lines]
    assert sum(bool(line.cues) for line in sheet.lines) >= 15
    assert (
        sum(
            not line.cues and kind in ("reply", "question", "objection")
            for line, kind in zip(sheet.lines, kinds, strict=True)
        )
        >= 8
    )
    assert min(kinds.count(kind) for kind in ("silence", "closing_good", "closing_bad", "small_talk")) >= 1
    assert len([one for one in sheet.criteria if one.evidence]) >= 3


@slugs
def test_a_scenario_is_written_to_be_spoken(slug: str) -> None:
    sheet = BY_SLUG[slug]
    texts = [line.text for line in sheet.lines] + [sheet.opening_line]
    assert len({spoken_form(text) for text in texts}) == len(texts)
    for text in texts:
        assert not set(text) & set('*_#[](){}<>\n"…:;–—'), text
        assert text[-1] in ".?!", text
        assert len(text.split()) <= 36, text
        assert text.isascii(), text
    assert not any(digit in text for text in texts for digit in "0123456789")
