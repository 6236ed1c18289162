"""Response latency, interruptions and questions, against sums done by hand."""

from __future__ import annotations

import pytest

from memory.records import TurnRecord
from tests.unit.metrics_cast import avatar, measure, moments, outcome, said, spoken, steady, typed, untimed

pytestmark = pytest.mark.unit


def answered_after(*gaps_ms: float) -> list[TurnRecord]:
    """An avatar turn of a second and an answer of a second every 20 s, with these gaps between them."""
    turns: list[TurnRecord] = []
    for k, gap in enumerate(gaps_ms):
        start = 20_000.0 * k
        turns += [
            avatar(2 * k + 1, start, start + 1000),
            steady(2 * k + 2, 3, start + 1000 + gap, start + 2000 + gap),
        ]
    return turns


# -- response latency ----------------------------------------------------------------------------------------


def test_it_is_the_median_and_p90_of_onset_minus_end_of_playback() -> None:
    # sorted 0.2 0.4 0.6 3.0: median (0.4 + 0.6) / 2 = 0.5; p90: rank ceil(0.9 x 4) = 4 -> 3.0
    metric = measure("response_latency", *answered_after(600, 200, 3000, 400))
    assert outcome(metric) == ("measured", 0.5, {"answers": 4, "silence_prompts": 0, "p90_s": 3})
    assert (metric.unit, metric.target_low, metric.target_high, metric.verdict) == ("s", 0, 1.5, "in")
    assert moments(metric) == [
        (2, 1000, 1600, "answer", 0.6),
        (4, 21_000, 21_200, "answer", 0.2),
        (6, 41_000, 44_000, "answer", 3),
        (8, 61_000, 61_400, "answer", 0.4),
    ]


def test_p90_of_ten_is_the_ninth() -> None:
    # 0.1 ... 1.0 s: median (0.5 + 0.6) / 2 = 0.55; rank ceil(9) = 9 -> 0.9
    metric = measure("response_latency", *answered_after(*(100.0 * k for k in range(1, 11))))
    assert (metric.value, metric.detail["p90_s"]) == (0.55, 0.9)


def test_the_median_of_three_is_the_middle_one() -> None:
    # 0.1, 2.0, 9.0
    metric = measure("response_latency", *answered_after(9000, 100, 2000))
    assert (metric.value, metric.detail["p90_s"], metric.verdict) == (2, 9, "above")


def test_two_answers_are_not_enough_but_linked() -> None:
    metric = measure("response_latency", *answered_after(500, 700))
    assert outcome(metric) == ("not_enough_speech", None, {"answers": 2, "silence_prompts": 0})
    assert metric.note == "not enough speech: 2 of 3 answers"
    assert [one.value for one in metric.evidence] == [0.5, 0.7]


def test_the_onset_is_the_first_word_not_the_bound() -> None:
    # the turns' bounds begin 120 ms before the first word, as pre-roll does: latency 0.5 s, not 0.38
    turns = []
    for k in range(3):
        start = 10_000.0 * k
        turns += [
            avatar(2 * k + 1, start, start + 1000),
            steady(2 * k + 2, 3, start + 1500, start + 2500, started_ms=start + 1380),
        ]
    assert measure("response_latency", *turns).value == 0.5


def test_only_the_first_thing_said_answers() -> None:
    extra = steady(9, 3, 5000, 6000)  # goes on 3 s after its first answer
    assert measure("response_latency", *answered_after(500, 600, 700), extra).detail["answers"] == 3


