"""Registrars: who has gates of their own, and whose state suspends them (R4.3)."""

from dataclasses import dataclass

from chalicelib.core import store
from chalicelib.core.store import Transaction
from chalicelib.people.tables.people import PersonRow
from chalicelib.places.errors.places import StaffChanged, StaffNotFound
from chalicelib.places.tables import REGISTRAR, StaffRow


@dataclass(frozen=True)
class Registrar:
    """A member of the staff who is to have gates, with the person as they were read."""

    row: StaffRow
    person: PersonRow

    def demand(self, transaction: Transaction) -> None:
        """Demand of a transaction that the role, and the person's status, are those that were read.

        So a gate that is given to somebody whose state changes at this moment is found by that change.
        """
        same_role = (StaffRow.role == REGISTRAR) & (StaffRow.enrolment == self.row.enrolment)
        transaction.check(self.row.own_key, same_role, StaffChanged())
        transaction.check(self.person.own_key, self.person.same_status(), StaffChanged())


def member_of_staff(place_id: str, member_id: str) -> StaffRow:
    """Somebody's role at a place. Raises StaffNotFound."""
    key = StaffRow.of(place_id, member_id)
    row = store.read_together([key]).get(key)
    if row is None:
        raise StaffNotFound
    return row


def person_of_staff(row: StaffRow) -> PersonRow:
    """The person behind a role, in the life in which they were bound. Raises StaffNotFound."""
    key = PersonRow.of(row.person_id)
    person = store.read_together([key]).get(key)
    if person is None or person.enrolment != row.enrolment:
        raise StaffNotFound
    return person


def registrar_of(place_id: str, member_id: str) -> Registrar:
    """A registrar of the place. Raises StaffNotFound for who is none."""
    row = member_of_staff(place_id, member_id)
    if row.role != REGISTRAR:
        raise StaffNotFound
    return Registrar(row, person_of_staff(row))
