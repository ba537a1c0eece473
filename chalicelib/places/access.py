"""Who calls a route of a place: its manager, somebody on its staff, or a kiosk that stands there. Read in one batch."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.core.credentials import Credentials
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Key, Rows
from chalicelib.core.tokens import Bearer
from chalicelib.people.access import Person, account_keys, person_of, stepped_up
from chalicelib.places.errors.kiosks import KioskRefused
from chalicelib.places.errors.places import NotStaff, NotThePlaceManager, PlaceNotFound
from chalicelib.places.tables import REGISTRAR, PlaceRow, StaffRow
from chalicelib.places.tables.kiosks import KioskRow, hash_of

Path = Mapping[str, str]


@dataclass(frozen=True)
class PlaceManager:
    """The manager of a place."""

    person: Person
    place: PlaceRow


@dataclass(frozen=True)
class Kiosk:
    """A kiosk of a place, with its credentials in hand."""

    place: PlaceRow
    row: KioskRow


@dataclass(frozen=True)
class Staff:
    """Who works at a place: somebody on its staff, or its manager, who may have no row of their own (R2.1)."""

    person: Person
    place: PlaceRow
    row: StaffRow | None

    @property
    def is_manager(self) -> bool:
        """Whether it is the manager."""
        return _manages(self.person, self.place)

    @property
    def is_registrar(self) -> bool:
        """Whether it is somebody with gates of their own, which are all that is theirs (R4.4)."""
        return self.row is not None and self.row.role == REGISTRAR and not self.is_manager

    @property
    def member_id(self) -> str:
        """How the place knows the caller."""
        return pairwise_id(self.place.place_id, self.person.person_id)


class OfPlaceManager:
    """Admits the manager of the place in the path. `fresh` demands a recent SMS code, for what can't be undone."""

    def __init__(self, *, fresh: bool = False) -> None:
        """Take whether the proof of the phone must be fresh."""
        self._fresh = fresh
        self.name = "place manager, stepped up" if fresh else "place manager"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person and place."""
        return [*account_keys(bearer), PlaceRow.of(path["place_id"])]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> PlaceManager:
        """The manager. Raises PlaceNotFound, NotThePlaceManager or what a person may lack."""
        person = person_of(bearer, rows)
        place = living_place(rows.get(PlaceRow.of(path["place_id"])))
        if not _manages(person, place):
            raise NotThePlaceManager
        return PlaceManager(stepped_up(person) if self._fresh else person, place)


class OfStaff:
    """Admits the manager and the staff of the place in the path. `fresh` as for the manager."""

    def __init__(self, *, fresh: bool = False) -> None:
        """Take whether the proof of the phone must be fresh."""
        self._fresh = fresh
        self.name = "place staff, stepped up" if fresh else "place staff"

    def keys(self, bearer: Bearer, path: Path) -> list[Key[Any]]:
        """Session, person, place, and the caller's role at it."""
        return [*account_keys(bearer), PlaceRow.of(path["place_id"]), *own_role(bearer, path["place_id"])]

    def admit(self, bearer: Bearer, rows: Rows, path: Path) -> Staff:
        """Who works there. Raises PlaceNotFound, NotStaff or what a person may lack."""
        staff = staff_of(bearer, rows, path["place_id"])
        if self._fresh:
            stepped_up(staff.person)
        return staff


class OfKiosk:
    """Admits the kiosk whose credentials are brought. One whose credentials were taken away is none at its next request."""

    name = "kiosk"
    takes_credentials: Literal[True] = True

    def keys(self, credentials: Credentials, path: Path) -> list[Key[Any]]:
        """The place and the kiosk."""
        return [PlaceRow.of(credentials.bound_to), KioskRow.of(credentials.bound_to, credentials.machine_id)]

    def admit(self, credentials: Credentials, rows: Rows, path: Path) -> Kiosk:
        """The kiosk. Raises KioskRefused, whatever is wrong."""
        place, row = (rows.get(key) for key in self.keys(credentials, path))
        if place is None or place.closed_at is not None or row is None:
            raise KioskRefused
        if not hmac.compare_digest(row.secret_hash, hash_of(credentials.secret)):
            raise KioskRefused
        return Kiosk(place, row)


def staff_of(bearer: Bearer, rows: Rows, place_id: str) -> Staff:
    """The caller as who works at a place. Raises PlaceNotFound, NotStaff or what a person may lack."""
    person = person_of(bearer, rows)
    place = living_place(rows.get(PlaceRow.of(place_id)))
    row = next((rows.get(key) for key in own_role(bearer, place_id)), None)
    is_own = row is not None and row.enrolment == person.enrolment and row.person_id == person.person_id
    if not is_own and not _manages(person, place):
        raise NotStaff
    return Staff(person, place, row if is_own else None)


def own_role(bearer: Bearer, place_id: str) -> list[Key[StaffRow]]:
    """Where the caller's role at a place lies, if they are somebody."""
    return [StaffRow.of(place_id, pairwise_id(place_id, bearer.person_id))] if bearer.person_id else []


def living_place(place: PlaceRow | None) -> PlaceRow:
    """The place, if it is there and was not closed. Raises PlaceNotFound."""
    if place is None or place.closed_at is not None:
        raise PlaceNotFound
    return place


def _manages(person: Person, place: PlaceRow) -> bool:
    return bool(place.manager_id == person.person_id and place.manager_enrolment == person.enrolment)


place_manager = OfPlaceManager()
place_manager_stepped_up = OfPlaceManager(fresh=True)
place_staff = OfStaff()
place_staff_stepped_up = OfStaff(fresh=True)
kiosk = OfKiosk()
