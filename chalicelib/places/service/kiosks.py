"""Kiosks: their place's manager gives them credentials, and they print passes for people without a phone (R2.5, design §7)."""

import secrets
from dataclasses import dataclass
from typing import Any

from chalicelib.core import canonical, clock, ids, store
from chalicelib.core.canonical import DocumentType
from chalicelib.core.crypto import IdentityMacs, encode
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.health.service.papers import PaperPasses, Print
from chalicelib.people.errors import SessionEnded
from chalicelib.people.service.limits import DAY, count_one, seconds_left, today
from chalicelib.people.tables.logins import kiosk_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.access import Kiosk, PlaceManager
from chalicelib.places.errors.checkins import PlaceShut, PlaceSuspended, TypedMismatch
from chalicelib.places.errors.kiosks import KioskNotFound, TooManyKiosks, TooManyPrints
from chalicelib.places.service.places import stored_place
from chalicelib.places.tables import PlaceRow
from chalicelib.places.tables.kiosks import KioskRow, hash_of
from chalicelib.places.visiting.hours import is_open_at

MOST = 20
"""Kiosks of one place: a hospital's entrances, and too few to print a city's passes."""

SECRET_BYTES = 32


@dataclass(frozen=True)
class NewKiosk:
    """A kiosk and its secret, which is told this once."""

    row: KioskRow
    secret: str


@dataclass(frozen=True)
class KiosksFound:
    """The kiosks of a place, and how many more can't be read."""

    kiosks: list[KioskRow]
    unreadable: int


class Kiosks:
    """Sets up kiosks and prints what they ask for."""

    def __init__(self, macs: IdentityMacs) -> None:
        """Take who makes ids of documents and keyed forms of names."""
        self._macs = macs

    def set_up(self, manager: PlaceManager, name: str) -> NewKiosk:
        """Give a kiosk credentials of its own. Raises TooManyKiosks or PlaceNotFound."""
        place, secret = manager.place, encode(secrets.token_bytes(SECRET_BYTES))
        key = KioskRow.of(place.place_id, ids.new_id())
        row = KioskRow(key.hash_value, key.range_value, name=name, secret_hash=hash_of(secret), created_at=clock.now())
        fewer = PlaceRow.alive() & (PlaceRow.kiosks.does_not_exist() | (PlaceRow.kiosks < MOST))
        transaction = Transaction().update(place.own_key, [PlaceRow.kiosks.add(1)], fewer, TooManyKiosks())
        transaction.put(row, KioskRow.place_id.does_not_exist())
        try:
            transaction.commit()
        except TooManyKiosks:
            stored_place(place.place_id)  # which may have been closed at this moment
            raise
        return NewKiosk(row, secret)

    def list_kiosks(self, manager: PlaceManager) -> KiosksFound:
        """The kiosks of a place, the oldest first."""
        broken: list[Any] = []
        own = KioskRow.sk.startswith(KioskRow.PREFIX)
        found = list(store.query_all(KioskRow, manager.place.place_id, own, on_broken=broken.append))
        return KiosksFound(found, len(broken))

    def remove(self, manager: PlaceManager, kiosk_id: str) -> None:
        """Take a kiosk's credentials away: its next request is refused. Raises KioskNotFound."""
        place = manager.place
        transaction = Transaction().update(place.own_key, [PlaceRow.kiosks.add(-1)], PlaceRow.place_id.exists())
        transaction.delete(KioskRow.of(place.place_id, kiosk_id), KioskRow.place_id.exists(), KioskNotFound()).commit()

    def print_pass(self, kiosk: Kiosk, name: str, type_: DocumentType, number: str) -> Print:
        """Print the pass of somebody who is enrolled. Counted before anything is compared, and one refusal whatever differs (T-04).

        Raises InvalidName or InvalidDocument before it is counted, PlaceSuspended, PlaceShut, TooManyPrints, or TypedMismatch.
        """
        name, number = canonical.person_name(name), canonical.document(type_, number)
        _check_open(kiosk.place)
        _count(kiosk)
        person_id = self._macs.person_id(type_, number)
        name_mac, key = self._macs.name_mac(person_id, name), PersonRow.of(person_id)
        person = store.read_together([key]).get(key)
        if person is None or person.verified_at is None or person.name_mac != name_mac:
            raise TypedMismatch
        try:
            return PaperPasses.print_at_kiosk(person, kiosk.place.name)
        except SessionEnded:  # they were erased at this moment, which a kiosk need not know
            raise TypedMismatch from None


def _check_open(place: PlaceRow) -> None:
    if not place.is_open:
        raise PlaceSuspended
    if not is_open_at(place, clock.now()):
        raise PlaceShut


def _count(kiosk: Kiosk) -> None:
    limit = settings().city.places.kiosk_per_day
    subject = kiosk_subject(kiosk.place.place_id, kiosk.row.kiosk_id)
    transaction, too_many = Transaction(), TooManyPrints(seconds_left(DAY), fields={"limit": limit})
    count_one(transaction, today(subject, "prints", limit), too_many)
    transaction.commit()
