"""Kiosks in the table `places`: machines at a place that print passes (R2.5)."""

import hashlib

from pynamodb.attributes import UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.crypto import encode
from chalicelib.core.store import Key
from chalicelib.places.tables.places import PlacesTable


class KioskRow(PlacesTable):
    """A kiosk of a place. Of its secret only the SHA-256 is kept, so that a stolen table opens nothing."""

    name = UnicodeAttribute()
    secret_hash = UnicodeAttribute()
    created_at = UTCDateTimeAttribute()

    PREFIX = "KIOSK#"

    @classmethod
    def of(cls, place_id: str, kiosk_id: str) -> "Key[KioskRow]":
        """Where a kiosk lies."""
        return cls.key(place_id, f"{cls.PREFIX}{kiosk_id}")

    @property
    def kiosk_id(self) -> str:
        """What tells it apart within its place."""
        return self.sk.removeprefix(self.PREFIX)


def hash_of(secret: str) -> str:
    """What is kept of a secret."""
    return encode(hashlib.sha256(secret.encode()).digest())
