"""The vault: a key per person, and sealing and opening with it.

What a person said, or what was written about a person, is sealed with AES-256-GCM under a key of that person
alone. The keys are wrapped by the master key and lie in the store ``keys``; destroying one makes every copy
of what it sealed unreadable, in backups too.

    sealed = version (1 byte) | key id (16) | nonce (12) | ciphertext and tag

The associated data is the place (``app.Model.field``) and the header, so a sealed value opens in no other
field and under no other key. With random nonces of 96 bits a key is good for 2**32 values, more than a
person says.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Collection
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.keystore.models import PersonKey
from accounts.keystore.router import KEYS

logger = logging.getLogger(__name__)

VERSION = b"\x01"
_KEY_ID_BYTES = 16
_NONCE_BYTES = 12
_HEADER_BYTES = 1 + _KEY_ID_BYTES
_LEAST_BYTES = _HEADER_BYTES + _NONCE_BYTES + 16


class VaultError(Exception):
    """The root of what the vault raises. No text ever carries what was sealed."""


class PersonErased(VaultError):
    """This person's key was destroyed: nothing is written about them any more."""


class WrongMasterKey(VaultError):
    """The key was wrapped by another master key than the one configured."""


class Damaged(VaultError):
    """The sealed value was changed, cut, or belongs to another field."""


class Sealed(bytes):
    """A sealed value. The type is the proof: encrypted fields write nothing else."""


def seal(person_id: UUID, place: str, plaintext: bytes) -> Sealed:
    """Seal for this person; makes their key when it is their first. Raises :class:`PersonErased`."""
    key_id, cipher = _keys.of_person(person_id)
    header = VERSION + key_id.bytes
    nonce = os.urandom(_NONCE_BYTES)
    return Sealed(header + nonce + cipher.encrypt(nonce, plaintext, header + place.encode()))


def open_sealed(place: str, sealed: bytes) -> bytes | None:
    """What was sealed; None once the key is destroyed. Raises :class:`Damaged`, :class:`WrongMasterKey`."""
    if len(sealed) < _LEAST_BYTES or sealed[:1] != VERSION:
        raise Damaged(f"{place}: no sealed value of a known version")
    header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
    cipher = _keys.by_id(uuid.UUID(bytes=header[1:]))
    if cipher is None:
        return None
    try:
        return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header + place.encode())
    except InvalidTag as exc:
        raise Damaged(f"{place}: the sealed value was changed or belongs elsewhere") from exc


def fetch_keys(person_ids: Collection[UUID]) -> None:
    """Have these people's keys at hand, by one query for all: before rows of many people are read."""
    _keys.fetch(person_ids)


def destroy_key(person_id: UUID) -> bool:
    """Make everything sealed for this person unreadable, for good. True if it was readable until now.

    A person who never had a key gets a tombstone, so that none is made later. Other processes notice within
    ``KeyCache.SECONDS``; what they seal until then is already unreadable.
    """
    tombstone = {"wrapped": None, "destroyed_at": timezone.now()}
    keys = PersonKey.objects.using(KEYS)
    # The row first: once there is one, nobody makes a key any more, and the UPDATE destroys what it holds.
    keys.get_or_create(person_id=person_id, defaults={**tombstone, "master_id": ""})
    destroyed = keys.filter(person_id=person_id, destroyed_at__isnull=True).update(**tombstone)
    _keys.forget(person_id)
    return bool(destroyed)


def receipt_of(person_id: UUID) -> str:
    """HMAC of the id: proves that somebody was erased to whoever knows the id, and names nobody."""
    return hmac.new(_subkey(b"receipt"), person_id.bytes, hashlib.sha256).hexdigest()


def seal_for_site(place: str, plaintext: bytes) -> bytes:
    """Seal what belongs to the installation (secrets of two-factor sign-in), under the master key itself."""
    nonce = os.urandom(_NONCE_BYTES)
    return VERSION + nonce + AESGCM(_subkey(b"site")).encrypt(nonce, plaintext, VERSION + place.encode())


def open_for_site(place: str, sealed: bytes) -> bytes:
    """The inverse. Raises :class:`Damaged`, also where the master key is another one."""
    nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(_subkey(b"site")).decrypt(nonce, rest, VERSION + place.encode())
    except (InvalidTag, ValueError) as exc:
        raise Damaged(f"{place}: the sealed value was changed, or the master key is another one") from exc


# -- keys ------------------------------------------------------------------------------------------


