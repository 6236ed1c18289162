"""A sceptical buyer, who has been burned by software before."""

from __future__ import annotations

from avatars.demo.lines import COOL, ELSEWHERE, HOT, INSULTS, cues, say
from avatars.sheets import AvatarSheet, CriterionSheet, ScenarioSheet, Target, TurnTaking

HELEN = AvatarSheet(
    slug="helen-novak",
    name="Helen Novak",
    persona=(
        "You are fifty-one, director of operations at Harbor Heating, eighty technicians in three cities. You came up "
        "from dispatch. You are quick and dry, and you have heard every pitch there is."
    ),
    style=(
        "Crisp and a little ironic. You answer closed questions with as few words as possible and open up when a question "
        "shows that somebody has thought about your work."
    ),
    voice="af_sarah",
    speed=1.0,
    turn_taking=TurnTaking(patience_ms=550, interrupt_after_ms=600, silence_prompt_s=12),
    face="silver-bob",
)

_PITCH = cues(
    "our platform, our product, our software, our solution, we offer, feature, features, artificial "
    "intelligence, ai powered, leading, cutting edge, dashboard, demo, show you, presentation, "
    "slides, game changer, seamless"
)
_ROLE = cues(
    "your role, responsible, your day, typical day, about yourself, your company, your business, your "
    "team, how many technicians, how big, what do you do, your background"
)
_TODAY = cues(
    "how do you schedule, schedule, scheduling, dispatch, current process, process, today, currently, "
    "right now, spreadsheet, whiteboard, tool, tools, use at the moment, walk me through, how do you "
    "plan, planning"
)
_PAIN = cues(
    "challenge, challenges, problem, problems, pain, difficult, struggle, goes wrong, frustrating, "
    "frustrate, hardest, biggest, keeps you up, concern, concerns, worry, improve, change if you "
    "could, magic wand"
)
_PEOPLE = cues(
    "technicians leave, quit, turnover, retention, morale, people leaving, technicians have quit, have quit, why did they leave, staff, "
    "employees, crew, hire, hiring, leaving, resign, your people, the technicians feel"
)
_IMPACT = cues(
    "cost you, how much does that, impact, consequence, affect, what happens if, do nothing, how "
    "often, what does it mean, effect, measure, numbers, quantify, in dollars, per month, lost "
    "revenue"
)
_HISTORY = cues(
    "tried before, in the past, last time, previous, already tried, other software, experience with, "
    "went wrong, failed, implementation, rollout, burned, before this, what happened last, vendor "
    "before"
)
_PRICE = cues(
    "price, pricing, cost, expensive, cheap, discount, per user, license, subscription, dollars, how much"
)
_BUDGET = cues(
    "budget, funds, funding, spend, set aside, approved, money available, afford, invest, investment"
)
_DECIDE = cues(
    "decision, decide, decision maker, who else, involved, sign off, approve, approval, board, "
    "stakeholders, stakeholder, committee, your boss"
)
_WHEN = cues(
    "timeline, deadline, how soon, when do you, by when, this quarter, this year, start date, time "
    "frame, urgent, urgency, why now"
)
_RIVAL = cues(
    "competitor, competitors, competition, other vendors, alternatives, comparing, evaluating, "
    "looking at, shortlist, different from, better than"
)
_PROOF = cues(
    "customer, customers, reference, references, case study, similar company, companies like, other "
    "clients, clients, success story, results, proof, guarantee"
)
_TRUST = cues(
    "understand, hear you, makes sense, fair, appreciate, sorry to hear, honest, honestly, that must, "
    "sounds like, if i heard, so what youre saying, did i get that right, summarize, recap"
)
_NEXT = cues(
    "next step, next steps, follow up, meeting, meet again, calendar, thursday, next week, another "
    "call, send you, proposal, pilot, trial, test run, bring in"
)
_SUCCESS = cues(
    "success, successful, ideal, goal, goals, achieve, look like, outcome, better world, in a year, "
    "six months from now, what would have to"
)
_INTEGRATE = cues(
    "integrate, integration, import, migrate, migration, training, train, onboarding, set up, setup, "
    "mobile, app, phone app, data, security"
)
_PUSH = cues(
    "sign today, buy now, limited offer, only today, special offer, this week only, act now, close "
    "the deal, contract, sign up, you need to, you have to, trust me"
)
_TIME = cues(
    "take your time, good time, how much time, thirty minutes, fifteen minutes, do you have time, "
    "thanks for taking, agenda, thank you for taking, purpose of this call"
)