def test_interruptions_backchannels_and_typed_turns_are_no_answers() -> None:
    turns = [
        *answered_after(500, 600, 700),  # until 43 s; median 0.6
        avatar(11, 60_000, 63_000, interrupted=True),
        steady(12, 3, 62_900, 65_000),  # interrupts
        avatar(13, 70_000, 73_000),
        said(14, "mm-hm", 71_000, 71_400, kind="backchannel"),
        steady(15, 3, 74_000, 75_000),  # answers after 1 s; not the mm-hm at -2 s
        avatar(16, 80_000, 83_000),
        typed(17, "wait", 84_000),
        steady(18, 3, 89_000, 90_000),  # what it answers was answered by typing
    ]
    metric = measure("response_latency", *turns)
    # 0.5 0.6 0.7 1.0 -> (0.6 + 0.7) / 2
    assert (metric.value, metric.detail["answers"]) == (0.65, 4)


def test_a_turn_that_begins_just_before_the_end_counts_below_zero() -> None:
    # -0.3 -0.2 0.1: median -0.2
    metric = measure("response_latency", *answered_after(-300, -200, 100))
    assert (metric.value, metric.verdict) == (-0.2, "below")
    assert moments(metric)[0] == (2, 700, 700, "answer", -0.3)


def test_what_began_long_before_the_end_of_playback_is_no_answer() -> None:
    turns = [
        *answered_after(500, 600, 700),
        avatar(11, 60_000, 70_000),
        steady(12, 3, 63_000, 64_000),  # 7 s before its end
        steady(13, 3, 70_900, 72_000),  # the answer: 0.9 s
    ]
    metric = measure("response_latency", *turns)
    assert [one.value for one in metric.evidence] == [0.5, 0.6, 0.7, 0.9]


def test_an_avatar_turn_that_was_never_heard_is_not_answered() -> None:
    turns = [*answered_after(500, 600, 700), avatar(11, 60_000, 60_000), steady(12, 3, 90_000, 91_000)]
    assert measure("response_latency", *turns).detail["answers"] == 3


def test_it_says_how_often_the_avatar_had_to_ask() -> None:
    turns = [
        *answered_after(500, 600, 700),
        avatar(11, 60_000, 61_000),
        avatar(12, 73_000, 74_000, "Are you still there?", kind="silence"),
        steady(13, 3, 75_000, 76_000),  # 1 s after the prompt
    ]
    metric = measure("response_latency", *turns)
    assert metric.detail == {"answers": 4, "silence_prompts": 1, "p90_s": 1}


def test_latency_says_where_onsets_are_estimated() -> None:
    turns = answered_after(500, 600, 700)
    assert not measure("response_latency", *turns).estimated
    turns[1] = untimed(2, "three plain words", 1500, 2500)
    assert measure("response_latency", *turns).estimated


# -- interruptions -------------------------------------------------------------------------------------------


def test_it_counts_interruptions_and_backchannels_apart() -> None:
    turns = [
        avatar(1, 0, 3000, interrupted=True, unheard_text="and more"),
        steady(2, 3, 2900, 5000),
        avatar(3, 6000, 12_000),
        said(4, "mm-hm", 7000, 7300, kind="backchannel"),
        said(5, "right", 9000, 9300, kind="backchannel"),
        steady(6, 3, 13_000, 14_000),
    ]
    metric = measure("interruptions", *turns)
    assert outcome(metric) == ("measured", 1, {"backchannels": 2, "avatar_cut_ins": 0})
    assert (metric.unit, metric.verdict) == ("count", None)
    assert moments(metric) == [
        (2, 2900, 5000, "interruption", None),
        (4, 7000, 7300, "backchannel", None),
        (5, 9000, 9300, "backchannel", None),
    ]


def test_the_words_of_an_interruption_may_begin_a_little_after_the_sound_stopped() -> None:
    cut = avatar(1, 0, 3000, interrupted=True)
    assert measure("interruptions", cut, steady(2, 3, 3900, 5000)).value == 1
    assert measure("interruptions", cut, steady(2, 3, 4100, 5000)).value == 0  # 1.1 s later: nobody interrupted
    # the turn's sound began at 2.9 s, its first understood word at 4.1 s
    assert measure("interruptions", cut, steady(2, 3, 4100, 5000, started_ms=2900.0)).value == 1


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(typed(2, "stop", 2900), id="typed"),
        pytest.param(avatar(2, 3000, 6000), id="a direction that acts at once"),
        pytest.param(said(2, "mm-hm", 2900, 3200, kind="backchannel"), id="a backchannel alone"),
    ],
)
def test_what_else_stops_the_avatar_is_no_interruption(after: TurnRecord) -> None:
    turns = (avatar(1, 0, 3000, interrupted=True), after, steady(9, 3, 20_000, 21_000))
    assert measure("interruptions", *turns).value == 0


