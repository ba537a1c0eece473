"""Opening, showing, changing and closing a place (R2.1, R4.1, R4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Broken
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.groups.legible import report_broken
from chalicelib.groups.service.books import check_subdistrict
from chalicelib.health.service.status import Status
from chalicelib.people.access import Person
from chalicelib.people.errors import Held, SessionEnded
from chalicelib.people.tables.people import ManagesPointer, PersonRow, StaffPointer
from chalicelib.people.tables.privacy import ledger_entry, living
from chalicelib.places.access import PlaceManager, Staff
from chalicelib.places.codes import new_gate_id
from chalicelib.places.errors.places import (
    CapacityMissing,
    InvalidPlaceType,
    MayNotRunPlaces,
    NotThePlaceManager,
    PlaceChanged,
    PlaceNotFound,
    TooManyPlaces,
)
from chalicelib.places.running import suspended_since
from chalicelib.places.service.bindings import forget_binding
from chalicelib.places.service.declarations import unused_code
from chalicelib.places.tables import GateRow, PlaceRow, StaffRow

MAIN_ENTRANCE = "正门 Main entrance"
"""The gate that every place begins with; it can be given another name."""

CLOSED = "PLACE_CLOSED"
"""What the ledger calls the end of a place."""

Fields = Mapping[str, Any]
"""What a place says of itself, by the names of the row's attributes."""


@dataclass(frozen=True)
class OwnPlaces:
    """The places that a person manages or works at, and how many more can't be read."""

    places: list[Staff]
    unreadable: int


class Places:
    """Opens, shows, changes and closes places."""

    def __init__(self, status: Status) -> None:
        """Take what shows statuses: in some cities a state keeps people from opening places."""
        self._status = status

    def open_place(self, person: Person, fields: Fields, request: RequestKey | None) -> PlaceRow:
        """Open a place with one gate, managed by a verified person; with an idempotency key a repetition finds the first one.

        Raises InvalidPlaceType, CapacityMissing, InvalidSubdistrict, ForeignSubdistrict, MayNotRunPlaces, TooManyPlaces,
        SessionEnded, InvalidIdempotencyKey, IdempotencyMismatch, PlaceChanged if the caller's state changed at the same moment, or
        PlaceNotFound where the first one was closed since, NotThePlaceManager where it was handed over.
        """
        check_fields(fields)
        if (place_id := remembered(request)) is not None:
            return _opened(person, place_id)
        present = may_run(self._status, person.row)
        place = _new_place(present, fields)
        try:
            _opening(present, place, request).commit()
        except AlreadyDone:
            return _opened(person, remembered(request) or "")
        except TooManyPlaces:
            if not _is_unchanged(present):
                raise PlaceChanged from None
            raise
        return place

    def known_to(self, person: Person) -> OwnPlaces:
        """The places that a person manages or works at, each kind by its id. Closed ones are none."""
        place_ids = sorted({*managed_by(person.person_id), *(one.place_id for one in staffed_by(person.person_id))})
        places = [PlaceRow.of(place_id) for place_id in place_ids]
        roles = [StaffRow.of(place_id, pairwise_id(place_id, person.person_id)) for place_id in place_ids]
        rows = store.read_together([*places, *roles])
        found: list[Staff] = []
        unreadable = 0
        for place_key, role_key in zip(places, roles, strict=True):
            try:
                place, role = rows.get(place_key), rows.get(role_key)
            except Broken as error:
                report_broken(place_key, error)
                unreadable += 1
                continue
            staff = _known(person, place, role)
            found += [] if staff is None else [staff]
        return OwnPlaces(found, unreadable)

    def held_by(self, person_id: str) -> list[Held]:
        """What keeps a person from being erased: the places they manage (design §4, "Erasure"). Raises Broken."""
        keys = [PlaceRow.of(place_id) for place_id in managed_by(person_id)]
        rows = store.read_together(keys)
        found = [row for key in keys if (row := rows.get(key)) is not None]
        return [Held(row.place_id, row.name, is_place=True) for row in found if row.closed_at is None]

    def change(self, manager: PlaceManager, fields: Fields) -> PlaceRow:
        """Change what a place says of itself; what is not given stays.

        Raises InvalidPlaceType, CapacityMissing, InvalidSubdistrict, ForeignSubdistrict, or PlaceNotFound or
        NotThePlaceManager if it was closed or handed over meanwhile.
        """
        place = manager.place
        wanted = {what: value for what, value in fields.items() if value is not None or what in {"capacity", "hours"}}
        check_fields({"capacity": place.capacity, "capacity_mode": place.capacity_mode, **wanted})
        changes = {what: value for what, value in wanted.items() if value != getattr(place, what)}
        if not changes:
            return place
        changed = store.update(place.own_key, store.assign(PlaceRow, changes), is_same_place(place))
        if changed is None:
            stored_place(place.place_id)
            raise NotThePlaceManager
        return changed

    def close(self, manager: PlaceManager) -> None:
        """Close the place for good: from the answer on nobody is checked in there, and nothing of it can be read.

        Raises PlaceNotFound or NotThePlaceManager if it was closed or handed over meanwhile.
        """
        place, person = manager.place, manager.person
        transaction = Transaction()
        closed = [PlaceRow.closed_at.set(clock.now()), PlaceRow.declaration_code.remove()]
        transaction.update(place.own_key, closed, is_same_place(place), PlaceChanged())
        forget_binding(transaction, place)
        transaction.delete(ManagesPointer.of(person.person_id, place.place_id))
        transaction.update(PersonRow.of(person.person_id), [PersonRow.places.add(-1)])
        lives = [living(person.person_id, person.enrolment)]
        transaction.put(ledger_entry(CLOSED, lives, org_id=place.place_id, organization=place.name))
        try:
            transaction.commit()
        except PlaceChanged as error:
            stored_place(place.place_id)
            raise NotThePlaceManager from error


