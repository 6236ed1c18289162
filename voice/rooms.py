"""The live room: the page in which a conversation is held."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.profiles import profile_of
from avatars.models import Avatar
from avatars.sheets import AvatarSheet
from memory.conversations import HeldSoFar, load_turns
from memory.models import Conversation
from memory.records import TurnRecord
from voice.casting import mood_so_far

SHOWN = ("trainee", "avatar")
"""Whose turns are captions: what a coach whispers or directs is not said in the room."""


BLANK_TURNS = [
    TurnRecord(0, "trainee", "speech", "", 0.0, 0.0),
    TurnRecord(0, "avatar", "reply", "", 0.0, 0.0),
]
"""What the page's script makes new captions from."""


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What the page's script must know. ``microphone``: how it begins (open, hold, muted); ``typing``: the
    trainee would rather type, so nobody asks for the microphone."""

    socket: str
    report: str
    home: str
    limit_s: int
    elapsed_ms: int
    microphone: str
    captions: bool
    typing: bool


@login_required
@never_cache
def room(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """The trainee's own conversation while it is open; its report afterwards. 404 for everybody else."""
    user = request.user
    assert isinstance(user, User)
    conversation = _own(user, conversation_id)
    if conversation.status == Conversation.Status.ENDED:
        return redirect("reports:report", conversation_id=conversation.pk)
    context = load_turns(conversation_id=conversation.pk)
    profile = profile_of(user)
    facts = RoomFacts(
        socket=f"/ws/voice/{conversation.pk}/",
        report=reverse("reports:report", args=[conversation.pk]),
        home=reverse("home"),
        limit_s=context.sheet.time_limit_s,
        elapsed_ms=round(context.elapsed_ms),
        microphone=profile.microphone,
        captions=profile.captions,
        typing=request.GET.get("type") == "1",
    )
    return render(
        request,
        "voice/room.html",
        {
            "conversation": conversation,
            "sheet": context.sheet,
            "face": _face(conversation, context),
            "mood": mood_so_far(context),
            "turns": _captions(context.turns),
            "blank_turns": BLANK_TURNS,
            "profile": profile,
            "limit": _minutes(context.sheet.time_limit_s),
            "facts": asdict(facts),
        },
    )


def _own(user: User, conversation_id: UUID) -> Conversation:
    """With the avatar as it is edited today, for its picture, and without the picture's bytes."""
    conversation: Conversation | None = (
        Conversation.objects.select_related("version__scenario__avatar__portrait")
        .defer("version__scenario__avatar__portrait__data")
        .filter(pk=conversation_id, trainee=user)
        .first()
    )
    if conversation is None:
        raise Http404
    return conversation


def _face(conversation: Conversation, context: HeldSoFar) -> Avatar | AvatarSheet:
    """Who is to be seen: the avatar's picture of today, unless the scenario is played by another one by now."""
    avatar: Avatar = conversation.version.scenario.avatar
    return avatar if avatar.slug == context.sheet.avatar.slug else context.sheet.avatar


def _captions(turns: list[TurnRecord]) -> list[TurnRecord]:
    """What nobody heard a word of was not said in the room; the page's script leaves it out, too."""
    return [turn for turn in turns if turn.speaker in SHOWN and turn.text]


def _minutes(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"
