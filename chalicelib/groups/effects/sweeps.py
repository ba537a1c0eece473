"""Taking a deleted book apart: every member gets a receipt, the owner a certificate, and nothing of the book is left.

Resumable at any point: what is removed is counted in the transaction that removes it, so nothing is counted twice, and the
organization goes last, together with the tally, in the transaction that completes the certificate.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from chalicelib.alerts.raising import ask_to_close, ask_to_follow
from chalicelib.alerts.tables import FIRST_WORD, AlertsTable
from chalicelib.core import clock, counters, files, store
from chalicelib.core.errors import Conflict
from chalicelib.core.log import Event, emit
from chalicelib.core.store import Key, Transaction
from chalicelib.groups.consents import Action, receipt
from chalicelib.groups.counting import RecountMark, scope_of
from chalicelib.groups.errors import MembershipNotFound
from chalicelib.groups.legible import legible
from chalicelib.groups.service.endings import end_membership, ending_by_pointer
from chalicelib.groups.tables import (
    AdminRow,
    MembershipRow,
    MembershipsTable,
    MemberTrace,
    OrganizationRow,
    OrganizationsTable,
    TallyRow,
    files_of,
)
from chalicelib.people.service.certificates import Statement, completion
from chalicelib.people.tables.certificates import CertificateRow
from chalicelib.people.tables.people import MembershipPointer
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry, living

MEMBERS_A_TRANSACTION = 16
"""Up to six writes each, of the hundred that a transaction takes, and the tally."""

ROWS_A_TRANSACTION = 90
"""One write each, and the tally."""

MEMBERS_AN_ENTRY = 2_000
"""After so many members or rows the sweep writes its own next ledger entry, so that no book is too large for one Lambda's time."""

SWEPT = "BOOK_SWEPT"
"""What the ledger calls a book of which nothing is left; it says what the certificate says."""

T = TypeVar("T")


class GoneMeanwhile(Conflict):
    """Another delivery of the same entry removed it; whoever removed it counted it."""


class CountedMeanwhile(Conflict):
    """Another delivery of the same entry removed something since the tally was read."""


class CertificateGone(Conflict):
    """The owner erased themself, and the certificate with everything else of theirs."""


def sweep_book(entry: LedgerRow) -> None:
    """Remove up to 2,000 members and rows of a deleted book, or the book itself if none is left. Again finds less to do."""
    organization = _deleted(entry.org_id or "")
    if organization is None:
        return
    swept = 0
    for removed in _take_apart(organization):
        swept += removed
        if swept >= MEMBERS_AN_ENTRY:
            store.put(ledger_entry("BOOK_DELETED", org_id=organization.org_id, organization=organization.name))
            return
    counters.close(scope_of(organization.org_id))
    _complete(organization)
    emit(Event.SWEEP_DONE, org_id=organization.org_id, count=swept)


def _deleted(org_id: str) -> OrganizationRow | None:
    key = OrganizationRow.of(org_id)
    row = store.read_together([key]).get(key)
    return row if row is not None and row.deleted_at is not None else None


def _take_apart(organization: OrganizationRow) -> Iterator[int]:
    """Remove everything but the organization itself and the tally, step by step; yields how much each step was about."""
    org_id = organization.org_id
    files.remove_all(files_of(org_id))
    for members in _chunks(store.query_all(MembershipRow, org_id), MEMBERS_A_TRANSACTION):
        _end_memberships(organization, members)
        yield len(members)
    for trace in store.query_all(MemberTrace, org_id):
        yield _end_unread(organization, trace)
    for left in _chunks(store.query_all(MembershipsTable, org_id), ROWS_A_TRANSACTION):
        yield _remove(org_id, [(row.own_key, _kind_of(row)) for row in left])
    _end_alerts(organization)  # behind the members: while one is there, another alert may be raised about them
    kept = {OrganizationRow.of(org_id).range_value, TallyRow.of(org_id).range_value}
    rest = (row for row in store.query_all(OrganizationsTable, org_id) if row.sk not in kept)
    for rows in _chunks(rest, ROWS_A_TRANSACTION):
        yield _remove(org_id, [(row.own_key, TallyRow.kind_of(row.sk)) for row in rows])


def _end_alerts(organization: OrganizationRow) -> None:
    """Remove the alerts, and have the topic removed and forgotten by all who managed the book."""
    org_id = organization.org_id
    store.write_all(
        deletes=[row.own_key for row in store.query_all(AlertsTable, org_id, AlertsTable.alert_id < FIRST_WORD)]
    )
    ask_to_close(org_id)
    roles = store.query_all(AdminRow, org_id, AdminRow.sk.startswith(AdminRow.PREFIX))
    for person_id in {organization.owner_id, *(role.person_id for role in roles)}:
        ask_to_follow(person_id)


def _kind_of(row: MembershipsTable) -> str:
    """Under what a row among the members is counted: a recount's mark is no member."""
    return "others" if row.member_id == RecountMark.MEMBER_ID else "members"


