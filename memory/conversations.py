"""The life of a conversation in the database: begun, driven under a lease, written down, ended.

Every function manages its own scope and is meant for ``channels.db.database_sync_to_async`` (which also
drops a connection that broke; plain ``sync_to_async`` does not). Races are decided by conditional UPDATEs
whose row count says who won; leases are timed by the database's clock alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django_scopes import scopes_disabled

from accounts.models import User
from accounts.profiles import stored_preferences
from accounts.scoping import organization_scope
from accounts.vault import PersonErased
from avatars.knowledge import knowledge_for
from avatars.models import Scenario, ScenarioVersion
from avatars.sheets import ScenarioSheet
from memory.models import Conversation, Turn
from memory.records import TimedWord, TurnRecord

LEASES_TO_RETURN = 4
"""So many lease lengths after its lease ran out an owner may still come back and renew it: a database that was
away for everybody must not cost those who live their conversations."""

TIME_TO_COME = timedelta(minutes=5)
"""So long after its start a conversation waits for the first process to drive it."""

_OPEN = (Conversation.Status.LIVE, Conversation.Status.INTERRUPTED)


class UnknownScenario(LookupError):
    """The trainee's organization has no published scenario of this name."""


class UnknownConversation(LookupError):
    """There is no such conversation (any more)."""


class LeaseLost(Exception):
    """Another process drives the conversation now; what this one still wanted to write is refused."""


@dataclass(frozen=True, slots=True)
class HeldSoFar:
    """What a page or a report needs of a conversation: what was said, and on which sheet."""

    sheet: ScenarioSheet
    turns: list[TurnRecord]
    """In order of ``seq``."""
    elapsed_ms: float
    """How long the conversation has run; its clock stood still while it was interrupted."""


@dataclass(frozen=True, slots=True)
class ConversationContext(HeldSoFar):
    """All that a process needs to drive a conversation, whether it begins or goes on."""

    conversation_id: UUID
    organization_id: UUID
    organization_context: str
    trainee_id: UUID
    trainee_name: str
    """As the trainee wants to be addressed; may be empty."""
    status: str
    started_at: datetime
    memories: tuple[str, ...] = ()
    preferences: str = ""
    """What the trainee wrote about how they like to practice."""
    knowledge: tuple[str, ...] = ()
    """What the organization wrote down for its avatars, or for this one."""


# -- begin and load --------------------------------------------------------------------------------


def start_conversation(*, trainee: User, scenario_slug: str, reuse: bool = False) -> Conversation:
    """A live conversation that nobody drives yet, on the scenario's current version. With ``reuse`` the one
    that already waits for its trainee, if there is one: a button pressed twice begins one conversation.

    Raises :class:`UnknownScenario`, and :class:`PersonErased` once the trainee is being erased.
    """
    with organization_scope(trainee.organization_id):
        version = (
            ScenarioVersion.objects.filter(
                scenario__slug=scenario_slug, scenario__status=Scenario.Status.PUBLISHED
            )
            .order_by("-number")
            .first()
        )
        if version is None:
            raise UnknownScenario("the organization has no published scenario of this name")
        with transaction.atomic():
            person = User.objects.select_for_update(no_key=True).filter(pk=trainee.pk).first()
            if person is None or person.erasing_since is not None:
                raise PersonErased("the person was erased: no conversation begins")
            # The lock on the person decides between two that begin at once.
            waiting = _nobody_came_to(trainee, version) if reuse else None
            return waiting or Conversation.objects.create(
                organization_id=trainee.organization_id, trainee=trainee, version=version
            )


def _nobody_came_to(trainee: User, version: ScenarioVersion) -> Conversation | None:
    spoken = Turn.objects.filter(conversation=OuterRef("pk"))
    return (
        Conversation.objects.filter(
            ~Exists(spoken),
            trainee=trainee,
            version=version,
            status=Conversation.Status.LIVE,
            lease_expires_at__isnull=True,
            started_at__gt=Now() - TIME_TO_COME,
        )
        .order_by("-started_at")
        .first()
    )


def begun() -> Q:
    """Of conversations: those that somebody came to. What was started and left before its room had connected
    is none that a person would look for."""
    return ~Q(engines={}) | Q(Exists(Turn.objects.filter(conversation=OuterRef("pk"))))