def test_a_backchannel_before_it_hides_no_interruption() -> None:
    turns = (
        avatar(1, 0, 3000, interrupted=True),
        said(2, "mm-hm", 1000, 1300, kind="backchannel"),
        steady(3, 3, 2900, 4000),
    )
    assert outcome(measure("interruptions", *turns))[1:] == (1, {"backchannels": 1, "avatar_cut_ins": 0})


def test_speaking_over_the_avatar_is_not_counted_unless_it_was_decided() -> None:
    assert measure("interruptions", avatar(1, 0, 3000), steady(2, 3, 2000, 4000)).value == 0


def test_the_avatars_cut_ins_are_counted_apart() -> None:
    # it begins at 4 s into a turn that lasts until 6 s; at 9.8 s, 200 ms before the end of another: not one
    turns = (
        steady(1, 5, 0, 6000),
        avatar(2, 4000, 7000),
        steady(3, 4, 8000, 10_000),
        avatar(4, 9800, 12_000),
    )
    metric = measure("interruptions", *turns)
    assert outcome(metric)[1:] == (0, {"backchannels": 0, "avatar_cut_ins": 1})
    assert moments(metric) == [(2, 4000, 7000, "avatar_cut_in", None)]


@pytest.mark.parametrize(
    ("turns", "note"),
    [
        ((), "the avatar was not heard"),
        ((steady(1, 9, 0, 5000), avatar(2, 6000, 6000)), "the avatar was not heard"),
        ((avatar(1, 0, 5000), typed(2, "hello", 6000)), "the trainee was not heard"),
    ],
)
def test_nobody_can_be_interrupted_who_was_not_heard(turns: tuple[TurnRecord, ...], note: str) -> None:
    assert measure("interruptions", *turns).note == f"not enough speech: {note}"


def test_a_trainee_who_only_listens_interrupts_nobody() -> None:
    turns = (avatar(1, 0, 5000), said(2, "mm-hm", 1000, 1400, kind="backchannel"))
    assert outcome(measure("interruptions", *turns)) == (
        "measured",
        0,
        {"backchannels": 1, "avatar_cut_ins": 0},
    )


# -- questions -----------------------------------------------------------------------------------------------


def test_it_counts_questions_open_and_closed_and_per_minute() -> None:
    # 3 questions; from 0 to 90 s = 1.5 minutes: 2 a minute
    turns = (
        said(1, "Hello. What happened to it? I see.", 0, 7000),
        avatar(2, 8000, 20_000),
        said(3, "Did you drop it, and how do you feel now?", 21_000, 30_000),
        avatar(4, 31_000, 60_000),
        said(5, "Is it insured?", 87_000, 90_000),
    )
    metric = measure("questions", *turns)
    assert outcome(metric) == ("measured", 3, {"open": 1, "closed": 2, "per_minute": 2, "typed": 0})
    assert moments(metric) == [
        (1, 1000, 6000 - 1000, "open", None),  # words 2 to 5 of 7, a second each
        (3, 21_000, 30_000, "closed", None),
        (5, 87_000, 90_000, "closed", None),
    ]


OPEN = [
    "What happened?",
    "So, um, how did that make you feel?",
    "Why's that?",
    "I see, and what would help you most?",
    "Could you tell me about your day?",
    "Can you please describe the noise?",
    "At what point did it break?",
]
CLOSED = [
    "Is it broken?",
    "You dropped it?",
    "It is the old one, isn't it?",
    "How many did you buy?",
    "What time is it?",
    "Who told you that?",
    "When did you buy it?",
    "Do you know what time it is?",
    "Would you like a new one?",
]


