"""Taking a deleted book apart: every member gets a receipt, and nothing of the book is left. Resumable at any point."""

from collections.abc import Iterator
from itertools import islice

from chalicelib.core import counters, files, store
from chalicelib.core.log import Event, emit
from chalicelib.core.store import Transaction
from chalicelib.groups.consents import Action, receipt
from chalicelib.groups.counting import scope_of
from chalicelib.groups.errors import MembershipNotFound
from chalicelib.groups.legible import legible
from chalicelib.groups.service.endings import end_by_pointer, end_membership
from chalicelib.groups.tables import (
    MembershipRow,
    MembershipsTable,
    MemberTrace,
    OrganizationRow,
    OrganizationsTable,
    files_of,
)
from chalicelib.people.tables.people import MembershipPointer
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry

MEMBERS_A_TRANSACTION = 20
"""Five writes each at most, of the hundred that a transaction takes."""

MEMBERS_AN_ENTRY = 2_000
"""After so many the sweep writes its own next ledger entry, so that no book is too large for one Lambda's time."""


def sweep_book(entry: LedgerRow) -> None:
    """Remove up to 2,000 members of a deleted book, or the book itself when none is left. A second delivery finds less to do."""
    organization = _deleted(entry.org_id or "")
    if organization is None:
        return
    swept = 0
    for members in _chunks(organization.org_id):
        _end_memberships(organization, members)
        swept += len(members)
        if swept >= MEMBERS_AN_ENTRY:
            store.put(ledger_entry("BOOK_DELETED", org_id=organization.org_id, organization=organization.name))
            return
    _remove_book(organization)
    emit(Event.SWEEP_DONE, org_id=organization.org_id, count=swept)


def _deleted(org_id: str) -> OrganizationRow | None:
    key = OrganizationRow.of(org_id)
    row = store.read_together([key]).get(key)
    return row if row is not None and row.deleted_at is not None else None


def _chunks(org_id: str) -> Iterator[list[MembershipRow]]:
    """The members that can be read, a transaction's worth at a time; the rest is left to `_remove_book`."""
    members = store.query_all(MembershipRow, org_id)
    while chunk := list(islice(members, MEMBERS_A_TRANSACTION)):
        yield chunk


def _end_memberships(organization: OrganizationRow, members: list[MembershipRow]) -> None:
    transaction = Transaction()
    for membership in members:
        _end(transaction, organization, membership)
    try:
        transaction.commit()
    except MembershipNotFound:
        for membership in members:
            _end_alone(organization, membership)


def _end_alone(organization: OrganizationRow, membership: MembershipRow) -> None:
    """End one membership by itself, since somebody in its chunk left at the same moment."""
    transaction = Transaction()
    _end(transaction, organization, membership)
    try:
        transaction.commit()
    except MembershipNotFound:
        return


def _end(transaction: Transaction, organization: OrganizationRow, membership: MembershipRow) -> None:
    end_membership(transaction, membership, with_role=False)  # roles go with the book's other rows
    transaction.put(receipt(membership, organization, Action.BOOK_DELETED))


def _remove_book(organization: OrganizationRow) -> None:
    """Remove what is left: files, members who can't be read, numbers, invitations, and last the organization itself."""
    org_id = organization.org_id
    files.remove_all(files_of(org_id))
    for trace in store.query_all(MemberTrace, org_id):
        key = MembershipPointer.of(trace.person_id, org_id)
        if (pointer := legible(store.read_together([key]), key)) is not None:
            end_by_pointer(pointer, organization, Action.BOOK_DELETED)
    store.write_all(deletes=[row.own_key for row in store.query_all(MembershipsTable, org_id)])
    counters.close(scope_of(org_id))
    rest = [row.own_key for row in store.query_all(OrganizationsTable, org_id)]
    own = OrganizationRow.of(org_id)
    store.write_all(deletes=[key for key in rest if key.range_value != own.range_value])
    store.delete(own)
