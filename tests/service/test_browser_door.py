"""The browser's door on a real server, spoken to in real time."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from tests.service.client import RATE, conversation, open_door, sign_in, spoken, start
from tests.service.served import Served, manage, wait_until

LEAVER = """
from accounts.models import Organization, User
demo = User.everyone.get(email="trainee@demo.test").organization
print(User.everyone.create_user("leaver@demo.test", "demo", organization=demo).pk)
"""


@pytest.fixture
def base(house: Served) -> str:
    return f"http://127.0.0.1:{house.port}"


def test_it_opens_the_scene_hears_what_is_said_and_answers_aloud(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "angry-customer") as browser:
            assert browser.types()[0] == "session.created"
            await browser.wait_for("coach.engines")
            await browser.wait_for("coach.state", state="speaking")
            await browser.wait_for("response.done")
            before = len(browser.events)
            speech = await spoken(
                "I am very sorry that your phone is broken. I will send you a new phone today."
            )
            await browser.say(speech, silence_ms=2000)
            spoke_s = len(speech) / RATE
            await browser.wait_for("response.done", after=before)
            partials = [event for event in browser.events[before:] if event["type"] == "coach.partial"]
            assert len(partials) >= 2
            opening, said, answer = browser.turns()
            assert (opening["speaker"], opening["kind"]) == ("avatar", "opening")
            assert (said["speaker"], said["kind"], said["interrupted"]) == ("trainee", "speech", False)
            assert {"sorry", "phone"} & set(said["text"].lower().split())
            assert abs((said["ended_ms"] - said["started_ms"]) - spoke_s * 1000) < 700
            assert (answer["speaker"], answer["kind"], answer["unheard_text"]) == ("avatar", "reply", "")
            assert answer["words"][0][1] >= said["ended_ms"]
            assert set(answer["timings"]) == {
                "vad_lag_ms", "endpoint_ms", "stt_ms", "llm_first_token_ms", "tts_first_audio_ms",
                "response_gap_ms",
            }  # fmt: skip
            item = next(event["item_id"] for event in browser.events if event["type"] == "coach.timings")
            loud = np.abs(np.frombuffer(bytes(browser.sound[item]), "<i2")).max()
            assert loud > 1000
            await browser.send("coach.end")
            assert await browser.wait_for_close() == 1000
            assert browser.events[-1]["type"] == "coach.state"
            assert (browser.events[-1]["state"], browser.events[-1]["reason"]) == ("ended", "hung_up")

    asyncio.run(main())


def test_it_answers_typed_text(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "lumina") as browser:
            await browser.wait_for("response.done")
            before = len(browser.events)
            await browser.send("coach.say", text="Hello Lumina, how are you today?")
            await browser.wait_for("response.done", after=before)
            typed, answer = browser.turns()[-2:]
            assert (typed["kind"], typed["text"]) == ("typed", "Hello Lumina, how are you today?")
            assert answer["kind"] == "reply"
            assert answer["text"]

    asyncio.run(main())


def test_it_takes_push_to_talk(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "lumina", manual=True) as browser:
            await browser.wait_for("response.done")
            before = len(browser.events)
            await browser.say(await spoken("Tell me about my day please."), silence_ms=200)
            await browser.send("input_audio_buffer.commit")
            await browser.send("response.create")
            await browser.wait_for("response.done", after=before)
            said, answer = browser.turns()[-2:]
            assert (said["kind"], answer["kind"]) == ("speech", "reply")
            assert len(said["text"].split()) >= 2

    asyncio.run(main())


def test_it_falls_silent_when_spoken_over_and_keeps_what_was_heard(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "discovery-call") as browser:
            await browser.wait_for("response.done")
            await browser.send("coach.say", text="What is the biggest problem in your team right now?")
            before = len(browser.events)
            await browser.wait_for("coach.state", after=before, state="speaking")
            await browser.say(
                await spoken("Excuse me, I have to stop you there for a moment."), silence_ms=1500
            )
            await browser.wait_for("output_audio_buffer.cleared", after=before)
            paused = browser.types().index("coach.output.pause")
            assert paused < browser.types().index("output_audio_buffer.cleared")
            await browser.wait_for(
                "response.done", after=before + browser.types()[before:].index("response.done") + 1
            )
            cut = next(turn for turn in browser.turns() if turn["interrupted"])
            assert cut["speaker"] == "avatar"
            assert cut["unheard_text"]
            following = next(turn for turn in browser.turns() if turn["seq"] > cut["seq"])
            assert following["speaker"] == "trainee"

    asyncio.run(main())


BAD_FRAMES = [
    ("{not json", "bad_event"),
    ("[1, 2]", "bad_event"),
    ('{"type": "no.such.event"}', "bad_event"),
    ('{"type": "coach.say"}', "bad_event"),
    ('{"type": "coach.say", "text": 7}', "bad_event"),
    ('{"type": "input_audio_buffer.append", "audio": "%%%"}', "bad_audio"),
    ('{"type": "input_audio_buffer.commit"}', "bad_event"),
    ('{"type": "session.update", "session": {"audio": {"input": {"format": {"rate": 1}}}}}', "bad_event"),
    (b"\x01\x02\x03", "bad_audio"),
    (b"\x00" * 66_000, "message_too_large"),
    ('{"type": "coach.say", "text": "' + "x" * 66_000 + '"}', "message_too_large"),
]


def test_it_answers_bad_input_with_an_error_and_goes_on(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "lumina") as other, conversation(base, "lumina") as browser:
            await browser.wait_for("response.done")
            for frame, code in BAD_FRAMES:
                before = len(browser.events)
                await browser.socket.send(frame)
                error = (await browser.wait_for("error", after=before))["error"]
                assert error["code"] == code, (frame[:60], error)
                assert error["hint"]
                assert "x" * 50 not in str(error)
            before = len(browser.events)
            await browser.send("coach.say", text="Are you still there?", event_id="mine")
            await browser.wait_for("response.done", after=before)
            assert not [event for event in other.events if event["type"] == "error"]

    asyncio.run(main())


def test_a_client_that_floods_is_cut_off_and_others_are_not(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "lumina") as other, conversation(base, "lumina") as browser:
            for _ in range(400):
                await browser.socket.send("{not json")
            assert await browser.wait_for_close() == 4429
            errors = [event for event in browser.events if event["type"] == "error"]
            assert 20 <= len(errors) <= 60
            before = len(other.events)
            await other.send("coach.say", text="Are you still there?")
            await other.wait_for("response.done", after=before)

    asyncio.run(main())


def test_an_error_names_the_event_that_caused_it(base: str) -> None:
    async def main() -> None:
        async with conversation(base, "lumina") as browser:
            await browser.send("conversation.item.truncate", event_id="e7", item_id="item_x", audio_end_ms=10)
            error = (await browser.wait_for("error"))["error"]
            assert (error["code"], error["event_id"], error["type"]) == (
                "bad_event",
                "e7",
                "invalid_request_error",
            )

    asyncio.run(main())


def test_it_stays_shut_for_strangers(base: str) -> None:
    async def main() -> None:
        async with sign_in(base) as trainee, sign_in(base, "coach@demo.test") as coach:
            conversation_id = await start(trainee, "lumina")
            path = f"/ws/voice/{conversation_id}/"
            for client, code in ((None, 4401), (coach, 4404)):
                async with open_door(client, base, path) as browser:
                    error = (await browser.wait_for("error"))["error"]
                    assert error["code"] == "not_authorised"
                    assert await browser.wait_for_close() == code
                    assert browser.types() == ["error"]
            unknown = "/ws/voice/00000000-0000-4000-8000-000000000000/"
            async with open_door(trainee, base, unknown) as browser:
                assert (await browser.wait_for("error"))["error"]["code"] == "not_authorised"
                assert await browser.wait_for_close() == 4404
            from websockets.exceptions import InvalidStatus

            for wrong in (path, "/ws/elsewhere/"):
                origin = "http://evil.test" if wrong == path else base
                with pytest.raises(InvalidStatus) as refused:
                    async with open_door(trainee, base, wrong, origin=origin):
                        pass
                assert refused.value.response.status_code == 403

    asyncio.run(main())


STATUS = """
from django_scopes import scopes_disabled
from memory.models import Conversation
with scopes_disabled():
    one = Conversation.objects.get(pk=ID)