@pytest.mark.parametrize(
    ("text", "form"), [*((one, "open") for one in OPEN), *((one, "closed") for one in CLOSED)]
)
def test_it_tells_open_from_closed(text: str, form: str) -> None:
    assert [one.label for one in measure("questions", said(1, text, 0, 3000)).evidence] == [form]


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("what happened to your phone", ["open"]),
        ("okay so how can i help you", ["open"]),
        ("what kind of phone do you have", ["open"]),
        ("can you tell me what happened", ["open"]),
        ("i understand can you give me the order number", ["closed"]),
        ("i am sorry to hear that when did you buy it", ["closed"]),
        ("is the screen broken and do you have the receipt", ["closed", "closed"]),
        ("would you like a new one or is it your money that you want", ["closed"]),
        ("who can help me", ["closed"]),
        ("what's going on", ["open"]),
        ("what happened to it can you tell me", ["open", "open"]),
    ],
)
def test_it_finds_questions_by_their_form_where_no_marks_are_written(text: str, forms: list[str]) -> None:
    assert [one.label for one in measure("questions", said(1, text, 0, 3000)).evidence] == forms


@pytest.mark.parametrize(
    "text",
    [
        "what i can do is send you a new one",
        "when you called i was on the other line",
        "do it again please",
        "have a nice day",
        "should you need anything call me",
        "i know how you feel",
        "tell me what you need",
        "i am sure they did you wrong",
        "the phone is on its way",
        "thank you very much",
    ],
)
def test_it_takes_no_statement_for_a_question(text: str) -> None:
    assert outcome(measure("questions", said(1, text, 0, 3000)))[1] == 0


def test_written_marks_are_believed() -> None:
    assert measure("questions", said(1, "What a day. How nice of you to call.", 0, 3000)).value == 0
    assert measure("questions", said(1, "And then? Really?! You mean it ?", 0, 3000)).value == 3


def test_a_pause_begins_a_new_question_where_no_marks_are_written() -> None:
    words = [
        ("it", 0, 200),
        ("broke", 200, 500),
        ("is", 1200, 1400),
        ("it", 1400, 1500),
        ("insured", 1500, 2000),
    ]
    metric = measure("questions", spoken(1, *words))
    assert moments(metric) == [(1, 1200, 2000, "closed", None)]
    without_pause = [(text, 300.0 * k, 300.0 * k + 300.0) for k, (text, _, _) in enumerate(words)]
    assert measure("questions", spoken(1, *without_pause)).value == 0


def test_typed_questions_are_counted_apart() -> None:
    turns = (said(1, "Hello there.", 0, 1000), typed(2, "How are you? And why?", 2000))
    assert outcome(measure("questions", *turns))[1:] == (
        0,
        {"open": 0, "closed": 0, "per_minute": None, "typed": 2},
    )
    assert outcome(measure("questions", typed(1, "Why?", 0))) == ("not_enough_speech", None, {"typed": 1})


def test_other_languages_are_counted_by_their_marks_alone() -> None:
    metric = measure("questions", said(1, "Guten Tag. Was ist passiert ?", 0, 3000), language="de")
    assert outcome(metric)[1:] == (1, {"open": None, "closed": None, "per_minute": None, "typed": 0})
    assert moments(metric) == [(1, 1000, 2500, "question", None)]
    unmarked = measure("questions", said(1, "was ist passiert", 0, 3000), language="de")
    assert (unmarked.status, unmarked.reason) == ("not_measurable", "language")


def test_a_question_without_word_times_is_linked_by_estimate() -> None:
    metric = measure("questions", untimed(1, "Why?", 1000, 2000))
    assert moments(metric) == [(1, 1000, 2000, "open", None)]