def _chunks(rows: Iterator[T], size: int) -> Iterator[list[T]]:
    """A transaction's worth at a time; what can't be read as `T` is left to the next step."""
    while chunk := list(islice(rows, size)):
        yield chunk


def _end_memberships(organization: OrganizationRow, members: list[MembershipRow]) -> None:
    transaction = Transaction()
    for membership in members:
        _end(transaction, organization, membership)
    try:
        _count(transaction, organization.org_id, ["members"] * len(members)).commit()
    except MembershipNotFound:
        for membership in members:
            _end_alone(organization, membership)


def _end_alone(organization: OrganizationRow, membership: MembershipRow) -> None:
    """End one membership by itself, since somebody in its chunk left at the same moment."""
    transaction = Transaction()
    _end(transaction, organization, membership)
    try:
        _count(transaction, organization.org_id, ["members"]).commit()
    except MembershipNotFound:
        return


def _end(transaction: Transaction, organization: OrganizationRow, membership: MembershipRow) -> None:
    end_membership(transaction, membership, with_role=False, with_label=False)  # they go with the book's other rows
    transaction.put(receipt(membership, organization, Action.BOOK_DELETED))


def _end_unread(organization: OrganizationRow, trace: MemberTrace) -> int:
    """End a membership whose row can't be read, if its pointer can; if not it is left to the next step. Returns how many."""
    key = MembershipPointer.of(trace.person_id, organization.org_id)
    pointer = legible(store.read_together([key]), key)
    if pointer is None:
        return 0
    transaction = ending_by_pointer(pointer, organization, Action.BOOK_DELETED, with_rest=False)
    try:
        _count(transaction, organization.org_id, ["members"]).commit()
    except MembershipNotFound:
        return 0
    return 1


def _remove(org_id: str, rows: list[tuple[Key[Any], str]]) -> int:
    """Remove rows that nothing else hangs on, each counted under its kind. Returns how many it was about."""
    try:
        _removal(org_id, rows).commit()
    except GoneMeanwhile:
        for one in rows:
            try:
                _removal(org_id, [one]).commit()
            except GoneMeanwhile:
                continue
    return len(rows)


def _removal(org_id: str, rows: list[tuple[Key[Any], str]]) -> Transaction:
    transaction = Transaction()
    for key, _ in rows:
        transaction.delete(key, key.row.org_id.exists(), GoneMeanwhile())
    return _count(transaction, org_id, [kind for _, kind in rows])


def _count(transaction: Transaction, org_id: str, kinds: Iterable[str]) -> Transaction:
    """Count what the transaction removes."""
    listed = list(kinds)
    attributes = TallyRow.get_attributes()
    adding = [attributes[kind].add(listed.count(kind)) for kind in sorted(set(listed))]
    return transaction.update(TallyRow.of(org_id), [TallyRow.steps.add(1), *adding])


def _complete(organization: OrganizationRow) -> None:
    """Remove organization and tally, and complete the certificate, unless another delivery did or goes on with it."""
    tally, certificate = TallyRow.of(organization.org_id), CertificateRow.of(organization.owner_id, organization.org_id)
    rows = store.read_together([tally, certificate])
    counted, issued = rows.get(tally), legible(rows, certificate)
    statement = Statement(
        organization.org_id,
        organization.name,
        organization.deleted_at or clock.now(),
        clock.now(),
        _removed(organization, counted),
    )
    try:
        _completing(organization, statement, counted, issued).commit()
    except CertificateGone:
        _completing(organization, statement, counted, None).commit()
    except GoneMeanwhile:
        return


def _removed(organization: OrganizationRow, counted: TallyRow | None) -> dict[str, int]:
    """How much of each kind was removed. Policies are part of the organization's own row, which goes with the last step."""
    policies = len(organization.policy_set)
    return {**(counted.removed if counted is not None else {}), **({"policies": policies} if policies else {})}


def _completing(
    organization: OrganizationRow, statement: Statement, counted: TallyRow | None, issued: CertificateRow | None
) -> Transaction:
    """The sweep's last step. Raises GoneMeanwhile, CountedMeanwhile (it comes again then) or CertificateGone."""
    transaction = Transaction()
    transaction.delete(organization.own_key, OrganizationRow.org_id.exists(), GoneMeanwhile())
    as_read = TallyRow.steps.does_not_exist() if counted is None else TallyRow.steps == counted.steps
    transaction.delete(TallyRow.of(organization.org_id), as_read, CountedMeanwhile())
    lives = []
    if issued is not None:
        lives = [living(issued.person_id, int(issued.enrolment))]
        changes = store.assign(CertificateRow, completion(statement))
        same_life = CertificateRow.enrolment == issued.enrolment
        transaction.update(issued.own_key, changes, same_life, CertificateGone())
    return transaction.put(_entry(statement, lives))


def _entry(statement: Statement, lives: list[str]) -> LedgerRow:
    """The entry from which the certificate is issued again after a restore."""
    entry = ledger_entry(
        SWEPT,
        lives,
        org_id=statement.org_id,
        organization=statement.organization,
        what=statement.counts,
        since=statement.deleted_at,
    )
    entry.at = statement.completed_at
    return entry
