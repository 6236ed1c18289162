"""Claims about keys per person and the fields that they seal."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core import serializers
from django.db import connection, transaction
from django.db.models import QuerySet

from accounts import vault
from accounts.fields import PlaintextRefused
from accounts.keystore.models import PersonKey
from accounts.scoping import organization_scope
from avatars.models import Scenario
from memory.conversations import start_conversation
from memory.models import Conversation, Memory, Turn
from tests.db.conftest import Cast

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

SAID = "my secret sentence"


@pytest.fixture
def memory(cast: Cast) -> Memory:
    with organization_scope(cast.organization):
        return Memory.objects.create(organization=cast.organization, person=cast.trainee, text=SAID)


def stored(column: str, table: str, pk: object) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} WHERE id = %s", [pk])
        (value,) = cursor.fetchone()
    return bytes(value)


def test_it_stores_no_plaintext_and_reads_it_back(cast: Cast, memory: Memory) -> None:
    sealed = stored("text", "memory_memory", memory.pk)
    assert sealed[:1] == b"\x01"
    assert b"secret" not in sealed
    assert len(sealed) == 1 + 16 + 12 + len(SAID) + 16
    assert sealed[1:17] == PersonKey.objects.get(person_id=cast.trainee.pk).id.bytes
    with organization_scope(cast.organization):
        assert Memory.objects.get(pk=memory.pk).text == SAID


def test_it_seals_the_same_text_differently_each_time(cast: Cast) -> None:
    first, second = (vault.seal(cast.trainee.pk, "a.B.c", b"same") for _ in range(2))
    assert first != second
    assert vault.open_sealed("a.B.c", first) == vault.open_sealed("a.B.c", second) == b"same"


def test_it_reads_none_once_the_key_is_destroyed(cast: Cast, memory: Memory) -> None:
    assert vault.destroy_key(cast.trainee.pk) is True
    with organization_scope(cast.organization):
        assert Memory.objects.get(pk=memory.pk).text is None
    assert vault.destroy_key(cast.trainee.pk) is False
    key = PersonKey.objects.get(person_id=cast.trainee.pk)
    assert (key.wrapped, key.destroyed_at is not None) == (None, True)


def test_it_reads_none_where_the_whole_key_row_is_gone(cast: Cast, memory: Memory) -> None:
    PersonKey.objects.all().delete()
    vault.clear_cache()
    with organization_scope(cast.organization):
        assert Memory.objects.get(pk=memory.pk).text is None


def test_it_gives_an_erased_person_no_second_key(cast: Cast, memory: Memory) -> None:
    vault.destroy_key(cast.trainee.pk)
    memory.text = "again"
    with pytest.raises(vault.PersonErased):
        memory.save()
    vault.destroy_key(cast.coach.pk)  # never had one
    with pytest.raises(vault.PersonErased):
        vault.seal(cast.coach.pk, "a.B.c", b"x")


class Late:
    """Does ``act`` in the midst of the next ``name`` of the keys: just before it, or just after."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[], object], *, after: bool
    ) -> None:
        step = getattr(QuerySet, name)

        def with_act(queryset: QuerySet[Any], *args: Any, **kwargs: Any) -> Any:
            if queryset.model is not PersonKey:
                return step(queryset, *args, **kwargs)
            monkeypatch.setattr(QuerySet, name, step)
            if not after:
                act()
            result = step(queryset, *args, **kwargs)
            if after:
                act()
            return result

        monkeypatch.setattr(QuerySet, name, with_act)


