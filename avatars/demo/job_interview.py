"""An interviewer who wants examples, not adjectives."""

from __future__ import annotations

from avatars.demo.lines import COOL, ELSEWHERE, HOT, INSULTS, cues, say
from avatars.sheets import AvatarSheet, CriterionSheet, ScenarioSheet, Target, TurnTaking

RUTH = AvatarSheet(
    slug="ruth-castellan",
    name="Ruth Castellan",
    persona=(
        "You are thirty-eight and lead customer operations at a company that makes medical scheduling software. You have "
        "interviewed more than two hundred people. You are fair and curious, and you notice when an answer is rehearsed."
    ),
    style=(
        "Warm but exact. You follow up on vague answers with what, how and who. When you hear a real example you become livelier "
        "and give more of yourself."
    ),
    voice="af_nicole",
    speed=0.98,
    turn_taking=TurnTaking(patience_ms=900, interrupt_after_ms=700, silence_prompt_s=15),
    face="dark-curls",
)

_SELF = cues(
    "about myself, i am a, ive been working, worked as, working as, years of experience, graduated, "
    "degree, studied, my background, career, currently, my current job, started out"
)
_WHY = cues(
    "your company, this company, this role, this position, this job, why i applied, mission, your "
    "product, attracted, excited about, interested in, i want to work, passionate, medical, patients"
)
_STRONG = cues(
    "strength, strengths, good at, strong, organized, reliable, hard working, team player, fast "
    "learner, detail oriented, people person, communication skills, motivated"
)
_WEAK = cues(
    "weakness, weaknesses, perfectionist, struggle with, not good at, work too hard, impatient, "
    "delegate, delegating, improve, working on, say no, public speaking, nervous"
)
_FAIL = cues(
    "failed, failure, mistake, mistakes, went wrong, missed, deadline, learned, wrong decision, "
    "messed up, lesson, regret, overlooked"
)
_TEAM = cues(
    "conflict, disagreed, disagreement, argument, colleague, coworker, team, teammate, difficult "
    "person, my boss, talked to him, talked to her, compromise"
)
_LEAD = cues(
    "led, lead a team, managed, manager, supervised, in charge, responsible for, coordinated, trained "
    "new, mentored, leadership"
)
_EXAMPLE = cues(
    "for example, for instance, one time, last year, once, there was a, the situation, my task, so i "
    "decided, i decided to, what i did, in that project, project"
)
_RESULT = cues(
    "result, percent, increased, reduced, improved, saved, faster, customers were, in the end, "
    "outcome, grew, doubled, cut the, from ten to, numbers"
)
_STRESS = cues(
    "stress, stressful, pressure, busy, overwhelmed, prioritize, priorities, priority, calm, "
    "multitask, too much, workload"
)
_CUSTOMER = cues(
    "angry customer, customer, customers, client, clients, complaint, patient, caller, service, support"
)
_LEAVE = cues(
    "left my job, leave, leaving, laid off, fired, quit, new challenge, my contract, moved, growth, "
    "former employer, last job, gap, unemployed"
)
_PAY = cues(
    "salary, pay, money, compensation, benefits, vacation days, remote, work from home, hours, "
    "overtime, raise, thousand"
)
_FUTURE = cues(
    "five years, future, goal, goals, long term, grow, develop, ambition, promotion, next level, "
    "career path, dream"
)
_ASK = cues(
    "my question, i have a question, can i ask, may i ask, what does success, what would i, what is "
    "the team, whats the team, typical day, first ninety days, how do you measure, what do you like about, do you like working, "
    "biggest challenge, culture, who would i, how big is the team, next steps, hear back"
)
_SKILL = cues(
    "excel, software, python, tools, system, systems, spreadsheet, crm, technical, certified, "
    "certificate, language, languages, spanish, training, course"
)
_UNSURE = cues(
    "i dont know, not sure, no idea, never, i cant think, hard to say, good question, let me think, "
    "repeat, again please, what do you mean, come again, didnt understand"
)

