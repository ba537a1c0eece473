"""Encryption of the fields that name a person: name, document number, phone, e-mail, and no others (design §7).

Each container has one data key per field class, made by KMS and used for a day or 2^20 values. Its wrapped copy lies in the
`keys` table, so a role that may not call `kms:Decrypt` can write what it can't read.
"""

import threading
from dataclasses import dataclass
from enum import StrEnum

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import aws, clock, ids
from chalicelib.core.crypto import NONCE_BYTES, seal, unseal
from chalicelib.core.errors import Broken
from chalicelib.core.names import field_key_alias
from chalicelib.core.settings import settings
from chalicelib.core.store import Row, SealedAttribute, TableMeta, put, read_together

FORMAT = b"\x01"
KEY_SECONDS = 24 * 3600
KEY_USES = 2**20
"""A data key's life (crypto.md 3.2): far below 2^32 random nonces, where AES-GCM's collision bound of NIST SP 800-38D lies."""

KEY_ID_BYTES = 16


class FieldClass(StrEnum):
    """What may be encrypted apart: a role opens only the classes that its encryption context names."""

    NAME = "name"
    DOCUMENT = "document"
    PHONE = "phone"
    EMAIL = "email"


class KeysTable(Row):
    """The table `keys`: wrapped data keys by field class and key id."""

    class Meta(TableMeta):
        """Named `keys` in design §4."""

        table = "keys"

    kind = UnicodeAttribute(hash_key=True)
    key_id = UnicodeAttribute(range_key=True)


class DataKeyRow(KeysTable):
    """One data key, wrapped by the city's field key under the context (city, field)."""

    wrapped = SealedAttribute()
    created_at = UTCDateTimeAttribute()


@dataclass
class _DataKey:
    key_id: str
    plain: bytes
    made_at: int
    uses: int = 0

    def is_spent(self) -> bool:
        return self.uses >= KEY_USES or clock.epoch() - self.made_at >= KEY_SECONDS


class FieldCipher:
    """Seals and opens single fields. A sealed field moved to another row, field or city does not open."""

    def __init__(self) -> None:
        """Start without keys; the first value of each class asks KMS for one."""
        self._sealing: dict[FieldClass, _DataKey] = {}
        self._opening: dict[tuple[FieldClass, str], bytes] = {}
        self._lock = threading.Lock()

    def seal(self, field: FieldClass, row: str, value: str) -> bytes:
        """Encrypt a value for one field of one row (`row` is the row's key as text)."""
        key = self._sealing_key(field)
        return FORMAT + ids.to_bytes(key.key_id) + seal(key.plain, value.encode(), _bound_to(field, row))

    def open(self, field: FieldClass, row: str, sealed: bytes) -> str:
        """Decrypt a field. Raises Broken if it was altered or belongs elsewhere; KMS refuses roles that may not open it."""
        key_end = len(FORMAT) + KEY_ID_BYTES
        if sealed[:1] != FORMAT or len(sealed) <= key_end + NONCE_BYTES:
            raise Broken
        key = self._opening_key(field, ids.from_bytes(sealed[1:key_end]))
        try:
            return unseal(key, sealed[key_end:], _bound_to(field, row)).decode()
        except ValueError as error:
            raise Broken from error

    def _sealing_key(self, field: FieldClass) -> _DataKey:
        with self._lock:
            key = self._sealing.get(field)
            if key is None or key.is_spent():
                key = self._sealing[field] = _new_data_key(field)
            key.uses += 1
            return key

    def _opening_key(self, field: FieldClass, key_id: str) -> bytes:
        if (field, key_id) not in self._opening:
            self._opening[field, key_id] = _unwrapped(field, key_id)
        return self._opening[field, key_id]


def _bound_to(field: FieldClass, row: str) -> bytes:
    return f"{settings().city_name}|{row}|{field}|v1".encode()


def _context(field: FieldClass) -> dict[str, str]:
    return {"city": settings().city_name, "field": field.value}


def _new_data_key(field: FieldClass) -> _DataKey:
    answer = aws.kms().generate_data_key(
        KeyId=field_key_alias(settings().city_name), KeySpec="AES_256", EncryptionContext=_context(field)
    )
    key_id = ids.new_id()
    row = DataKeyRow(field.value, key_id, wrapped=answer["CiphertextBlob"], created_at=clock.now())
    put(row)
    return _DataKey(key_id, answer["Plaintext"], clock.epoch())


def _unwrapped(field: FieldClass, key_id: str) -> bytes:
    key = DataKeyRow.key(field.value, key_id)
    row = read_together([key]).get(key)
    if row is None:
        raise Broken
    return aws.kms().decrypt(CiphertextBlob=row.wrapped, EncryptionContext=_context(field))["Plaintext"]
