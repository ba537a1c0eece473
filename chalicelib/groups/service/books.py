"""Opening, changing and deleting a group book (R1.1, R1.4)."""

import re
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, files, ids, store
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit, where
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.settings import settings
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Owner
from chalicelib.groups.errors import (
    ForeignSubdistrict,
    InvalidKind,
    InvalidSubdistrict,
    NotTheOwner,
    OrganizationNotFound,
    OwnerChanged,
    TooManyBooks,
)
from chalicelib.groups.tables import OrganizationRow, files_of
from chalicelib.people.access import Person
from chalicelib.people.errors import Held
from chalicelib.people.service.certificates import under_way
from chalicelib.people.tables.people import OwnershipPointer, PersonRow
from chalicelib.people.tables.privacy import ledger_entry

SUBDISTRICT = re.compile(r"[0-9]{9}")


@dataclass(frozen=True)
class OwnBooks:
    """The books that a person owns, and how many more can't be read."""

    books: list[OrganizationRow]
    unreadable: int


class Books:
    """Opens, shows, changes and deletes books."""

    def open_book(
        self, person: Person, name: str, kind: str, subdistrict: str, request: RequestKey | None
    ) -> OrganizationRow:
        """Open a book owned by a verified person; with an idempotency key a repetition finds the first one.

        Raises InvalidKind, InvalidSubdistrict, ForeignSubdistrict, TooManyBooks, InvalidIdempotencyKey, IdempotencyMismatch, or
        OrganizationNotFound where the first one was deleted since, NotTheOwner where it was handed over.
        """
        if kind not in settings().city.books.kinds:
            raise InvalidKind
        check_subdistrict(subdistrict)
        if (org_id := remembered(request)) is not None:
            return self._opened(person, org_id)
        organization = OrganizationRow(
            ids.new_id(),
            "ORG",
            name=name,
            kind=kind,
            subdistrict=subdistrict,
            owner_id=person.person_id,
            created_at=clock.now(),
        )
        try:
            _opening(person, organization, request).commit()
        except AlreadyDone:
            return self._opened(person, remembered(request) or "")
        return organization

    def _opened(self, person: Person, org_id: str) -> OrganizationRow:
        """What an earlier request of this person opened. Raises OrganizationNotFound or NotTheOwner."""
        organization = self._stored(org_id)
        if organization.owner_id != person.person_id:
            raise NotTheOwner
        return organization

    def _stored(self, org_id: str) -> OrganizationRow:
        key = OrganizationRow.of(org_id)
        row = store.read_together([key]).get(key)
        if row is None or row.deleted_at is not None:
            raise OrganizationNotFound
        return row

    def owned_by(self, person: Person) -> OwnBooks:
        """The books that a person owns, oldest first."""
        keys = _owned(person.person_id)
        rows = store.read_together(keys)
        books: list[OrganizationRow] = []
        unreadable = 0
        for key in keys:
            try:
                row = rows.get(key)
            except Broken as error:
                emit(Event.ROW_BROKEN, table=key.row.Meta.table, where=where(error))
                unreadable += 1
                continue
            if row is not None and row.deleted_at is None:
                books.append(row)
        return OwnBooks(books, unreadable)

    def held_by(self, person_id: str) -> list[Held]:
        """What keeps a person from being erased: the books they own (design §4, "Erasure"). Raises Broken."""
        keys = _owned(person_id)
        rows = store.read_together(keys)
        found = [row for key in keys if (row := rows.get(key)) is not None]
        return [Held(row.org_id, row.name) for row in found if row.deleted_at is None]

    def change(self, owner: Owner, name: str | None, subdistrict: str | None) -> OrganizationRow:
        """Give the book another name or sub-district; what is None stays. A change to what it is already writes nothing.

        Whoever reads the name reads it in the organization's row, so members, posters and files show the new one; receipts
        and other records of what was keep the old one. Raises InvalidSubdistrict, ForeignSubdistrict, or OrganizationNotFound
        or NotTheOwner if it was deleted or handed over meanwhile.
        """
        organization = owner.organization
        if subdistrict is not None:
            check_subdistrict(subdistrict)
        wanted = {"name": name or organization.name, "subdistrict": subdistrict or organization.subdistrict}
        changes = {what: value for what, value in wanted.items() if value != getattr(organization, what)}
        if not changes:
            return organization
        changed = store.update(organization.own_key, store.assign(OrganizationRow, changes), is_same_book(organization))
        if changed is None:
            self._stored(organization.org_id)
            raise NotTheOwner
        return changed

    def delete_book(self, owner: Owner) -> None:
        """Delete the book: from the answer on nothing of it can be read; the ledger's consumer takes it apart and certifies it.

        Its files go at once, for whoever was given a link to one needs nothing else to read it. Where their store does not
        answer, the book is deleted all the same, and they go with the sweep.

        Raises OrganizationNotFound or NotTheOwner if it was deleted or handed over meanwhile.
        """
        organization, person = owner.organization, owner.person
        transaction = Transaction()
        at = clock.now()
        deleted = [OrganizationRow.deleted_at.set(at)]
        transaction.update(organization.own_key, deleted, is_same_book(organization), OwnerChanged())
        transaction.delete(OwnershipPointer.of(person.person_id, organization.org_id))
        transaction.update(PersonRow.of(person.person_id), [PersonRow.books.add(-1)])
        transaction.put(under_way(person.person_id, person.enrolment, organization.org_id, organization.name, at))
        transaction.put(ledger_entry("BOOK_DELETED", org_id=organization.org_id, organization=organization.name))
        try:
            transaction.commit()
        except OwnerChanged as error:
            self._stored(organization.org_id)
            raise NotTheOwner from error
        _remove_files(organization.org_id)
        emit(Event.BOOK_DELETED, org_id=organization.org_id)


def is_same_book(organization: OrganizationRow) -> Condition:
    """That the stored book was neither deleted nor handed over since it was read."""
    same: Condition = OrganizationRow.alive()
    same &= OrganizationRow.owner_id == organization.owner_id
    same &= OrganizationRow.owner_term == organization.owner_term
    return same


def _remove_files(org_id: str) -> None:
    try:
        files.remove_all(files_of(org_id))
    except (BotoCoreError, ClientError) as error:
        emit(Event.FILES_LEFT, org_id=org_id, error=type(error).__name__, where=where(error))


def check_subdistrict(subdistrict: str) -> None:
    """Raises InvalidSubdistrict or ForeignSubdistrict for one that this city does not have."""
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


def _owned(person_id: str) -> list[store.Key[OrganizationRow]]:
    prefix = OwnershipPointer.sk.startswith(OwnershipPointer.PREFIX)
    return [OrganizationRow.of(pointer.org_id) for pointer in store.query_all(OwnershipPointer, person_id, prefix)]