@pytest.mark.parametrize("step", ["get_or_create", "update"])
@pytest.mark.parametrize("after", [False, True])
def test_a_first_seal_at_the_same_time_leaves_no_key(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    sealed: list[bytes] = []

    def seal() -> None:
        # As another process does, whose cache knows nothing.
        vault.clear_cache()
        with contextlib.suppress(vault.PersonErased):
            sealed.append(vault.seal(cast.trainee.pk, "a.B.c", b"x"))

    Late(monkeypatch, step, seal, after=after)
    vault.destroy_key(cast.trainee.pk)
    key = PersonKey.objects.get(person_id=cast.trainee.pk)
    assert (key.wrapped, key.destroyed_at is not None) == (None, True)
    assert [vault.open_sealed("a.B.c", one) for one in sealed] == [None] * len(sealed)
    with pytest.raises(vault.PersonErased):
        vault.seal(cast.trainee.pk, "a.B.c", b"x")


@pytest.mark.parametrize("use", ["seal", "open"])
def test_a_key_that_was_being_fetched_while_it_was_destroyed_is_not_remembered(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, use: str
) -> None:
    sealed = vault.seal(cast.trainee.pk, "a.B.c", b"x")
    vault.clear_cache()
    Late(monkeypatch, "first", lambda: vault.destroy_key(cast.trainee.pk), after=True)
    if use == "seal":
        vault.seal(cast.trainee.pk, "a.B.c", b"y")
    else:
        vault.open_sealed("a.B.c", sealed)
    assert vault.open_sealed("a.B.c", sealed) is None
    with pytest.raises(vault.PersonErased):
        vault.seal(cast.trainee.pk, "a.B.c", b"y")


def test_it_keeps_the_keys_of_others_when_one_is_destroyed(cast: Cast) -> None:
    of_coach = vault.seal(cast.coach.pk, "a.B.c", b"kept")
    vault.seal(cast.trainee.pk, "a.B.c", b"gone")
    vault.destroy_key(cast.trainee.pk)
    vault.clear_cache()
    assert vault.open_sealed("a.B.c", of_coach) == b"kept"


def test_it_opens_in_no_other_field(cast: Cast) -> None:
    sealed = vault.seal(cast.trainee.pk, "memory.Turn.text", b"x")
    with pytest.raises(vault.Damaged):
        vault.open_sealed("memory.Turn.unheard_text", sealed)


@pytest.mark.parametrize("where", [0, 17, 29, -1])
def test_it_notices_every_changed_byte(cast: Cast, where: int) -> None:
    sealed = bytearray(vault.seal(cast.trainee.pk, "a.B.c", b"some words"))
    sealed[where] ^= 1
    with pytest.raises(vault.Damaged):
        vault.open_sealed("a.B.c", bytes(sealed))


def test_it_notices_a_cut_value(cast: Cast) -> None:
    with pytest.raises(vault.Damaged):
        vault.open_sealed("a.B.c", vault.seal(cast.trainee.pk, "a.B.c", b"some words")[:40])


def test_it_says_so_when_the_master_key_is_another_one(cast: Cast, settings) -> None:
    sealed = vault.seal(cast.trainee.pk, "a.B.c", b"x")
    vault.clear_cache()
    settings.COACH_MASTER_KEY = AESGCM.generate_key(256)
    with pytest.raises(vault.WrongMasterKey):
        vault.open_sealed("a.B.c", sealed)


def test_it_stores_no_key_unwrapped(cast: Cast) -> None:
    vault.seal(cast.trainee.pk, "a.B.c", b"x")
    row = PersonKey.objects.get(person_id=cast.trainee.pk)
    assert len(bytes(row.wrapped)) == 12 + 32 + 16
    assert settings.COACH_MASTER_KEY not in bytes(row.wrapped)


def test_it_forgets_keys_after_a_while_and_beyond_a_number(cast: Cast, monkeypatch) -> None:
    monkeypatch.setattr(vault.KeyCache, "SIZE", 3)
    for _ in range(5):
        vault.seal(uuid.uuid4(), "a.B.c", b"x")
    assert len(vault._keys._ciphers) == len(vault._keys._key_ids) == 3
    sealed = vault.seal(cast.trainee.pk, "a.B.c", b"x")
    # Destroyed by another process: this one's cache does not know.
    PersonKey.objects.filter(person_id=cast.trainee.pk).update(wrapped=None, destroyed_at="2026-01-01T00:00Z")
    assert vault.open_sealed("a.B.c", sealed) == b"x"
    monkeypatch.setattr(vault.KeyCache, "SECONDS", -1.0)
    assert vault.open_sealed("a.B.c", sealed) is None


def test_it_writes_encrypted_in_bulk(cast: Cast, scenario: Scenario) -> None:
    conversation = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    with organization_scope(cast.organization):
        Turn.objects.bulk_create(
            Turn(
                conversation=conversation,
                seq=seq,
                speaker="trainee",
                kind="speech",
                text=f"{SAID} {seq}",
                words=[[SAID, 0.0, 1.0]],
                started_ms=0.0,
                ended_ms=1.0,
            )
            for seq in (1, 2)
        )
        turns = list(Turn.objects.order_by("seq"))
    for turn in turns:
        assert b"secret" not in stored("text", "memory_turn", turn.pk) + stored("words", "memory_turn", turn.pk)
    assert [(turn.text, turn.unheard_text, turn.words) for turn in turns] == [
        (f"{SAID} 1", None, [[SAID, 0.0, 1.0]]),
        (f"{SAID} 2", None, [[SAID, 0.0, 1.0]]),
    ]


def test_it_refuses_what_would_write_or_see_past_the_encryption(cast: Cast, memory: Memory) -> None:
    with organization_scope(cast.organization):
        with pytest.raises(PlaintextRefused), transaction.atomic():
            Memory.objects.update(text="in the clear")
        with pytest.raises(PlaintextRefused), transaction.atomic():
            Memory.objects.update(text=b"in the clear")
        memory.text = "in the clear"
        with pytest.raises(PlaintextRefused), transaction.atomic():
            Memory.objects.bulk_update([memory], ["text"])
        with pytest.raises(PlaintextRefused):
            Memory.objects.filter(text=SAID).exists()
        with pytest.raises(PlaintextRefused):
            Memory.objects.filter(text__contains="secret").exists()
        with pytest.raises(PlaintextRefused):
            serializers.serialize("json", [memory])
        assert Memory.objects.filter(text__isnull=False).count() == 1
        assert Memory.objects.get().text == SAID


def test_a_turn_is_under_the_trainees_key_whoever_spoke(cast: Cast, scenario: Scenario) -> None:
    conversation = start_conversation(trainee=cast.trainee, scenario_slug=scenario.slug)
    with organization_scope(cast.organization):
        turn = Turn.objects.create(
            conversation=Conversation.objects.get(pk=conversation.pk),
            seq=1,
            speaker="coach",
            kind="tip",
            text=SAID,
            started_ms=0,
            ended_ms=0,
        )
    key = PersonKey.objects.get(person_id=cast.trainee.pk)
    assert stored("text", "memory_turn", turn.pk)[1:17] == key.id.bytes


def test_it_asks_the_store_for_a_person_s_key_once(cast: Cast, django_assert_num_queries) -> None:
    vault.seal(cast.trainee.pk, "a.B.c", b"x")
    with django_assert_num_queries(0, using="keys"):
        sealed = [vault.seal(cast.trainee.pk, "a.B.c", plaintext) for plaintext in (b"x", b"y", b"z")]
        assert [vault.open_sealed("a.B.c", one) for one in sealed] == [b"x", b"y", b"z"]
