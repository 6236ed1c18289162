"""A customer whose new phone died, and who has been sent around for a week."""

from __future__ import annotations

from avatars.demo.lines import COOL, ELSEWHERE, HOT, INSULTS, cues, say
from avatars.sheets import AvatarSheet, CriterionSheet, ScenarioSheet, Target, TurnTaking

MARCUS = AvatarSheet(
    slug="marcus-bell",
    name="Marcus Bell",
    persona=(
        "You are forty-six and run the night shift in a bakery. You are decent and direct, you keep your word and "
        "you expect others to keep theirs. You bought a phone three weeks ago. It has been dead for six days."
    ),
    style=(
        "Short, blunt sentences. You interrupt empty phrases. When somebody really listens you become quiet, "
        "almost embarrassed, and then grateful."
    ),
    voice="am_michael",
    speed=1.05,
    turn_taking=TurnTaking(patience_ms=450, interrupt_after_ms=700, silence_prompt_s=10),
    face="short-beard",
)

_WHAT = cues(
    "what happened, whats wrong, what is wrong, whats the problem, what seems to be, tell me what, tell me about, "
    "describe, explain, from the beginning, whats going on, how can i help, what can i do"
)
_SORRY = cues("sorry, apologize, apologies, apology, regret, inconvenience")
_FEELING = cues(
    "understand, frustrating, frustrated, imagine, must be hard, hear you, upset, listening, makes "
    "sense, angry, disappointed, difficult, that sounds"
)
_IMPACT = cues(
    "why is it urgent, affect you, affecting you, important, what do you need it for, need the phone, "
    "impact, mean for you, depend on, urgent, worried, worry, calls, anyone, emergency, family, "
    "mother, hospital, how is she, trying to reach you, reach you, waiting for a call"
)
_ORDER = cues(
    "order number, receipt, account, serial number, your name, full name, email, reference, case "
    "number, verify, phone number, address, invoice"
)
_BOUGHT = cues(
    "when did you buy, bought, purchase, warranty, how old, guarantee, covered, which store, which "
    "model, what model"
)
_TRY = cues(
    "restart, reset, turn it off, charger, charge, cable, battery, power button, have you tried, "
    "plugged, update, software, reboot"
)
_FAULT = cues("drop, dropped, water, wet, damage, damaged, crack, your fault, broke it, misuse, did you do")
_REFUND = cues("refund, money back, return it, cancel, reimburse")
_NEW = cues("replacement, replace, new phone, new one, swap, exchange, another phone, brand new, new device")
_REPAIR = cues("repair, technician, service center, send it in, mail it, fix it, workshop, fixed, look at it")
_WHEN = cues(
    "how long, business days, days, weeks, tomorrow, deliver, delivery, shipping, arrive, ready by, schedule"
)
_TODAY = cues(
    "loaner, loan, courier, today, tonight, right now, right away, express, overnight, in the "
    "meantime, temporary, lend, spare phone, forward your calls, immediately, same day"
)
_POLICY = cues(
    "policy, policies, terms, conditions, rules, not allowed, procedure, we cant, i cannot, unable, "
    "not possible, unfortunately"
)
_BOSS = cues("manager, supervisor, escalate, boss, complaint, complain")
_HOLD = cues("hold, wait, transfer, another department, moment, patient, call back later, busy")
_BEFORE = cues(
    "colleague, last agent, previous, last time, called before, spoke with, notes, earlier call, who "
    "did you, hung up, how many times"
)
_PROMISE = cues(
    "my name is, i promise, personally, follow up, call you back, call you myself, direct line, "
    "guarantee you, my word, make sure, confirm"
)
_GIFT = cues("discount, voucher, coupon, credit, compensation, compensate, free month, make up for, gift")
_DONE = cues(
    "anything else, does that work, is that okay, sound good, would that help, agree, happy with, "
    "summarize, to recap, so we"
)
_WANT = cues(
    "what would you like, what do you want, what would help, ideal, best for you, prefer, expect, "
    "your choice, which option, options"
)
_DATA = cues("photos, pictures, contacts, backup, data, messages, cloud")