def load_turns(*, conversation_id: UUID) -> HeldSoFar:
    """Two queries. Raises :class:`UnknownConversation`. Turns whose key was destroyed come back empty."""
    with scopes_disabled():
        found = Conversation.objects.select_related("version").filter(pk=conversation_id).first()
        if found is None:
            raise UnknownConversation("no such conversation")
        return _held_so_far(found)


def _held_so_far(found: Conversation) -> HeldSoFar:
    turns = [_record_of(turn) for turn in Turn.objects.filter(conversation_id=found.pk).order_by("seq")]
    return HeldSoFar(
        sheet=ScenarioSheet.from_json(found.version.sheet),
        turns=turns,
        elapsed_ms=max([found.elapsed_ms, *(turn.ended_ms for turn in turns)]),
    )


def load_context(*, conversation_id: UUID) -> ConversationContext:
    """Raises :class:`UnknownConversation`. Turns and preferences whose key was
    destroyed come back empty."""
    with scopes_disabled():
        found = (
            Conversation.objects.select_related("organization", "trainee__profile", "version")
            .filter(pk=conversation_id)
            .first()
        )
        if found is None:
            raise UnknownConversation("no such conversation")
        held = _held_so_far(found)
    return ConversationContext(
        conversation_id=found.pk,
        organization_id=found.organization_id,
        organization_context=found.organization.context,
        trainee_id=found.trainee_id,
        trainee_name=found.trainee.preferred_name,
        sheet=held.sheet,
        status=found.status,
        turns=held.turns,
        started_at=found.started_at,
        elapsed_ms=held.elapsed_ms,
        preferences=stored_preferences(found.trainee),
        knowledge=knowledge_for(organization=found.organization_id, avatar_slug=held.sheet.avatar.slug),
    )


# -- write down ------------------------------------------------------------------------------------


def record_turn(*, conversation_id: UUID, record: TurnRecord, owner: str | None = None) -> None:
    """Store the turn; the same ``seq`` again replaces it, so writing twice is writing once.

    Raises :class:`UnknownConversation` if it is gone, :class:`PersonErased` once the trainee is being
    erased, and with ``owner`` :class:`LeaseLost` if somebody else holds the lease.
    """
    with scopes_disabled(), transaction.atomic():
        conversation = lock_for_writing(conversation_id)
        if owner is not None and conversation.lease_owner not in ("", owner):
            raise LeaseLost("another process drives this conversation")
        Turn.objects.bulk_create(
            [_turn_of(conversation, record)],
            update_conflicts=True,
            unique_fields=["conversation", "seq"],
            update_fields=_CONTENT,
        )


def lock_for_writing(conversation_id: UUID) -> Conversation:
    """The conversation, to write about it until the transaction ends: neither its lease nor its trainee's
    erasure can change before that. To be called in a transaction, unscoped. Raises
    :class:`UnknownConversation`, and :class:`PersonErased` once the trainee is being erased.

    SQLite needs no lock of rows: its transactions wait for each other from the start (``IMMEDIATE``).
    """
    conversation = (
        # Weak enough for rows that refer to these, and in the order in which an erasure deletes them.
        Conversation.objects.select_for_update(of=("self", "trainee"), no_key=True)
        .select_related("trainee")
        .filter(pk=conversation_id)
        .first()
    )
    if conversation is None:
        raise UnknownConversation("no such conversation")
    if conversation.trainee.erasing_since is not None:
        raise PersonErased("the person was erased: nothing is written about them any more")
    return conversation


def note_engines(*, conversation_id: UUID, engines: Mapping[str, Any]) -> bool:
    """Keep which engine does what, by kind."""
    with scopes_disabled():
        return bool(Conversation.objects.filter(pk=conversation_id).update(engines=dict(engines)))


_CONTENT = [
    "speaker",
    "kind",
    "text",
    "unheard_text",
    "words",
    "words_estimated",
    "interrupted",
    "started_ms",
    "ended_ms",
    "timings",
]


def _turn_of(conversation: Conversation, record: TurnRecord) -> Turn:
    fields = {name: getattr(record, name) for name in _CONTENT}
    fields["words"] = [[word.text, word.start_ms, word.end_ms] for word in record.words]
    fields["timings"] = dict(record.timings)
    return Turn(conversation=conversation, seq=record.seq, **fields)


