"""Kiosks in tests: stored as the manager of a place would have set them up, and clients that send their credentials."""

from dataclasses import dataclass
from typing import Any

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import encode
from chalicelib.places.tables import PlaceRow
from chalicelib.places.tables.kiosks import KioskRow, hash_of
from tests.support.city import TestCity
from tests.support.client import Answer, Client

SECRET = encode(bytes(range(32)))


@dataclass
class KioskClient(Client):
    """Sends requests with a kiosk's credentials."""

    kiosk_id: str = ""
    credentials: str = ""

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Answer:
        """Send one request."""
        return super().__call__(
            method, path, body, raw=raw, **{**headers, "authorization": f"Kiosk {self.credentials}"}
        )


def put_kiosk(city: TestCity, place_id: str) -> KioskClient:
    """A new kiosk of a place, beside as many as there are."""
    key = KioskRow.of(place_id, ids.new_id())
    row = KioskRow(key.hash_value, key.range_value, name="Hall", secret_hash=hash_of(SECRET), created_at=clock.now())
    store.put(row)
    store.update(PlaceRow.of(place_id), [PlaceRow.kiosks.add(1)])
    credentials = f"{place_id}.{row.kiosk_id}.{SECRET}"
    return KioskClient(city.api.transport, None, "en", city.api.answers, row.kiosk_id, credentials)