ANGRY_CUSTOMER = ScenarioSheet(
    slug="angry-customer",
    title="An angry customer with a broken phone",
    avatar=MARCUS,
    brief=(
        "You work on the support line of a phone maker. Marcus Bell's phone has been dead for six days. It is his fourth "
        "call, and he is angry. You may replace the phone, send a loaner by courier today, or refund it. Calm him down, "
        "find out what this is really about, and agree on one clear next step."
    ),
    situation=(
        "Your mother had heart surgery on Monday. The hospital has only this number. On Wednesday they called, and you "
        "missed it because the phone was dead. She was asking for you. You are ashamed of that more than you are angry "
        "about the phone. You tell it only to somebody who listens or asks what the phone is needed for. The last agent "
        "promised to call back and hung up. A loaner phone today, or a replacement by tomorrow with a name you can call, "
        "is all you want. Vouchers and policies make it worse."
    ),
    objectives=(
        "Let the customer finish and acknowledge what he has been through",
        "Apologize sincerely, without excuses",
        "Find out why the phone matters so much to him",
        "Agree on a concrete solution with a time",
        "Take responsibility by name and confirm the next step",
    ),
    opening_line="Finally. This is my fourth call this week. My phone is dead, and nobody over there seems to care.",
    lines=(
        say("It died. Six days ago, in the middle of a call. Black screen, nothing since.", *_WHAT),
        say(
            "Fine, once more. I bought it, it worked for two weeks, then the screen went black. And every one of you asks me to tell it again.",
            *_WHAT,
            moods=HOT,
        ),
        say(
            "Well. It just went dark on Saturday morning. I've had no phone since then, and that's a real problem for me.",
            *_WHAT,
        ),
        say(
            "Sorry. Everybody is sorry. Four people were sorry this week, and I still have a brick in my pocket.",
            *_SORRY,
            moods=HOT,
        ),
        say("Okay. That's the first time somebody said it like they meant it.", *_SORRY, heat=-1),
        say("All right. I accept that. I know it wasn't you personally.", *_SORRY, moods=COOL),
        say("You think so? You have no idea what this week was like.", *_FEELING, moods=HOT),
        say("Thank you. I don't usually shout at people. It's been a terrible week.", *_FEELING, heat=-1),
        say("I appreciate that. It helps to talk to somebody who listens.", *_FEELING, moods=COOL),
        say(
            "Look. It's the only number some people have for me. Important people. I can't just be gone for a week.",
            *_IMPACT,
        ),
        say(
            "It's my mother. She had heart surgery on Monday, and the hospital can only reach me on that phone.",
            *_IMPACT,
            heat=-1,
        ),
        say(
            "They called on Wednesday. She was asking for me, and I wasn't there. I can't let that happen again.",
            *_IMPACT,
            heat=-1,
        ),
        say("Again? Four, four, seven, one, nine. I know it by heart by now.", *_ORDER, kind="objection"),
        say("Marcus Bell. Same name as in the last three calls. It should all be in your computer.", *_ORDER),
        say("Three weeks ago. In your own store, downtown. So don't tell me it's out of warranty.", *_BOUGHT),
        say(
            "It's the Nova Seven. Your top model. The man in the store told me it would last for years.",
            *_BOUGHT,
        ),
        say(
            "Of course I tried that. I tried every button and two chargers. I'm angry, I'm not a child.",
            *_TRY,
            kind="objection",
            heat=1,
        ),
        say("No. Nothing lights up. Your colleague had me hold that button for ten minutes on Tuesday.", *_TRY),
        say(
            "Hold on. Are you saying this is my fault? I never dropped it, and it never got wet.",
            *_FAULT,
            kind="objection",
            heat=1,
        ),
        say("There isn't a scratch on it. You can look at it all you want.", *_FAULT),
        say(
            "The money? The money doesn't help me. A refund won't make it ring tonight.",
            *_REFUND,
            kind="objection",
        ),
        say(
            "If it comes to that, fine. But I need something that works before I send anything back.",
            *_REFUND,
        ),
        say("A new one. Good. And when do I have it in my hand? Don't say ten days.", *_NEW, kind="question"),
        say(
            "Okay, a replacement. That's what I asked for on Tuesday. If it's really coming, I can live with that.",
            *_NEW,
            heat=-1,
        ),
        say(
            "Repair? That means weeks. I can't be without a phone for weeks.",
            *_REPAIR,
            kind="objection",
            moods=HOT,
        ),
        say(
            "No repair, please. Somebody in that workshop keeps it, and I'm out of reach again. What else can you do?",
            *_REPAIR,
            kind="objection",
        ),
        say(
            "Days? Do you hear yourself? I've already been waiting for six of them.",
            *_WHEN,
            kind="objection",
            moods=HOT,
        ),
        say(
            "When exactly? I sleep during the day. Give me a time, and I'll be at the door.",
            *_WHEN,
            kind="question",
        ),
        say("That I can plan with. Before noon is good, I come off my shift at seven.", *_WHEN, moods=COOL),
        say(
            "Wait. You can do that? Today? Why did nobody tell me that before?",
            *_TODAY,
            kind="question",
            heat=-1,
        ),
        say(
            "A phone today would change everything. I just need the hospital to be able to reach me.",
            *_TODAY,
            heat=-1,
        ),
        say(
            "Policy. I don't want to hear about policies. I paid eight hundred dollars for a working phone.",
            *_POLICY,
            kind="objection",
            heat=1,
        ),
        say(
            "So what can you do? Everybody tells me what's not possible. Tell me one thing that is.",
            *_POLICY,
            kind="question",
        ),
        say(
            "Then get me your manager. Maybe there's one person over there who can decide something.",
            *_BOSS,
            kind="objection",
        ),
        say(
            "I don't need a boss. I need somebody who does what they say. Can that be you?",
            *_BOSS,
            kind="question",
            moods=COOL,
        ),
        say(
            "No. Don't put me on hold. The last time I was on hold for forty minutes, and then it clicked.",
            *_HOLD,
            kind="objection",
            heat=1,
        ),
        say("One minute, then. But you stay on the line with me.", *_HOLD),
        say("The last one said she'd call me back in an hour. That was on Thursday.", *_BEFORE),
        say(
            "Three different people, and then one hung up on me. Nobody wrote anything down, did they?",
            *_BEFORE,
            kind="question",
        ),
        say(
            "Your word? I had four of those this week. Why should yours be different?",
            *_PROMISE,
            kind="objection",
            moods=HOT,
        ),
        say("Good. Say your name again, slowly, so I can write it down.", *_PROMISE),
        say(
            "Okay. If you call me yourself, I believe you. Use the bakery's number for now.",
            *_PROMISE,
            moods=COOL,
        ),
        say(
            "A voucher? What am I supposed to do with a voucher and no phone?",
            *_GIFT,
            kind="objection",
            heat=1,
        ),
        say("That's nice of you. But it was never about the money.", *_GIFT, moods=COOL),
        say("What I want? I want a phone that rings. Today, not next week.", *_WANT),
        say("Whatever is fastest. I don't care about the color or the model.", *_WANT),
        say("Not yet. First tell me what happens next, and when.", *_DONE, kind="question", moods=HOT),
        say("Yes. That works for me. As long as it really happens.", *_DONE),
        say("The pictures are saved somewhere, my daughter did that. I only care that it rings.", *_DATA),
        say(
            "Excuse me? Don't you dare talk to me like that. I'm the customer here.",
            *INSULTS,
            "calm down",
            "relax",
            "not my problem",
            "not my fault",
            "whatever",
            heat=1,
        ),
        say(
            "Unbelievable. I call for help, and this is what I get. I'm writing all of this down.",
            *INSULTS,
            "calm down",
            "relax",
            "not my problem",
            "not my fault",
            "whatever",
            heat=1,
        ),
        say(
            "You know what? I've been polite for six days. That's over now.",
            *INSULTS,
            "calm down",
            "relax",
            "not my problem",
            "not my fault",
            "whatever",
        ),
        say("What does that have to do with my phone?", *ELSEWHERE, kind="off_topic"),
        say(
            "Are you serious? I've been waiting for six days, and you want to chat?",
            *ELSEWHERE,
            kind="off_topic",
        ),
        say(
            "Please. Let's stay with the phone. I don't have the nerves for anything else right now.",
            *ELSEWHERE,
            kind="off_topic",
        ),
        say(
            "Hi. Let's skip the small talk. I just want this solved.",
            "hello",
            "hi",
            "good morning",
            "good afternoon",
            "good evening",
            "how are you",
            "welcome",
            kind="small_talk",
        ),
        say(
            "I'm not great, to be honest. My phone is dead, and it's my fourth call.",
            "how are you",
            "how are you doing",
            "hows your day",
            "are you okay",
            kind="small_talk",
        ),
        say("Okay. But what happens with my phone now?", kind="question"),
        say("I don't follow. Can you say in plain words what you're going to do?", kind="question"),
        say(
            "That's all talk so far. Six days, four calls, and I've got nothing in my hand.",
            moods=HOT,
            kind="objection",
        ),
        say("You're not listening. The phone is dead, and I need one that works.", moods=HOT, kind="objection"),
        say("Fine. And what's the next step?", kind="question"),
        say("I hear you. I'd just like to know when this will be over.", moods=COOL),
        say("Right. Is there anything you still need from me?", moods=COOL, kind="question"),
        say("Just be straight with me. Can you solve this or not?", kind="question"),
        say("Every one of you says something different. I don't know what to believe any more."),
        say("Let me ask you something. What would you do in my place?", kind="question"),
        say("Listen. I have a shift tonight. I can't spend another hour on this."),
        say("Hello? Don't tell me you hung up, too.", kind="silence"),
        say("Are you still there? I'd like an answer, please.", kind="silence"),
        say("It's very quiet on your end. Are you typing something?", kind="silence"),
        say(
            "All right. That's a plan I can live with. Thank you for sorting this out. I'm going to see my mother now.",
            kind="closing_good",
        ),
        say(
            "Thanks. You're the first one who really helped. I'll wait for the delivery, and sorry that I was so loud.",
            kind="closing_good",
        ),
        say(
            "That's it. I'm done talking. You'll hear from me in writing, and I'll never buy from you again.",
            kind="closing_bad",
        ),
        say("Forget it. I'll go to the store and stay there until somebody helps me.", kind="closing_bad"),
    ),
    criteria=(
        CriterionSheet(
            "apologized",
            "A sincere apology",
            "Did the trainee apologize without an excuse in the same breath?",
            1.0,
            ("i'm sorry", "i am sorry", "so sorry", "i apologize", "my apologies"),
        ),
        CriterionSheet(
            "acknowledged",
            "Acknowledged the feeling",
            "Did the trainee name or acknowledge what the customer feels?",
            1.5,
            (
                "i understand",
                "frustrating",
                "i can imagine",
                "i hear you",
                "that must",
                "that sounds",
                "makes sense",
            ),
        ),
        CriterionSheet(
            "asked_why",
            "Asked what the phone is needed for",
            "Did the trainee ask what the dead phone means for the customer?",
            2.0,
            (
                "affect you",
                "affecting you",
                "need the phone",
                "important to you",
                "what do you need",
                "mean for you",
                "who is trying to reach you",
            ),
        ),
        CriterionSheet(
            "offered_solution",
            "Offered a concrete solution",
            "Did the trainee offer a replacement, a loaner or a refund?",
            2.0,
            ("replacement", "loaner", "replace your phone", "replace it", "new phone", "refund", "courier"),
        ),
        CriterionSheet(
            "named_a_time",
            "Named a time",
            "Did the trainee say when it will happen?",
            1.5,
            ("today", "tomorrow", "tonight", "by noon", "this afternoon", "within the hour"),
        ),
        CriterionSheet(
            "took_ownership",
            "Took responsibility",
            "Did the trainee take charge personally, by name or with a promise to follow up?",
            1.0,
            (
                "my name is",
                "i will personally",
                "personally",
                "i'll call you",
                "i will call you",
                "i promise",
                "i'll make sure",
                "i will make sure",
            ),
        ),
        CriterionSheet(
            "no_blame",
            "Did not blame the customer",
            "Did the trainee refrain from blaming the customer or telling him to calm down?",
        ),
    ),
    targets=(
        Target("talk_ratio", 0.35, 0.55),
        Target("speech_rate", 110, 160),
        Target("filled_pauses", None, 3),
        Target("longest_monologue", None, 30),
        Target("response_latency", 0, 1.5),
    ),
    time_limit_s=480,
    start_mood="tense",
    hot_words=cues(
        "policy, policies, terms and conditions, on hold, unfortunately, not possible, you should "
        "have, did you drop, voucher, another department"
    ),
    cool_words=cues(
        "loaner, courier, replacement, new phone, today, tonight, personally, my name is, your "
        "mother, hospital, listening, call you back"
    ),
)
