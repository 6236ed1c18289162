from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts.personal_data import Counts, PersonalData
from memory.models import Conversation, Memory, Recording, Turn
from memory.notices import stop_conversations


class MemoryData(PersonalData):
    """Conversations with everything said in them, their sound, and what avatars remember."""

    covers = frozenset({"memory.Conversation", "memory.Turn", "memory.Recording", "memory.Memory"})

    def rows(self, person: UUID) -> Iterator[tuple[str, QuerySet[Any]]]:
        yield "memory.Memory", Memory.objects.filter(person_id=person)
        yield "memory.Recording", Recording.objects.filter(conversation__trainee_id=person)
        yield "memory.Turn", Turn.objects.filter(conversation__trainee_id=person)
        yield "memory.Conversation", Conversation.objects.filter(trainee_id=person)

    def stop(self, person: UUID) -> None:
        stop_conversations(person=person, reason="erased")

    def erase(self, person: UUID) -> Counts:
        recordings = Recording.objects.filter(conversation__trainee_id=person)
        files = [Path(settings.MEDIA_ROOT) / path for path in recordings.values_list("path", flat=True)]
        counts = super().erase(person)
        # After the commit: a rollback must not leave rows whose sound is gone. They are sealed, and their key
        # is destroyed by then.
        transaction.on_commit(partial(_unlink, files))
        return counts

    def export(self, person: UUID) -> dict[str, Any]:
        return {
            "conversations": [
                {
                    "scenario": one.version.sheet["title"],
                    "started_at": one.started_at.isoformat(),
                    "ended_at": one.ended_at.isoformat() if one.ended_at else None,
                    "turns": [
                        {
                            "speaker": turn.speaker,
                            "kind": turn.kind,
                            "text": turn.text,
                            "started_ms": turn.started_ms,
                        }
                        for turn in Turn.objects.filter(conversation=one)
                    ],
                }
                for one in Conversation.objects.filter(trainee_id=person).select_related("version")
            ],
            "memories": [one.text for one in Memory.objects.filter(person_id=person)],
        }


def _unlink(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