print(one.status, one.lease_owner == "")
"""


def test_a_connection_that_breaks_off_leaves_the_conversation_interrupted(base: str, house: Served) -> None:
    async def main() -> str:
        async with conversation(base, "lumina") as browser:
            await browser.wait_for("coach.state", state="speaking")
            browser.socket.transport.abort()  # as when the network is gone: no goodbye
            await browser.wait_for_close()
            return browser.conversation_id

    code = STATUS.replace("ID", repr(asyncio.run(main())))
    wait_until(
        lambda: manage(house.data, "shell", "-v0", "-c", code).stdout.split() == ["interrupted", "True"],
        "the conversation to be interrupted",
    )


OUTSIDER = """
from allauth.account.models import EmailAddress
from accounts.models import Organization, User
from accounts.scoping import organization_scope
other = Organization.objects.create(name="Other", slug="other")
user = User.everyone.create_user("outsider@other.test", "a long password", organization=other, role="admin")
EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
"""


def test_another_organization_sees_nothing(base: str, house: Served) -> None:
    made = manage(house.data, "shell", "-v0", "-c", OUTSIDER)
    assert made.returncode == 0, made.stderr

    async def main() -> None:
        async with (
            sign_in(base) as trainee,
            sign_in(base, "outsider@other.test", "a long password") as outsider,
        ):
            path = f"/ws/voice/{await start(trainee, 'lumina')}/"
            async with open_door(outsider, base, path) as browser:
                error = (await browser.wait_for("error"))["error"]
                assert (error["code"], await browser.wait_for_close()) == ("not_authorised", 4404)
            headers = {"X-CSRFToken": outsider.cookies["csrftoken"], "Referer": base}
            answer = await outsider.post("/conversations/start/", json={"scenario": "lumina"}, headers=headers)
            assert answer.status_code == 404
            async with open_door(trainee, base, path) as browser:
                assert await browser.wait_for("session.created")

    asyncio.run(main())


def test_a_conversation_moves_to_the_window_that_opened_it_last(base: str) -> None:
    async def main() -> None:
        async with sign_in(base) as client:
            path = f"/ws/voice/{await start(client, 'angry-customer')}/"
            async with open_door(client, base, path) as first:
                await first.set_up()
                await first.wait_for("response.done")
                async with open_door(client, base, path) as second:
                    assert await first.wait_for_close() == 4409
                    assert first.events[-1]["type"] == "coach.state"
                    assert (first.events[-1]["state"], first.events[-1]["reason"]) == ("ended", "elsewhere")
                    await second.set_up()
                    before = len(second.events)
                    await second.send("coach.say", text="I am sorry about the phone.")
                    await second.wait_for("response.done", after=before)
                    typed, answer = second.turns()[-2:]
                    assert (typed["seq"], answer["seq"]) == (2, 3)

    asyncio.run(main())


def test_who_signs_out_leaves_the_conversation_and_can_take_it_up_again(base: str) -> None:
    async def main() -> None:
        async with sign_in(base) as client, sign_in(base) as again:
            path = f"/ws/voice/{await start(client, 'angry-customer')}/"
            async with open_door(client, base, path) as browser:
                await browser.set_up()
                await browser.wait_for("response.done")
                headers = {"X-CSRFToken": client.cookies["csrftoken"], "Referer": base}
                await client.post("/accounts/logout/", headers=headers)
                assert await browser.wait_for_close() == 4401
                assert (browser.events[-1]["state"], browser.events[-1]["reason"]) == ("ended", "signed_out")
            async with open_door(again, base, path) as browser:
                await browser.set_up()
                await browser.send("coach.say", text="I am sorry about the phone.")
                await browser.wait_for("response.done")
                assert [turn["seq"] for turn in browser.turns()] == [2, 3]

    asyncio.run(main())


def test_who_is_deactivated_is_hung_up_on(base: str, house: Served) -> None:
    async def main() -> None:
        async with sign_in(base, "admin@demo.test") as admin, sign_in(base, "leaver@demo.test") as leaver:
            path = f"/ws/voice/{await start(leaver, 'lumina')}/"
            async with open_door(leaver, base, path) as browser:
                await browser.set_up()
                await browser.wait_for("response.done")
                person = f"/admin/accounts/user/{who.strip()}/change/"
                stored = {"email": "leaver@demo.test", "language": "en", "role": "trainee"}
                headers = {"X-CSRFToken": admin.cookies["csrftoken"], "Referer": base}
                await admin.post(person, data=stored, headers=headers)
                assert await browser.wait_for_close() == 1000
                assert (browser.events[-1]["state"], browser.events[-1]["reason"]) == ("ended", "deactivated")
            async with open_door(leaver, base, path) as browser:
                assert await browser.wait_for_close() == 4401

    made = manage(house.data, "shell", "-v0", "-c", LEAVER)
    assert made.returncode == 0, made.stderr
    who = made.stdout
    asyncio.run(main())


def test_a_lost_connection_is_taken_up_again_with_its_context(base: str) -> None:
    async def main() -> None:
        async with sign_in(base) as client:
            path = f"/ws/voice/{await start(client, 'angry-customer')}/"
            async with open_door(client, base, path) as browser:
                await browser.set_up()
                await browser.wait_for("response.done")
                await browser.send("coach.say", text="My name is Sam and I am sorry about the phone.")
                await browser.wait_for("coach.turn", after=len(browser.events))
            async with open_door(client, base, path) as browser:
                await browser.set_up()
                done = await browser.wait_for("response.done")  # the answer that it still owed
                assert done["response"]["status"] == "completed"
                (answer,) = browser.turns()
                assert answer["seq"] >= 3
                state = await browser.wait_for("coach.state")
                assert state["elapsed_ms"] > 1000

    asyncio.run(main())
