"""After a restore: memberships of ended lives, and books deleted since the backup was taken, go again (R1.4, R-28).

Counters and pointers lie in one table and so came back from one moment: a counter goes down only with its pointer.
Memberships may be of another moment, so they are looked for under every organization that pointer or receipt names.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from chalicelib.core import clock, counters, ids, store
from chalicelib.core.counters import CountersTable
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.errors import Conflict
from chalicelib.core.store import Key, Transaction
from chalicelib.groups.consents import Action, current_text_version, receipt
from chalicelib.groups.counting import RecountMark, scope_of
from chalicelib.groups.tables import MembershipRow, MembershipsTable, OrganizationRow, OrganizationsTable, TallyRow
from chalicelib.people.service.certificates import Statement, completion, under_way
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.people import LifeTrace, MembershipPointer, OwnershipPointer, PersonRow
from chalicelib.people.tables.privacy import LedgerRow, ReceiptRow, kept_until


class MemberLife(MembershipsTable):
    """As much of a membership as says whose it is, so that nothing else in it can stand in the way."""

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()


class GoneMeanwhile(Conflict):
    """Another run of the replay was faster; there is nothing left to do."""


def leave_again(entry: LedgerRow, *, write: bool) -> int:
    """End the memberships that the lives of an ERASURE entry had. A membership of a later life stays."""
    return sum(_leave_again(person_id, enrolment, write=write) for person_id, enrolment in lives_in(entry))


def _leave_again(person_id: str, enrolment: int, *, write: bool) -> int:
    prefix = MembershipPointer.sk.startswith(MembershipPointer.PREFIX)
    pointers = [one for one in store.query_all(MembershipPointer, person_id, prefix) if one.enrolment <= enrolment]
    receipts = [one for one in store.query_all(ReceiptRow, person_id) if one.enrolment <= enrolment]
    org_ids = sorted({one.org_id for one in pointers} | {one.org_id for one in receipts})
    keys = [MemberLife.key(org_id, pairwise_id(org_id, person_id)) for org_id in org_ids]
    rows = store.read_together(keys)
    stale = [key for key in keys if (row := rows.get(key)) is not None and row.enrolment <= enrolment]
    if write:
        for key in stale:
            store.delete(key, MemberLife.enrolment <= enrolment)
        for pointer in pointers:
            _drop(pointer, Transaction())
    return len(stale) + len(pointers)


def _drop(pointer: MembershipPointer, transaction: Transaction) -> None:
    """Remove a pointer and count its person's memberships down, once."""
    transaction.delete(pointer.own_key, MembershipPointer.enrolment == pointer.enrolment, GoneMeanwhile())
    transaction.update(PersonRow.of(pointer.person_id), [PersonRow.memberships.add(-1)])
    try:
        transaction.commit()
    except GoneMeanwhile:
        return


def delete_book_again(entry: LedgerRow, *, write: bool) -> int:
    """Take a book apart that a BOOK_DELETED or BOOK_SWEPT entry names: its members with receipts, its rows, last itself.

    Its owner gets a certificate of what was removed now; where the sweep was done before the loss, its own entry has more.
    """
    org_id = entry.org_id or ""
    key = OrganizationRow.of(org_id)
    organization = store.read_together([key]).get(key)
    members = [row.own_key for row in store.query_all(MembershipsTable, org_id)]
    rest = [row.own_key for row in store.query_all(OrganizationsTable, org_id) if row.sk != key.range_value]
    scope = scope_of(org_id)
    numbers = len(list(store.query_all(CountersTable, scope)))
    kinds = [one.range_value or "" for one in rest if one.range_value != TallyRow.of(org_id).range_value]
    if write:
        for member in store.query_all(MemberLife, org_id):
            _end_again(member, organization, entry)
        store.write_all(deletes=[*members, *rest])
        if members or numbers:
            counters.close(scope)  # their stream tells of them once more
        if organization is not None:
            _certify(organization, entry, _tally(members, kinds))
            _disown(organization)
            store.delete(key)
    return len(members) + len(rest) + numbers + (organization is not None)


def _end_again(member: MemberLife, organization: OrganizationRow | None, entry: LedgerRow) -> None:
    key = MembershipPointer.of(member.person_id, member.org_id)
    pointer = store.read_together([key]).get(key)
    if pointer is None:
        return
    transaction = Transaction()
    if organization is not None and not _has_receipt(member, entry):
        transaction.put(_receipt(member, organization, entry))
    _drop(pointer, transaction)


def _has_receipt(member: MemberLife, entry: LedgerRow) -> bool:
    """Whether the receipts, which may be newer than the rest, tell of the end already."""
    of_book = ReceiptRow.receipt_key.startswith(f"{entry.org_id}#")
    receipts = store.query_all(ReceiptRow, member.person_id, of_book)
    return any(one.action == Action.BOOK_DELETED and one.enrolment == member.enrolment for one in receipts)


def _receipt(member: MemberLife, organization: OrganizationRow, entry: LedgerRow) -> ReceiptRow:
    """The receipt as the deletion would have written it then, under an id that a second run writes again."""
    ended = MembershipRow(
        member.org_id,
        member.member_id,
        person_id=member.person_id,
        enrolment=member.enrolment,
        scopes=[],
        text_version=current_text_version(),
    )
    row = receipt(ended, organization, Action.BOOK_DELETED)
    row.receipt_key = f"{member.org_id}#{ids.derived_id(entry.at, entry.entry_id, member.person_id)}"
    row.at, row.expires_at = entry.at, kept_until("consents", entry.at)
    return row


def _tally(members: Iterable[Key[MembershipsTable]], kinds: Iterable[str]) -> Counter[str]:
    """How much of each kind goes; a recount's mark is no member."""
    count = sum(key.range_value != RecountMark.MEMBER_ID for key in members)
    return Counter(members=count) + Counter(map(TallyRow.kind_of, kinds))


def _certify(organization: OrganizationRow, entry: LedgerRow, removed: Mapping[str, int]) -> None:
    """Issue a certificate to the owner, if their life goes on."""
    key = LifeTrace.of(organization.owner_id)
    life = store.read_together([key]).get(key)
    if life is None:
        return
    org_id, name = organization.org_id, organization.name
    statement = Statement(org_id, name, entry.since or entry.at, clock.now(), removed)
    row = under_way(life.person_id, int(life.enrolment), org_id, name, statement.deleted_at)
    for attribute, value in completion(statement).items():
        setattr(row, attribute, value)
    store.put(row)


def _disown(organization: OrganizationRow) -> None:
    """Take the book from its owner, and from the count that keeps owners from being erased."""
    key: Key[OwnershipPointer] = OwnershipPointer.of(organization.owner_id, organization.org_id)
    transaction = Transaction().delete(key, OwnershipPointer.person_id.exists(), GoneMeanwhile())
    transaction.update(PersonRow.of(organization.owner_id), [PersonRow.books.add(-1)])
    try:
        transaction.commit()
    except GoneMeanwhile:
        return