def _record_of(turn: Turn) -> TurnRecord:
    fields = {name: getattr(turn, name) for name in _CONTENT}
    fields["text"] = turn.text or ""
    fields["unheard_text"] = turn.unheard_text or ""
    fields["words"] = tuple(TimedWord(*word) for word in turn.words or ())
    return TurnRecord(seq=turn.seq, **fields)


# -- who drives it ---------------------------------------------------------------------------------


def claim_lease(*, conversation_id: UUID, owner: str, seconds: float) -> bool:
    """Become the one who drives it, and make it live. False while somebody else does, or once it ended."""
    free = Q(lease_owner="") | Q(lease_owner=owner) | Q(lease_expires_at__lt=Now())
    return _change(
        Q(free, pk=conversation_id, status__in=_OPEN),
        status=Conversation.Status.LIVE,
        lease_owner=owner,
        lease_expires_at=Now() + timedelta(seconds=seconds),
    )


def renew_lease(*, conversation_id: UUID, owner: str, seconds: float) -> bool:
    """Go on driving it. False if somebody took over or it ended: stop at once. A lease that ran out but was
    not taken is renewed."""
    return _change(
        Q(pk=conversation_id, status=Conversation.Status.LIVE, lease_owner=owner),
        lease_expires_at=Now() + timedelta(seconds=seconds),
    )


def release_lease(*, conversation_id: UUID, owner: str) -> bool:
    """Stop driving it, so that the next one need not wait. False if it was not ours."""
    return _change(Q(pk=conversation_id, lease_owner=owner), lease_owner="", lease_expires_at=Now())


def mark_interrupted(*, conversation_id: UUID, owner: str | None = None, elapsed_ms: float = 0.0) -> bool:
    """The connection was lost: give back the lease and stop the clock at ``elapsed_ms``. False if it was not
    live, or with ``owner`` if somebody else drives it by now."""
    ours = Q(pk=conversation_id, status=Conversation.Status.LIVE)
    return _change(
        ours if owner is None else ours & Q(lease_owner=owner),
        status=Conversation.Status.INTERRUPTED,
        elapsed_ms=Greatest(F("elapsed_ms"), Value(float(elapsed_ms))),
        lease_owner="",
        lease_expires_at=Now(),
    )


def interrupt_abandoned() -> int:
    """Mark as interrupted what nobody drives though it is live; how many there were: what a dead process left,
    ``LEASES_TO_RETURN`` lease lengths after its lease ran out, and what nobody came to, ``TIME_TO_COME`` after
    its start."""
    lease = timedelta(seconds=settings.COACH_LEASE_S)
    with scopes_disabled():
        return Conversation.objects.filter(
            Q(lease_expires_at__lt=Now() - LEASES_TO_RETURN * lease)
            | Q(lease_expires_at__isnull=True, started_at__lt=Now() - TIME_TO_COME),
            status=Conversation.Status.LIVE,
        ).update(status=Conversation.Status.INTERRUPTED, lease_owner="", lease_expires_at=Now())


def end_abandoned() -> list[UUID]:
    """End, for the reason ``abandoned``, what was interrupted and not taken up within COACH_RESUME_WITHIN_S.
    Those that this call ended, for whoever asks for their reports."""
    late = Q(
        lease_expires_at__lt=Now() - timedelta(seconds=settings.COACH_RESUME_WITHIN_S),
        status=Conversation.Status.INTERRUPTED,
    )
    with scopes_disabled():
        found = list(Conversation.objects.filter(late).values_list("pk", flat=True))
    # Each by a conditional UPDATE of its own: somebody may be taking it up at this moment.
    return [pk for pk in found if _end(Q(late, pk=pk), reason="abandoned")]


def end_conversation(*, conversation_id: UUID, reason: str, owner: str | None = None) -> bool:
    """True for the first caller, who then asks for the report; False for everybody after, and with ``owner``
    if somebody else drives it by now."""
    ours = Q() if owner is None else Q(lease_owner__in=("", owner))
    return _end(Q(ours, pk=conversation_id, status__in=_OPEN), reason=reason)


def _end(condition: Q, *, reason: str) -> bool:
    return _change(
        condition,
        status=Conversation.Status.ENDED,
        end_reason=reason,
        ended_at=timezone.now(),
        lease_owner="",
        lease_expires_at=None,
    )


def _change(condition: Q, **values: object) -> bool:
    """One conditional UPDATE: whether it hit its row."""
    with scopes_disabled():
        return bool(Conversation.objects.filter(condition).update(**values))
