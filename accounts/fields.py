"""Fields whose value is sealed in the database and plain in Python.

    text = EncryptedTextField(person="conversation.trainee_id")

``person`` says whose key seals it: a path of attributes from the row to a person's id, or a callable that
takes the row. Once that key is destroyed, the value reads as None.

Such a field can't be searched or compared in the database, and it is written through rows only (``save``,
``create``, ``bulk_create``): ``update()`` and ``bulk_update()`` raise :class:`PlaintextRefused`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import IsNull

from accounts import vault

Person = str | Callable[[models.Model], UUID]


class PlaintextRefused(FieldError):
    """Something would have written an encrypted field past its encryption, or asked the database to see
    through it."""


if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class EncryptedField(_Field):
    """What text and JSON have in common."""

    # ``person`` is not deconstructed: migrations never write through this field.

    def __init__(self, *args: Any, person: Person | None = None, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def get_internal_type(self) -> str:
        return "BinaryField"

    @property
    def place(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    # To be told by each kind of value.

    def encode(self, value: Any) -> bytes:
        raise NotImplementedError

    def decode(self, plaintext: bytes) -> Any:
        raise NotImplementedError

    # Python -> database

    def pre_save(self, model_instance: models.Model, add: bool) -> vault.Sealed | None:
        value = getattr(model_instance, self.attname)
        if value is None:
            return None
        return vault.seal(self.person_of(model_instance), self.place, self.encode(value))

    def person_of(self, instance: models.Model) -> UUID:
        if self.person is None:
            raise PlaintextRefused(f"{self.place} names no person whose key could seal it")
        if callable(self.person):
            return self.person(instance)
        value: Any = instance
        for part in self.person.split("."):
            value = getattr(value, part)
        if not isinstance(value, UUID):
            raise PlaintextRefused(f"{self.place}: {self.person} leads to no person's id")
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, vault.Sealed):
            raise PlaintextRefused(f"{self.place} is encrypted: write it with save() or bulk_create()")
        return connection.Database.Binary(value)

    # database -> Python

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        if value is None:
            return None
        plaintext = vault.open_sealed(self.place, bytes(value))
        return None if plaintext is None else self.decode(plaintext)

    # What the database can't do for it

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise PlaintextRefused(f"{self.place} is encrypted: the database can't search it")
        return IsNull

    def value_to_string(self, obj: models.Model) -> str:
        raise PlaintextRefused(f"{self.place} is encrypted: dumpdata would write it in the clear")


class EncryptedTextField(EncryptedField):
    """A ``str`` of any length."""

    def encode(self, value: Any) -> bytes:
        return str(value).encode()

    def decode(self, plaintext: bytes) -> str:
        return plaintext.decode()


class EncryptedJSONField(EncryptedField):
    """Anything that JSON can say."""

    def encode(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def decode(self, plaintext: bytes) -> Any:
        return json.loads(plaintext)