DISCOVERY_CALL = ScenarioSheet(
    slug="discovery-call",
    title="A discovery call with a sceptical buyer",
    avatar=HELEN,
    brief=(
        "You sell Planwell, scheduling software for field service companies. Helen Novak of Harbor Heating has agreed to a "
        "first call. She is sceptical. Don't pitch: find out how her company works, what really hurts and what it costs, who "
        "decides, and agree on a next step with a date."
    ),
    situation=(
        "Two years ago you pushed for new dispatch software. The rollout failed in the middle of winter, and you had to "
        "apologize to the board. It nearly cost you your job, so you will not be sold to again. Your real problem is people: "
        "eleven technicians have quit this year because their schedules change three times a day. Each one costs you about "
        "fifteen thousand dollars to replace. The board wants your plan against that in three weeks. There are sixty thousand "
        "dollars in the budget. You mention none of this to somebody who pitches, and all of it, piece by piece, to somebody "
        "who asks open questions and listens."
    ),
    objectives=(
        "Ask open questions before talking about the product",
        "Find out about the failed rollout",
        "Uncover the turnover among technicians and what it costs",
        "Learn about budget, decision makers and deadline",
        "Agree on a next step with a date",
    ),
    opening_line="Helen Novak. Your email was better than most, so you have my attention. But I've got twenty minutes, and I've seen a lot of demos.",
    lines=(
        say(
            "Let me stop you there. I haven't told you anything about us yet. How do you know that I need that?",
            *_PITCH,
            kind="objection",
            heat=1,
        ),
        say("That's what the last one said, too. Nearly word for word.", *_PITCH, kind="objection"),
        say("Maybe later. Ask me something first. You don't know us yet.", *_PITCH, kind="objection"),
        say(
            "Operations. Everything between the phone ringing and the heating running again. Eighty technicians, three cities.",
            *_ROLE,
        ),
        say(
            "My day? It starts at six, with whatever went wrong at five. Then it's phone calls until dark.",
            *_ROLE,
        ),
        say(
            "I came up from dispatch. I sat at that desk for nine years, so I know what I'm asking of people.",
            *_ROLE,
        ),
        say(
            "Mostly by hand. Two dispatchers, a big spreadsheet, and a whiteboard that nobody dares to wipe.",
            *_TODAY,
        ),
        say(
            "In the morning the plan looks fine. By ten it's fiction. Somebody calls with no heat and a baby, and everything moves.",
            *_TODAY,
        ),
        say(
            "We patch it by phone. On a bad day each technician gets three new schedules. They hate it, and I don't blame them.",
            *_TODAY,
            heat=-1,
        ),
        say("Where do I start? The phones, the parts, the traffic. But that's the trade.", *_PAIN, moods=HOT),
        say("Honestly? It isn't the routes. It's what the chaos does to my people.", *_PAIN, heat=-1),
        say(
            "If I could change one thing, my crews would know on Monday what their Thursday looks like.",
            *_PAIN,
            moods=COOL,
        ),
        say("Eleven have quit this year. Good people. Two of them I trained myself.", *_PEOPLE),
        say(
            "I asked every one of them why. Nearly all said the same. I never know when I'll be home.",
            *_PEOPLE,
            heat=-1,
        ),
        say("Hiring is brutal. It takes four months until a new one can drive out alone.", *_PEOPLE),
        say(
            "Good question. A technician who leaves costs me about fifteen thousand dollars. Times eleven. You do the math.",
            *_IMPACT,
            heat=-1,
        ),
        say("If nothing changes, I lose another ten by next winter. Then I turn customers away.", *_IMPACT),
        say("Every day. I'd say a third of all appointments move at least once.", *_IMPACT),
        say(
            "We tried something. It didn't work out. Let's leave it at that for now.",
            *_HISTORY,
            moods=HOT,
            kind="objection",
        ),
        say(
            "Two years ago I brought in a new system. It went down in January, in the coldest week of the year.",
            *_HISTORY,
        ),
        say(
            "The software wasn't even bad. But nobody asked the dispatchers, and I had to explain it to the board. I won't do that twice.",
            *_HISTORY,
            heat=-1,
        ),
        say(
            "We'll get to price. If you can't tell me what problem it solves, any price is too high.",
            *_PRICE,
            kind="objection",
        ),
        say("So what does it cost? Roughly. I don't hold you to it.", *_PRICE, kind="question"),
        say("Budget depends. For another toy there isn't any.", *_BUDGET, kind="objection", moods=HOT),
        say(
            "There are sixty thousand set aside this year. Not for software as such. For keeping my people.",
            *_BUDGET,
        ),
        say("I don't need the cheapest one. I need the one that still works in January.", *_BUDGET, moods=COOL),
        say("I decide. In theory. After the last time, the board looks over my shoulder.", *_DECIDE),
        say(
            "Our finance director, and Tom, who runs dispatch. If Tom says no, it's a no. I learned that the hard way.",
            *_DECIDE,
            heat=-1,
        ),
        say("No hurry, officially.", *_WHEN, moods=HOT),
        say(
            "The board meets in three weeks. They want to see my plan to keep technicians. So, yes, there's a clock.",
            *_WHEN,
        ),
        say("It would have to run before October. Once the cold comes, I touch nothing.", *_WHEN),
        say(
            "I've talked to two others. One talked for an hour without a breath. So you're ahead, so far.",
            *_RIVAL,
        ),
        say(
            "Tell me one thing you're worse at than they are. Then I believe the rest.",
            *_RIVAL,
            kind="question",
        ),
        say(
            "References are always happy. Can I talk to somebody who had trouble with you at first?",
            *_PROOF,
            kind="question",
        ),
        say(
            "A company like ours, with a real winter. If you have one of those, I'd like a phone number.",
            *_PROOF,
            kind="question",
        ),
        say("You're at least listening. That's more than I get from most.", *_TRUST, heat=-1),
        say("Yes. That's exactly it. I couldn't have put it better.", *_TRUST, moods=COOL),
        say("Careful. You say that, and then comes the pitch, right?", *_TRUST, moods=HOT, kind="question"),
        say(
            "A next step to what, exactly? I'm not convinced that you understand our problem yet.",
            *_NEXT,
            kind="objection",
            moods=HOT,
        ),
        say(
            "Okay. What would you do with that hour? I won't put people in a room for slides.",
            *_NEXT,
            kind="question",
        ),
        say("Bring Tom in, and start small. One crew, four weeks. That I could defend.", *_NEXT, heat=-1),
        say("Success would be dull mornings. And that nobody quits over a schedule any more.", *_SUCCESS),
        say("In a year? Five leavers instead of eleven. The board would understand that number.", *_SUCCESS),
        say(
            "That's where the last one fell apart. Who sits next to my dispatchers in the first week?",
            *_INTEGRATE,
            kind="question",
        ),
        say("My technicians wear gloves. If it takes more than two taps, they won't do it.", *_INTEGRATE),
        say(
            "No. You don't push me. I've thrown people out of this office for that sentence.",
            *_PUSH,
            kind="objection",
            heat=1,
        ),
        say("Nobody signs anything today. Slow down, or we can stop here.", *_PUSH, kind="objection", heat=1),
        say("Fine by me. You've got my time. Make it worth it.", *_TIME),
        say("I like an agenda. What do you want to know first?", *_TIME, kind="question"),
        say(
            "Excuse me? You called me. I don't have to do this.",
            *INSULTS,
            "you dont understand",
            "your fault",
            "youre wrong",
            "whatever",
            heat=1,
        ),
        say(
            "That's an interesting way to win a customer. I'm taking notes.",
            *INSULTS,
            "you dont understand",
            "your fault",
            "youre wrong",
            "whatever",
            heat=1,
        ),
        say(
            "I think I've heard enough of that tone.",
            *INSULTS,
            "you dont understand",
            "your fault",
            "youre wrong",
            "whatever",
        ),
        say("Nice. And what has that got to do with my dispatch desk?", *ELSEWHERE, kind="off_topic"),
        say(
            "I don't do small talk with people who want my money. Back to the subject?",
            *ELSEWHERE,
            kind="off_topic",
        ),
        say("You're burning my twenty minutes, you know.", *ELSEWHERE, kind="off_topic"),
        say(
            "Good morning. I'm fine. Busy. You?",
            "hello",
            "hi",
            "good morning",
            "good afternoon",
            "how are you",
            "how is your day",
            kind="small_talk",
        ),
        say(
            "Sure. Nice to meet you, too. What do you want to know?",
            "nice to meet you",
            "my name is",
            "pleasure",
            "im calling from",
            kind="small_talk",
        ),
        say("Hm. And why do you ask?", kind="question", moods=HOT),
        say("Go on. I'm listening, but get to the point.", moods=HOT),
        say("Okay. Ask me something that you can't find on our website.", kind="question"),
        say(
            "Interesting. Tell me how that would look on a morning when three boilers die at once.",
            kind="question",
        ),
        say("I hear a lot of words. What's the question?", kind="question", moods=HOT),
        say("Maybe. I'd have to see it with our own mess, not with clean examples.", kind="objection"),
        say("That's a fair thought. I hadn't looked at it that way.", moods=COOL),
        say("You know what nobody ever asks me? Why the good ones leave.", kind="question"),
        say(
            "Let me think about that one.",
        ),
        say("I'm not sure I follow. Say it in one sentence.", kind="question"),
        say("All right. What else do you need to know from me?", kind="question", moods=COOL),
        say("Suppose I believe you. What could still go wrong?", kind="question"),
        say("Hello? My twenty minutes are running.", kind="silence"),
        say("Still there? I can hear you thinking.", kind="silence"),
        say("Did you lose your script?", kind="silence"),
        say(
            "All right. You did your homework. Put an hour on Thursday in my calendar, and I'll bring Tom. No slides.",
            kind="closing_good",
        ),
        say(
            "I have to run. But this was a good talk. Send me that reference, and we'll speak next week.",
            kind="closing_good",
        ),
        say("I'll stop you here. I don't see it. Please don't call again this year.", kind="closing_bad"),
        say("My time is up. Send me an email, and I may or may not read it.", kind="closing_bad"),
    ),
    criteria=(
        CriterionSheet(
            "open_questions",
            "Asked open questions",
            "Did the trainee ask at least one open question about how the buyer's company works?",
            1.5,
            (
                "how do you",
                "walk me through",
                "tell me about",
                "what does your",
                "tell me more",
                "what are your",
            ),
        ),
        CriterionSheet(
            "pain",
            "Looked for the real problem",
            "Did the trainee ask what the biggest problem is?",
            2.0,
            (
                "biggest challenge",
                "biggest problem",
                "hardest part",
                "what goes wrong",
                "keeps you up",
                "could change one thing",
                "what frustrates",
            ),
        ),
        CriterionSheet(
            "history",
            "Asked about earlier attempts",
            "Did the trainee ask what was tried before and how it went?",
            1.5,
            (
                "tried before",
                "in the past",
                "already tried",
                "went wrong",
                "what happened last time",
                "last rollout",
            ),
        ),
        CriterionSheet(
            "impact",
            "Put a number on it",
            "Did the trainee ask what the problem costs?",
            2.0,
            (
                "cost you",
                "how often",
                "what is the impact",
                "what's the impact",
                "what happens if",
                "how many people",
                "how many technicians",
            ),
        ),
        CriterionSheet(
            "decision",
            "Budget and decision",
            "Did the trainee ask about budget, decision makers or a deadline?",
            1.5,
            ("budget", "who else", "decision", "timeline", "deadline", "sign off"),
        ),
        CriterionSheet(
            "next_step",
            "Agreed on a next step",
            "Did the trainee propose a next step with a date?",
            2.0,
            ("next step", "next week", "on thursday", "meet again", "pilot", "follow up", "put an hour"),
        ),
        CriterionSheet(
            "no_early_pitch",
            "Did not pitch too early",
            "Did the trainee hold back the product until the buyer had described her situation?",
        ),
    ),
    targets=(
        Target("talk_ratio", 0.30, 0.43),
        Target("speech_rate", 120, 165),
        Target("filled_pauses", None, 3),
        Target("longest_monologue", None, 60),
        Target("response_latency", 0, 1.5),
        Target("questions", 8, None),
    ),
    time_limit_s=900,
    start_mood="tense",
    hot_words=cues(
        "sign today, limited offer, only today, game changer, cutting edge, revolutionary, our "
        "product, our platform, you need to, trust me, best on the market"
    ),
    cool_words=cues(
        "tell me about, walk me through, how do you, tell me more, biggest challenge, what would, did "
        "i get that right, your technicians, your people, sounds like, what happened, pilot"
    ),
)
