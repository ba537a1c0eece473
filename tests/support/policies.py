"""Policies in tests: set as a manager would, and what memberships hold because of them."""

from typing import Any

from chalicelib.core import clock
from chalicelib.core.store import query_all
from chalicelib.groups import attention
from chalicelib.groups.service.standings import POLICY_CHANGED
from chalicelib.groups.tables import MembershipRow, OrganizationRow
from chalicelib.people.tables.privacy import LedgerRow, ledger_shards
from tests.support.books import Book, organization_key
from tests.support.client import Answer, Client
from tests.support.rows import stored


def set_policy(book: Book, by: Client | None = None, **fields: Any) -> Answer:
    """Set a policy of a book; by its owner if nobody else is named. Its work has not begun yet."""
    return (by or book.owner).put(f"{book.path}/policies", fields)


def entries(book: Book) -> list[LedgerRow]:
    """The ledger's entries of the changes of a book's policies today, in the order in which they were made."""
    return changes_of_policies(book.org_id)


def changes_of_policies(org_id: str) -> list[LedgerRow]:
    """The same by the book's id."""
    rows = (row for shard in ledger_shards(clock.now().date()) for row in query_all(LedgerRow, shard))
    return sorted(
        (row for row in rows if row.kind == POLICY_CHANGED and row.org_id == org_id), key=lambda row: row.entry_id
    )


def overdue(book: Book) -> dict[str, list[str]]:
    """What is stored as overdue, by member; who is overdue with nothing is missing."""
    return {row.member_id: row.overdue for row in query_all(MembershipRow, book.org_id) if row.overdue}


def version(book: Book) -> int:
    """How often the policies of a book changed."""
    return int((stored(organization_key(book.org_id)) or {})["policies_version"]["N"])


def assert_right(book: Book) -> None:
    """Every stored standing is what the present policies make of its row."""
    row = OrganizationRow.from_raw_data(stored(organization_key(book.org_id)) or {})
    for member in query_all(MembershipRow, book.org_id):
        held = {name: getattr(member, name) for name in attention.STANDING}
        assert held == attention.columns(member, row.policy_set)