class KeyCache:
    """Unwrapped keys for a short while: at most ``SIZE`` of them, for ``SECONDS`` each; the one that was
    fetched longest ago goes first. A destroyed key is remembered as None for as long. What was fetched before
    somebody was forgotten is not kept after it: it could be the very key that was destroyed."""

    SIZE = 1024
    SECONDS = 30.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ciphers: OrderedDict[UUID, tuple[float, UUID, AESGCM | None]] = OrderedDict()
        self._key_ids: dict[UUID, UUID] = {}
        self._forgettings = 0

    def of_person(self, person_id: UUID) -> tuple[UUID, AESGCM]:
        with self._lock:
            key_id = self._key_ids.get(person_id)
            cached = self._fresh(key_id) if key_id is not None else None
            before = self._forgettings
        if cached is None or key_id is None:
            row = _fetch_or_make(person_id)
            key_id, cached = row.id, (self._keep(row, before),)
        (cipher,) = cached
        if cipher is None:
            raise PersonErased("the person was erased: nothing is written about them any more")
        return key_id, cipher

    def by_id(self, key_id: UUID) -> AESGCM | None:
        with self._lock:
            cached = self._fresh(key_id)
            before = self._forgettings
        if cached is None:
            row = PersonKey.objects.using(KEYS).filter(pk=key_id).first()
            # A key that is not in the store was destroyed, and its tombstone aged out.
            return None if row is None else self._keep(row, before)
        return cached[0]

    def fetch(self, person_ids: Collection[UUID]) -> None:
        with self._lock:
            missing = [one for one in person_ids if self._fresh(self._key_ids.get(one)) is None]
            before = self._forgettings
        if missing:
            for row in PersonKey.objects.using(KEYS).filter(person_id__in=missing):
                self._keep(row, before)

    def forget(self, person_id: UUID) -> None:
        with self._lock:
            self._forgettings += 1
            key_id = self._key_ids.pop(person_id, None)
            if key_id is not None:
                self._ciphers.pop(key_id, None)

    def clear(self) -> None:
        with self._lock:
            self._forgettings += 1
            self._ciphers.clear()
            self._key_ids.clear()

    def _fresh(self, key_id: UUID | None) -> tuple[AESGCM | None] | None:
        entry = None if key_id is None else self._ciphers.get(key_id)
        if key_id is None or entry is None:
            return None
        fetched_at, person_id, cipher = entry
        if time.monotonic() - fetched_at > self.SECONDS:
            del self._ciphers[key_id]
            self._key_ids.pop(person_id, None)
            return None
        return (cipher,)

    def _keep(self, row: PersonKey, before: int) -> AESGCM | None:
        """``before``: how many forgettings there had been when the row was fetched."""
        cipher = None if row.wrapped is None else AESGCM(_unwrap(row))
        with self._lock:
            if before != self._forgettings:
                return cipher
            self._ciphers[row.id] = (time.monotonic(), row.person_id, cipher)
            self._ciphers.move_to_end(row.id)
            self._key_ids[row.person_id] = row.id
            while len(self._ciphers) > self.SIZE:
                _, (_, person_id, _) = self._ciphers.popitem(last=False)
                self._key_ids.pop(person_id, None)
        return cipher


_keys = KeyCache()


def clear_cache() -> None:
    """Forget every unwrapped key of this process."""
    _keys.clear()


def _fetch_or_make(person_id: UUID) -> PersonKey:
    keys = PersonKey.objects.using(KEYS)
    row = keys.filter(person_id=person_id).first()
    if row is not None:
        return row
    fresh = PersonKey(person_id=person_id, master_id=_master_id())
    nonce = os.urandom(_NONCE_BYTES)
    aad = fresh.id.bytes + person_id.bytes
    fresh.wrapped = nonce + AESGCM(_subkey(b"wrap")).encrypt(nonce, AESGCM.generate_key(256), aad)
    try:
        with transaction.atomic(using=KEYS):
            fresh.save(using=KEYS, force_insert=True)
    except IntegrityError:
        # Another process made it first, and has perhaps sealed with it.
        return keys.get(person_id=person_id)
    return fresh


def _unwrap(row: PersonKey) -> bytes:
    wrapped = bytes(row.wrapped or b"")
    if row.master_id != _master_id():
        raise WrongMasterKey("a key was wrapped by another master key: check COACH_MASTER_KEY")
    try:
        return AESGCM(_subkey(b"wrap")).decrypt(
            wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], row.id.bytes + row.person_id.bytes
        )
    except InvalidTag as exc:
        raise Damaged("keystore.PersonKey: a wrapped key was changed") from exc


def _subkey(purpose: bytes) -> bytes:
    """The master key is never used itself: each purpose has its own key derived from it (HKDF's expand step
    for a uniformly random key)."""
    return hmac.new(settings.COACH_MASTER_KEY, b"coachsite/" + purpose, hashlib.sha256).digest()


def _master_id() -> str:
    return _subkey(b"id").hex()[:16]