JOB_INTERVIEW = ScenarioSheet(
    slug="job-interview",
    title="A job interview",
    avatar=RUTH,
    brief=(
        "You have applied as team lead in customer operations at Meridian, which makes scheduling software for clinics. Ruth "
        "Castellan leads the department. Show with real examples what you have done, what came of it and what you learned, "
        "and ask her questions of your own."
    ),
    situation=(
        "The last team lead left after four months: a brilliant talker who blamed his people for every mistake, and two of them "
        "resigned. You took that hard, for you hired him. So you don't listen for polish. You listen for somebody who owns a "
        "mistake, who says we when it went well and I when it went wrong. When you hear that, you tell what really happened in "
        "the team and what you need. Against adjectives without examples you become cool and dig deeper."
    ),
    objectives=(
        "Introduce yourself in under two minutes",
        "Give at least one concrete example with situation, action and result",
        "Own a mistake and say what you learned",
        "Say why this role at this company",
        "Ask the interviewer a question of your own",
    ),
    opening_line="Hello, and thanks for coming in. I'm Ruth. I'd like to get to know you a little. So, who are you, and what brings you here?",
    lines=(
        say("Thanks. And of all that, what are you really proud of?", *_SELF, kind="question"),
        say("I've read your resume. What's not on it that I should know?", *_SELF, kind="question"),
        say("Interesting path. What made you change direction there?", *_SELF, kind="question"),
        say(
            "Many people say that. What exactly do you know about us?",
            *_WHY,
            kind="question",
            moods=("tense", "angry", "neutral"),
        ),
        say("I like that. It took me a year here to see what you just described.", *_WHY, moods=("calm",)),
        say("And why this role? You could do that in many places.", *_WHY, kind="question"),
        say("Okay. Those are adjectives. When did somebody last see that in you?", *_STRONG, kind="question"),
        say("Good. Who would confirm that, and what would they tell me?", *_STRONG, kind="question"),
        say(
            "Hm. I hear that one a lot. What do you do badly, in plain words?",
            *_WEAK,
            moods=("neutral", "tense", "angry"),
            kind="question",
        ),
        say("Thank you. That's honest. What are you doing about it?", *_WEAK, kind="question", heat=-1),
        say("And when it happens again, how do you notice?", *_WEAK, kind="question"),
        say("All right. What was your own part in that, as you see it today?", *_FAIL, kind="question"),
        say(
            "I'm glad you tell me that. Most people give me a mistake that was somebody else's.",
            *_FAIL,
            heat=-1,
        ),
        say("And what do you do differently since then?", *_FAIL, kind="question"),
        say("What would the other person say about that conflict?", *_TEAM, kind="question"),
        say("Okay. And how did the two of you work together afterwards?", *_TEAM, kind="question"),
        say(
            "I ask for a reason. My last team lead blamed his people for every mistake. Two of them left, and I had hired him.",
            *_TEAM,
            moods=COOL,
            heat=-1,
        ),
        say("How many people was that, and what did you decide yourself?", *_LEAD, kind="question"),
        say(
            "Tell me about somebody on your team who wasn't doing well. What did you do?",
            *_LEAD,
            kind="question",
        ),
        say("That's a concrete one, good. What did you do first?", *_EXAMPLE, kind="question", heat=-1),
        say("Stay with that example. What was the hardest moment in it?", *_EXAMPLE, kind="question"),
        say("I can picture that. Who else was involved, and what was their part?", *_EXAMPLE, kind="question"),
        say("Nice result. How did you know that it was your doing?", *_RESULT, kind="question"),
        say(
            "That's a number I'll write down. What would you have done with twice the time?",
            *_RESULT,
            kind="question",
            heat=-1,
        ),
        say(
            "Monday morning, eight people on the phones, two call in sick. What do you do first?",
            *_STRESS,
            kind="question",
        ),
        say("And how do the people around you notice that you're under pressure?", *_STRESS, kind="question"),
        say(
            "Our callers are clinics. When we're down, patients are standing in a hallway. How do you talk to somebody like that?",
            *_CUSTOMER,
            kind="question",
        ),
        say("Give me the last one that you couldn't satisfy. What happened?", *_CUSTOMER, kind="question"),
        say("And what would your last manager say about why you left?", *_LEAVE, kind="question"),
        say(
            "That's fair. People leave for good reasons. What must be different here?",
            *_LEAVE,
            kind="question",
        ),
        say(
            "We'll get to that with the people team. The range is in the posting. What matters to you besides?",
            *_PAY,
            kind="question",
        ),
        say(
            "Two days at home, three with the team. After the last year I want people to see each other.",
            *_PAY,
        ),
        say("And if that takes longer than you think, what keeps you going?", *_FUTURE, kind="question"),
        say("I like plans. What would you need to learn from us for that?", *_FUTURE, kind="question"),
        say(
            "Good question. The first ninety days are listening. I want the team to trust somebody again.",
            *_ASK,
            heat=-1,
        ),
        say(
            "The team? Eight people, good ones, and a bit bruised. They had a hard year with their last lead.",
            *_ASK,
            heat=-1,
        ),
        say(
            "What I like here? On a good day a clinic calls only to say thanks. What else would you like to know?",
            *_ASK,
            kind="question",
        ),
        say(
            "Tools can be learned. What was the last thing that you taught yourself, and how?",
            *_SKILL,
            kind="question",
        ),
        say("Good to know. How would you explain it to somebody who's afraid of it?", *_SKILL, kind="question"),
        say("Take your time. It needn't be from work.", *_UNSURE),
        say(
            "Let me put it differently. When did something go really wrong, and you were part of it?",
            *_UNSURE,
            kind="question",
        ),
        say("No problem. I prefer that to an invented answer.", *_UNSURE, moods=COOL),
        say(
            "I beg your pardon? That's not how we talk to each other here.",
            *INSULTS,
            "stupid question",
            "whatever",
            "not my fault",
            "their fault",
            "none of your business",
            heat=1,
        ),
        say(
            "That's the second time I hear that tone. My team would hear it, too.",
            *INSULTS,
            "stupid question",
            "whatever",
            "not my fault",
            "their fault",
            "none of your business",
            heat=1,
        ),
        say(
            "I see. That tells me something, if not what you wanted.",
            *INSULTS,
            "stupid question",
            "whatever",
            "not my fault",
            "their fault",
            "none of your business",
        ),
        say(
            "Ha. Maybe after work. How does that help me with the phones on a Monday?",
            *ELSEWHERE,
            kind="off_topic",
        ),
        say(
            "We're getting away from it. I have forty minutes, and I'd like to use them for you.",
            *ELSEWHERE,
            kind="off_topic",
            heat=1,
        ),
        say("I'd rather hear something about you at work.", *ELSEWHERE, kind="off_topic"),
        say(
            "I'm well, thanks. A little short of coffee. How was the way here?",
            "how are you",
            "how are you doing",
            "hows your day",
            moods=COOL,
            kind="small_talk",
        ),
        say(
            "Nice to meet you, too. Please, begin wherever you like.",
            "nice to meet you",
            "thank you for having me",
            "thanks for having me",
            "thanks for inviting",
            "pleasure",
            "hello",
            "hi",
            "good morning",
            kind="small_talk",
        ),
        say("Can you give me an example of that?", kind="question"),
        say("What was your own part in it?", kind="question"),
        say("That sounds a bit rehearsed. What really happened?", kind="question", moods=HOT),
        say("I'm still missing the person behind that. What did you feel when it happened?", kind="question"),
        say("Tell me about a mistake. A real one, that cost something.", kind="question"),
        say("I see. What did the people around you say?", kind="question"),
        say(
            "Let me be open. I need somebody who takes the blame and shares the praise. When did you last do that?",
            kind="question",
            moods=COOL,
        ),
        say("Hm. I couldn't repeat that to a colleague. What's the main point?", kind="question", moods=HOT),
        say("And looking back, what would you do differently?", kind="question"),
        say("Okay. Why should I pick you for this, and not the other two people on my list?", kind="question"),
        say("How would your best friend at work describe you on a bad day?", kind="question"),
        say("What would you like to ask me?", kind="question"),
        say("Take a moment, if you need one. I don't mind silence.", kind="silence"),
        say("Shall I ask in another way?", kind="silence"),
        say("Are you still with me?", kind="silence"),
        say(
            "Thank you. I enjoyed that, and I'd like you to meet the team. You'll hear from me by Friday.",
            kind="closing_good",
        ),
        say(
            "Our time is nearly up. I've heard what I hoped to hear. We'll talk again soon.",
            kind="closing_good",
        ),
        say(
            "I'll end it here. I don't think that we're a match. Thank you for your time, and all the best.",
            kind="closing_bad",
        ),
        say("That's all from my side. The people team will write to you.", kind="closing_bad"),
    ),
    criteria=(
        CriterionSheet(
            "example",
            "Gave a concrete example",
            "Did the trainee tell of one concrete situation and what he or she did in it?",
            2.0,
            ("for example", "for instance", "one time", "there was a", "last year", "i decided to"),
        ),
        CriterionSheet(
            "result",
            "Named a result",
            "Did the trainee say what came of it, if possible with a number?",
            1.5,
            (
                "percent",
                "as a result",
                "the result",
                "in the end",
                "we reduced",
                "we increased",
                "we saved",
                "we improved",
            ),
        ),
        CriterionSheet(
            "mistake",
            "Owned a mistake",
            "Did the trainee take the blame for a mistake of his or her own?",
            2.0,
            (
                "my mistake",
                "i made a mistake",
                "it was my fault",
                "i was wrong",
                "i should have",
                "i failed",
                "i underestimated",
            ),
        ),
        CriterionSheet(
            "learned",
            "Said what was learned",
            "Did the trainee say what he or she does differently since?",
            1.5,
            ("i learned", "since then", "what i learned", "taught me", "now i always", "differently"),
        ),
        CriterionSheet(
            "motivation",
            "Said why this role",
            "Did the trainee give a reason that fits this company and no other?",
            1.0,
            ("your company", "this role", "this position", "clinics", "patients", "meridian"),
        ),
        CriterionSheet(
            "asked",
            "Asked questions",
            "Did the trainee ask the interviewer at least one real question?",
            1.5,
            (
                "what does success",
                "how do you measure",
                "can i ask",
                "may i ask",
                "my question",
                "what is the team like",
                "what do you like about",
                "biggest challenge",
            ),
        ),
        CriterionSheet(
            "no_blaming",
            "Did not blame others",
            "Did the trainee refrain from putting the blame on former colleagues or employers?",
        ),
    ),
    targets=(
        Target("talk_ratio", 0.55, 0.75),
        Target("speech_rate", 120, 170),
        Target("filled_pauses", None, 4),
        Target("longest_monologue", None, 90),
        Target("response_latency", 0, 2.5),
    ),
    time_limit_s=900,
    start_mood="neutral",
    hot_words=cues(
        "not my fault, their fault, my boss was, perfectionist, stupid question, none of your "
        "business, i never make mistakes, everyone else"
    ),
    cool_words=cues(
        "my mistake, i learned, i was wrong, for example, we decided, together, as a result, my team, "
        "i should have, good question, i would like to ask, can i ask, helped"
    ),
)
