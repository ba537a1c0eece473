"""Opening and deleting a group book (R1.1, R1.4)."""

import re
import unicodedata

from chalicelib.core import clock, ids, store
from chalicelib.core.log import Event, emit
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Owner
from chalicelib.groups.errors import ForeignSubdistrict, InvalidSubdistrict, OrganizationNotFound, TooManyBooks
from chalicelib.groups.tables import OrganizationRow
from chalicelib.people.access import Person
from chalicelib.people.errors import Held
from chalicelib.people.tables.people import OwnershipPointer, PersonRow
from chalicelib.people.tables.privacy import ledger_entry

SUBDISTRICT = re.compile(r"[0-9]{9}")


class Books:
    """Opens, shows and deletes books."""

    def open_book(
        self, person: Person, name: str, kind: str, subdistrict: str, request: RequestKey | None
    ) -> OrganizationRow:
        """Open a book owned by a verified person; with an idempotency key a repetition finds the first one.

        Raises InvalidSubdistrict, ForeignSubdistrict, TooManyBooks or IdempotencyMismatch.
        """
        _check_subdistrict(subdistrict)
        if (org_id := remembered(request)) is not None:
            return self._stored(org_id)
        organization = OrganizationRow(
            ids.new_id(),
            "ORG",
            name=unicodedata.normalize("NFKC", name).strip(),
            kind=kind,
            subdistrict=subdistrict,
            owner_id=person.person_id,
            created_at=clock.now(),
        )
        try:
            _opening(person, organization, request).commit()
        except AlreadyDone:
            return self._stored(remembered(request) or "")
        return organization

    def _stored(self, org_id: str) -> OrganizationRow:
        key = OrganizationRow.of(org_id)
        row = store.read_together([key]).get(key)
        if row is None:
            raise OrganizationNotFound
        return row

    def owned_by(self, person: Person) -> list[OrganizationRow]:
        """The books that a person owns, oldest first."""
        return _owned(person.person_id)

    def held_by(self, person_id: str) -> list[Held]:
        """What keeps a person from being erased: the books they own (design §4, "Erasure")."""
        return [Held(row.org_id, row.name) for row in _owned(person_id)]

    def delete_book(self, owner: Owner) -> None:
        """Delete the book: from the answer on nothing of it can be read; the ledger's consumer takes it apart."""
        organization, person = owner.organization, owner.person
        transaction = Transaction()
        alive = OrganizationRow.org_id.exists() & OrganizationRow.deleted_at.does_not_exist()
        transaction.update(
            organization.own_key, [OrganizationRow.deleted_at.set(clock.now())], alive, OrganizationNotFound()
        )
        transaction.delete(OwnershipPointer.of(person.person_id, organization.org_id))
        transaction.update(PersonRow.of(person.person_id), [PersonRow.books.add(-1)])
        transaction.put(ledger_entry("BOOK_DELETED", org_id=organization.org_id, organization=organization.name))
        transaction.commit()
        emit(Event.BOOK_DELETED, org_id=organization.org_id)


def _check_subdistrict(subdistrict: str) -> None:
    if not SUBDISTRICT.fullmatch(subdistrict):
        raise InvalidSubdistrict
    if not settings().city.holds_county(subdistrict[:6]):
        raise ForeignSubdistrict


def _opening(person: Person, organization: OrganizationRow, request: RequestKey | None) -> Transaction:
    """Book, pointer and the owner's count in one transaction, so that the limit holds against parallel requests."""
    most = settings().city.books.max_per_person
    same_life = PersonRow.enrolment == person.enrolment
    transaction = Transaction()
    remember(transaction, request, organization.org_id)
    transaction.update(
        PersonRow.of(person.person_id), [PersonRow.books.add(1)], same_life & (PersonRow.books < most), TooManyBooks()
    )
    transaction.put(organization, OrganizationRow.org_id.does_not_exist())
    key = OwnershipPointer.of(person.person_id, organization.org_id)
    return transaction.put(OwnershipPointer(key.hash_value, key.range_value))


def _owned(person_id: str) -> list[OrganizationRow]:
    prefix = OwnershipPointer.sk.startswith(OwnershipPointer.PREFIX)
    keys = [OrganizationRow.of(pointer.org_id) for pointer in store.query_all(OwnershipPointer, person_id, prefix)]
    rows = store.read_together(keys)
    return [row for key in keys if (row := rows.get(key)) is not None and row.deleted_at is None]
