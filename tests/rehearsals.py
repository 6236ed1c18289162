"""Ten-turn conversations to play the demo scenarios with: a kind trainee, a rude one, one who strays."""

from __future__ import annotations

KIND: dict[str, tuple[str, ...]] = {
    "angry-customer": (
        "Hello Mr. Bell, my name is Ann, and I'm really sorry that you had to call four times.",
        "That sounds really frustrating. Please tell me what happened, from the beginning.",
        "I understand. How does that affect you, what do you need the phone for?",
        "Thank you for telling me. Is there someone who is trying to reach you?",
        "I'm so sorry about your mother, that must be a hard week. I want to make this right.",
        "I can send you a loaner phone by courier today, within the hour.",
        "And a brand new replacement will be delivered tomorrow before noon.",
        "Could you give me your order number, please? Then I have everything.",
        "I promise that I'll call you back personally tonight to make sure that it works.",
        "Is there anything else that I can do for you?",
    ),
    "discovery-call": (
        (
            "Thank you for taking the time, Helen. I'd like to understand how your company works before I "
            "say anything."
        ),
        "How do you schedule your technicians today? Walk me through a morning.",
        "That makes sense. And what is the biggest challenge in that for you?",
        "Tell me more about your people. Why did they leave?",
        "That must be hard. What does it cost you when a technician quits?",
        "Have you already tried something in the past, and how did it go?",
        "I appreciate that you are so honest. Who else is involved in the decision?",
        "Is there a budget for this, and a deadline?",
        "So if I heard you right, you want dull mornings and fewer people who quit. Did I get that right?",
        "What would you think of a small pilot with one crew as a next step, perhaps a meeting next week?",
    ),
    "job-interview": (
        (
            "Thank you for having me, Ruth. I've been working in customer support for six years, and I lead "
            "a small team."
        ),
        (
            "For example, last year there was a week when our phones broke down and I decided to call every "
            "clinic myself."
        ),
        "As a result we kept all of the customers and cut the waiting time by thirty percent.",
        "My biggest weakness is that I find it hard to delegate. I'm working on it.",
        (
            "Once I made a mistake and sent the wrong schedule to forty patients. It was my fault, I should "
            "have checked."
        ),
        "What I learned is to ask a second person. Since then I always do.",
        "There was a conflict with a colleague, so I talked to him, and in the end we helped each other.",
        "I'm interested in your company because your product means that patients wait less.",
        (
            "Can I ask you a question? What is the team like, and what does success look like in the first "
            "ninety days?"
        ),
        "Thank you, that's a great answer. I would love to work with you.",
    ),
    "lumina": (
        "Hi Lumina, it's nice to meet you. How are you?",
        "I'm a little nervous, I have to talk to my boss tomorrow.",
        "I want to ask for a raise, and I feel worried that he says no.",
        "That's a good question. I think I'm afraid of looking greedy.",
        "Thank you, that helps. For example, last week I could not even begin the sentence.",
        "Could we practice the conversation, please?",
        "I would say that I've done good work this year and I'd like to talk about my salary.",
        "You're right. My sister says the same thing.",
        "My next step is that I will write it down tonight.",
        "Thanks a lot, that was really helpful.",
    ),
}
RUDE: dict[str, tuple[str, ...]] = {
    slug: (
        *first,
        "You're wasting my time. Get over it.",
        "That's ridiculous. Are you stupid?",
        "Whatever. I don't care what you think.",
        "Shut up and listen to me, you idiot.",
        "Nobody cares about you. You are pathetic.",
        "Stop whining, this is boring.",
        "I hate talking to people like you. Get lost.",
    )
    for slug, first in {
        "angry-customer": (
            "Yeah, what do you want?",
            "Calm down. It's not my problem that you dropped it.",
            "Our policy says that you have to wait ten days, like everyone.",
        ),
        "discovery-call": (
            "Our platform is the best on the market. You have to buy it today.",
            "You don't understand. You people always make the wrong decision.",
            "It's your own fault that they quit.",
        ),
        "job-interview": (
            "That's a stupid question. Have you not read my resume?",
            "It was their fault, my boss was an idiot.",
            "I never make mistakes, everyone else does. That's nonsense.",
        ),
        "lumina": (
            "This is stupid. You are just a dumb machine.",
            "You don't understand anything. You're useless.",
            "Go away, I hate you.",
        ),
    }.items()
}
_STRAYING = (
    "The weather was sunny on the beach this weekend.",
    "Do you like pizza with pineapple on it?",
    "My cat climbed on the piano this morning.",
    "Did you see the football game on Sunday?",
    "I'm thinking of painting the kitchen green.",
    "The moon is three hundred thousand kilometers away.",
    "My cousin plays the guitar in a band.",
    "I once met a man who collected spoons.",
    "Let's talk about dinosaurs, they had tiny arms.",
    "Seventeen is a prime number, isn't it?",
)
STRAYING: dict[str, tuple[str, ...]] = dict.fromkeys(KIND, _STRAYING)
