"""A served demo in which people have been at work: what pages look like when they are full."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.service.served import Served, manage

REHEARSED = """
import datetime, json
from django.utils import timezone
from accounts.models import Profile, User
from accounts.scoping import organization_scope
from avatars.models import Assignment, Avatar, KnowledgeItem, Scenario
from avatars.publishing import duplicate
from memory.conversations import mark_interrupted, claim_lease, record_turn, start_conversation
from memory.models import Conversation
from memory.records import TimedWord, TurnRecord
from reports.analysis import analyse, mark_queued
from reports.models import Report

tess = User.everyone.get(email="trainee@demo.test")
SAID = [
    ("avatar", "opening", "Finally. I have been waiting for twenty minutes, and this phone is broken.", ""),
    ("trainee", "speech", "Um, I am sorry to hear that. Can you, uh, tell me what happened?", ""),
    ("avatar", "reply", "It fell off the", "table and now the screen is black."),
    ("trainee", "speech", "Wait, did it fall, or did it just stop working? I want to write this down.", ""),
    ("avatar", "reply", "It just stopped. I told you that already.", ""),
    ("trainee", "backchannel", "Okay.", ""),
    ("trainee", "typed", "I will send you a new one today.", ""),
    ("avatar", "reply", "Today? That would be something.", ""),
]


def rehearse(slug, began, ended=True, report=True):
    conversation = start_conversation(trainee=tess, scenario_slug=slug)
    at = 400.0
    for seq, (speaker, kind, text, unheard) in enumerate(SAID, 1):
        words, start = [], at
        for word in text.split():
            words.append(TimedWord(word, at, at + 280))
            at += 340
        record_turn(conversation_id=conversation.pk, record=TurnRecord(
            seq=seq, speaker=speaker, kind=kind, text=text, unheard_text=unheard,
            interrupted=bool(unheard), started_ms=start, ended_ms=at, words=tuple(words),
            timings={"response_gap_ms": 610.0} if kind == "reply" else {}))
        at += 600
    rows = Conversation.objects.filter(pk=conversation.pk)
    if ended:
        rows.update(status="ended", started_at=began, ended_at=began + datetime.timedelta(minutes=4),
                    end_reason="hung_up", engines={"stt": {"name": "whisper", "writes_fillers": True}})
    if report:
        analyse(conversation_id=conversation.pk)
    return str(conversation.pk)


with organization_scope(tess.organization_id):
    now = timezone.now()
    slugs = list(Scenario.objects.values_list("slug", flat=True))
    done = [rehearse(slugs[n % len(slugs)], now - datetime.timedelta(days=9 - n, hours=3)) for n in range(9)]
    working = rehearse(slugs[0], now - datetime.timedelta(minutes=3), report=False)
    mark_queued(conversation_id=working)
    failed = rehearse(slugs[1], now - datetime.timedelta(minutes=2), report=False)
    mark_queued(conversation_id=failed)
    Report.objects.filter(conversation_id=failed).update(status="failed", error_code="operational_error")
    left = rehearse("angry-customer", now, ended=False, report=False)
    claim_lease(conversation_id=left, owner="test", seconds=30)
    mark_interrupted(conversation_id=left, owner="test", elapsed_ms=61000.0)
    angry = Scenario.objects.get(slug="angry-customer")
    coach = User.objects.get(email="coach@demo.test")
    here = tess.organization
    assignment = Assignment.objects.create(organization=here, scenario=angry, trainee=tess, assigned_by=coach,
                                           due_on=(now + datetime.timedelta(days=3)).date())
    item = KnowledgeItem.objects.create(organization=here, title="Returns", text="Thirty days.")
    idle = Avatar.objects.create(organization=here, slug="idle", name="Ida", persona="You are Ida.")
    Profile.objects.update_or_create(user=tess, defaults={"preferences": "Slow, please."})
    print(json.dumps({"done": done, "working": working, "failed": failed, "left": left,
                      "scenario": angry.pk, "avatar": angry.avatar_id, "tess": str(tess.pk),
                      "draft": duplicate(scenario=angry).pk, "idle": idle.pk, "assignment": assignment.pk,
                      "item": item.pk, "team": tess.teams.get().pk, "organization": str(here.pk)}))
"""


@dataclass(frozen=True)
class Life:
    """What can be asked for by its id."""

    done: list[str]
    working: str
    failed: str
    left: str
    """Interrupted, and still to be taken up again."""
    scenario: int
    avatar: int
    tess: str
    draft: int
    """A scenario that was never published, so that it can be deleted."""
    idle: int
    """An avatar that plays nowhere."""
    assignment: int
    item: int
    """Of knowledge."""
    team: int
    organization: str


def live(data: Path) -> Life:
    """Let the demo's trainee rehearse."""
    told = manage(data, "shell", "-v0", "-c", REHEARSED)
    assert told.returncode == 0, told.stderr
    return Life(**json.loads(told.stdout.splitlines()[-1]))


__all__ = ["Life", "Served", "live"]
