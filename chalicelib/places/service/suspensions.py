"""Suspending a place for a violation: one officer decides, another one lifts it (R4.3)."""

from datetime import UTC, datetime

from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.people.access import Person
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry, living
from chalicelib.places.errors.places import InvalidSuspensionEnd, NotSuspended, PlaceChanged, SameOfficer
from chalicelib.places.service.places import stored_place
from chalicelib.places.tables import PlaceRow

SUSPENDED, RESUMED = "PLACE_SUSPENDED", "PLACE_RESUMED"
"""What the ledger calls an officer's decision."""


class Suspensions:
    """Suspends places and lifts it."""

    def suspend(self, officer: Person, place_id: str, reason: str, until: datetime | None) -> PlaceRow:
        """Suspend a place from the answer on. One that an officer suspended already stays as that officer said.

        Raises PlaceNotFound, InvalidSuspensionEnd or PlaceChanged.
        """
        if until is not None and until <= clock.now():
            raise InvalidSuspensionEnd
        place = stored_place(place_id)
        if place.is_in_violation:
            return place
        violation = {
            "reason": reason,
            "at": clock.iso(clock.now()),
            "by": pairwise_id(place_id, officer.person_id),
            "until": None if until is None else clock.iso(until.astimezone(UTC)),
        }
        transaction = Transaction()
        same = PlaceRow.alive() & store.unchanged(place, "violation")
        transaction.update(place.own_key, [PlaceRow.violation.set(violation)], same, PlaceChanged())
        transaction.put(_entry(SUSPENDED, officer, place, reason)).commit()
        place.violation = violation
        return place

    def lift(self, officer: Person, place_id: str) -> None:
        """Lift a suspension that another officer decided. Raises PlaceNotFound, NotSuspended, SameOfficer or PlaceChanged."""
        place = stored_place(place_id)
        if not place.is_in_violation or place.violation is None:
            raise NotSuspended
        if not place.violation.get("by"):
            raise Broken
        if place.violation["by"] == pairwise_id(place_id, officer.person_id):
            raise SameOfficer
        transaction = Transaction()
        same = PlaceRow.alive() & store.unchanged(place, "violation")
        transaction.update(place.own_key, [PlaceRow.violation.remove()], same, PlaceChanged())
        transaction.put(_entry(RESUMED, officer, place, None)).commit()


def _entry(kind: str, officer: Person, place: PlaceRow, reason: str | None) -> LedgerRow:
    lives = [living(officer.person_id, officer.enrolment)]
    return ledger_entry(kind, lives, org_id=place.place_id, organization=place.name, why=reason)
