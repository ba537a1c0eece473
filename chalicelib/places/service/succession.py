"""Handing a place over: its manager offers it to one of its staff, who takes it over (B16). There is one manager at any moment."""

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Transaction
from chalicelib.groups.service.succession import WHY_ACCEPTED, offered_until
from chalicelib.health.service.status import Status
from chalicelib.people.tables.people import LifeTrace, ManagesPointer, PersonRow, StaffPointer
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry, living
from chalicelib.places.access import PlaceManager, Staff
from chalicelib.places.errors.places import (
    InvalidPlaceSuccessor,
    NotThePlaceSuccessor,
    PlaceChanged,
    PlaceOfferEnded,
    StaffChanged,
    TooManyPlaces,
)
from chalicelib.places.running import suspended_since
from chalicelib.places.service.declarations import unused_code
from chalicelib.places.service.places import fewer_places, is_same_place, may_run
from chalicelib.places.service.staff import return_gates
from chalicelib.places.tables import PlaceRow, StaffRow

PLACE_HANDED_OVER = "PLACE_HANDED_OVER"
"""What the ledger calls a hand-over. Old and new manager find it in their access logs."""

DISCLOSED = "place_manager"
"""What the access log says a hand-over is about."""


class PlaceSuccession:
    """Offers places and hands them over."""

    def __init__(self, status: Status) -> None:
        """Take what shows statuses: in some cities a state keeps people from taking places over."""
        self._status = status

    def offer(self, manager: PlaceManager, successor: str) -> PlaceRow:
        """Offer the place to one of its staff, in place of an earlier offer. Raises InvalidPlaceSuccessor or PlaceChanged."""
        place, at = manager.place, clock.now()
        offered = [PlaceRow.successor_id.set(successor), PlaceRow.offered_at.set(at)]
        transaction = Transaction().update(place.own_key, offered, is_same_place(place), PlaceChanged())
        member = StaffRow.of(place.place_id, successor)
        transaction.check(member, StaffRow.place_id.exists(), InvalidPlaceSuccessor()).commit()
        place.successor_id, place.offered_at = successor, at
        return place

    def end_offer(self, staff: Staff) -> None:
        """Take an offer back as the manager, or decline it as the successor; where none stands nothing is done.

        Raises PlaceChanged if another was made or this one accepted at the same moment.
        """
        place = staff.place
        if place.successor_id is None or not (staff.is_manager or staff.member_id == place.successor_id):
            return
        gone = [PlaceRow.successor_id.remove(), PlaceRow.offered_at.remove()]
        Transaction().update(place.own_key, gone, _is_same_offer(place), PlaceChanged()).commit()

    def accept(self, staff: Staff) -> PlaceRow:
        """Make the caller the manager of the place that was offered to them; who manages it does so still.

        Raises NotThePlaceSuccessor, PlaceOfferEnded, MayNotRunPlaces, TooManyPlaces, SessionEnded, or PlaceChanged or
        StaffChanged if something happened at the same moment.
        """
        place, row = staff.place, staff.row
        if staff.is_manager:
            return place
        if (
            row is None
            or place.offered_at is None
            or place.successor_id != row.member_id
            or row.bound_at > place.offered_at
        ):
            raise NotThePlaceSuccessor
        if offered_until(place) is None:
            raise PlaceOfferEnded
        person = may_run(self._status, staff.person.row)
        transaction = Transaction()
        hand_over_place(transaction, place, person, actor=person.name_mask or "", why=WHY_ACCEPTED)
        transaction.commit()
        return_gates(place.place_id, row.member_id)
        key = place.own_key
        return store.read_together([key]).get(key) or place


def hand_over_place(transaction: Transaction, place: PlaceRow, successor: PersonRow, *, actor: str, why: str) -> None:
    """Add what makes a person the manager in place of the present one: place, pointers and counts of both, the ledger.

    A role that the successor has on the staff ends, for a manager needs none. The former manager knew the declaration code,
    so the place gets another.

    The transaction raises PlaceChanged unless place and offer are still as they were read, StaffChanged unless the
    successor's role is, and TooManyPlaces for one who manages as many as the city allows, or whose state or life changed.
    """
    member_id = pairwise_id(place.place_id, successor.person_id)
    role = store.read_together([StaffRow.of(place.place_id, member_id)]).get(StaffRow.of(place.place_id, member_id))
    changes = store.assign(PlaceRow, _managed_by(successor))
    changes += [PlaceRow.term.add(1), PlaceRow.staff.add(0 if role is None else -1)]
    transaction.update(place.own_key, changes, _is_same_offer(place), PlaceChanged())
    former = _release(transaction, place)
    pointer = ManagesPointer.of(successor.person_id, place.place_id)
    transaction.put(ManagesPointer(pointer.hash_value, pointer.range_value))
    may = successor.same_status() & fewer_places()
    counted = [PersonRow.places.add(1), PersonRow.staffed.add(0 if role is None else -1)]
    transaction.update(successor.own_key, counted, may, TooManyPlaces())
    if role is not None:
        transaction.delete(role.own_key, StaffRow.bound_at == role.bound_at, StaffChanged())
        transaction.delete(StaffPointer.of(successor.person_id, place.place_id))
    lives = [living(one.person_id, int(one.enrolment)) for one in (former, successor) if one is not None]
    transaction.put(_entry(place, lives, actor, why))


def _managed_by(successor: PersonRow) -> dict[str, object]:
    """What a place's row says of a new manager."""
    return {
        "manager_id": successor.person_id,
        "manager_enrolment": int(successor.enrolment),
        "suspended_since": suspended_since(successor),
        "successor_id": None,
        "offered_at": None,
        "declaration_code": unused_code(),
        "declared_at": clock.now(),
    }


def _release(transaction: Transaction, place: PlaceRow) -> LifeTrace | None:
    """Take the place from its manager and from their count. One who is not there any more has nothing to be taken from."""
    life, pointer = LifeTrace.of(place.manager_id), ManagesPointer.of(place.manager_id, place.place_id)
    rows = store.read_together([life, pointer])
    former = rows.get(life)
    if rows.get(pointer) is not None:
        transaction.delete(pointer, ManagesPointer.person_id.exists(), PlaceChanged())
        if former is not None:
            transaction.update(life, [PersonRow.places.add(-1)], PersonRow.person_id.exists(), PlaceChanged())
    return former


def _entry(place: PlaceRow, lives: list[str], actor: str, why: str) -> LedgerRow:
    """The entry from which old and new manager read of it."""
    return ledger_entry(
        PLACE_HANDED_OVER,
        [f"{life}.1" for life in lives],
        org_id=place.place_id,
        organization=place.name,
        actor=actor,
        what=[DISCLOSED],
        why=why,
        term=int(place.term) + 1,
    )


def _is_same_offer(place: PlaceRow) -> Condition:
    """That the stored place has the same manager as when it was read, and is offered as it was then."""
    same: Condition = is_same_place(place) & store.unchanged(place, "successor_id", "offered_at")
    return same