def check_fields(fields: Fields) -> None:
    """Raises InvalidPlaceType, CapacityMissing, InvalidSubdistrict or ForeignSubdistrict for what no place here may say."""
    if "type" in fields and settings().city.places.type(fields["type"]) is None:
        raise InvalidPlaceType
    if fields["capacity_mode"] == "strict" and fields["capacity"] is None:
        raise CapacityMissing
    if "subdistrict" in fields:
        check_subdistrict(fields["subdistrict"])


def may_run(status: Status, person: PersonRow) -> PersonRow:
    """The person as they are now, whose state allows to run a place (R4.3). Raises MayNotRunPlaces, or SessionEnded if erased."""
    if settings().city.places.only_may_run_register and not status.shown(person).state.may_run_register:
        raise MayNotRunPlaces
    present = store.read_together([person.own_key]).get(person.own_key)
    if present is None or present.enrolment != person.enrolment:
        raise SessionEnded
    return present


def is_same_place(place: PlaceRow) -> Condition:
    """That the stored place was neither closed nor handed over since it was read."""
    same: Condition = PlaceRow.alive()
    same &= PlaceRow.manager_id == place.manager_id
    same &= PlaceRow.term == place.term
    return same


def stored_place(place_id: str) -> PlaceRow:
    """The place as it is now. Raises PlaceNotFound."""
    key = PlaceRow.of(place_id)
    row = store.read_together([key]).get(key)
    if row is None or row.closed_at is not None:
        raise PlaceNotFound
    return row


def fewer_places() -> Condition:
    """That a person manages fewer places than the city allows (R2.1)."""
    most = settings().city.places.max_per_manager
    fewer: Condition = PersonRow.places.does_not_exist() | (PersonRow.places < most)
    return fewer


def managed_by(person_id: str) -> list[str]:
    """The ids of the places that a person manages, by their pointers."""
    prefix = ManagesPointer.sk.startswith(ManagesPointer.PREFIX)
    return [pointer.place_id for pointer in store.query_all(ManagesPointer, person_id, prefix)]


def staffed_by(person_id: str) -> list[StaffPointer]:
    """The pointers to the places on whose staff a person is."""
    return list(store.query_all(StaffPointer, person_id, StaffPointer.sk.startswith(StaffPointer.PREFIX)))


def _known(person: Person, place: PlaceRow | None, role: StaffRow | None) -> Staff | None:
    """What a person is at a place; None at one that is gone, or where their role belongs to another life."""
    if place is None or place.closed_at is not None:
        return None
    staff = Staff(person, place, role if role is not None and role.enrolment == person.enrolment else None)
    return staff if staff.is_manager or staff.row is not None else None


def _opened(person: Person, place_id: str) -> PlaceRow:
    """What an earlier request of this person opened."""
    place = stored_place(place_id)
    if place.manager_id != person.person_id:
        raise NotThePlaceManager
    return place


def _new_place(person: PersonRow, fields: Fields) -> PlaceRow:
    stay = fields["stay_minutes"] or settings().city.places.stay_minutes
    return PlaceRow(
        ids.new_id(),
        "PLACE",
        **{**fields, "stay_minutes": stay, "suspended_since": suspended_since(person)},
        manager_id=person.person_id,
        manager_enrolment=person.enrolment,
        declaration_code=unused_code(),
        declared_at=clock.now(),
        gates=1,
        created_at=clock.now(),
    )


def _opening(person: PersonRow, place: PlaceRow, request: RequestKey | None) -> Transaction:
    """Place, gate, pointer and the manager's count in one transaction, so that the limit holds against parallel requests.

    It demands the status that was read: who becomes abnormal at this moment has the place, or the change finds it.
    """
    transaction = Transaction()
    remember(transaction, request, place.place_id)
    may = person.same_status() & fewer_places()
    transaction.update(PersonRow.of(person.person_id), [PersonRow.places.add(1)], may, TooManyPlaces())
    transaction.put(place, PlaceRow.place_id.does_not_exist())
    key = GateRow.of(place.place_id, new_gate_id())
    now = clock.now()
    transaction.put(GateRow(key.hash_value, key.range_value, name=MAIN_ENTRANCE, printed_at=now, created_at=now))
    pointer = ManagesPointer.of(person.person_id, place.place_id)
    return transaction.put(ManagesPointer(pointer.hash_value, pointer.range_value))


def _is_unchanged(person: PersonRow) -> bool:
    """Whether it was the count that kept a place from being opened, and not a change of the person at the same moment."""
    now = store.read_together([person.own_key]).get(person.own_key)
    seen = person.enrolment, person.status_version, person.stale_since
    return now is not None and (now.enrolment, now.status_version, now.stale_since) == seen
