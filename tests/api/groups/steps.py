"""What the tests of group books do over and over."""

from typing import Any

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.tables import MembershipRow, MembershipsTable, OrganizationsTable
from chalicelib.people.tables.people import MembershipPointer, PersonRow
from chalicelib.people.tables.privacy import ReceiptRow
from tests.support.rows import items_of, spoil, stored


def assert_swept(org_id: str, person_ids: list[str]) -> None:
    """Nothing is left of a book, and each of its people has one receipt, no pointer, and is counted out."""
    assert items_of(MembershipsTable, org_id) == []
    assert items_of(OrganizationsTable, org_id) == []
    for person_id in person_ids:
        given = list(store.query_all(ReceiptRow, person_id, ReceiptRow.receipt_key.startswith(f"{org_id}#")))
        assert [one.action for one in given] == ["book_deleted"]
        assert stored(MembershipPointer.of(person_id, org_id)) is None
        assert (stored(PersonRow.of(person_id)) or {})["memberships"] == {"N": "0"}


def damaged(org_id: str, person_id: str, attribute: str, value: dict[str, Any] | None = None) -> None:
    spoil(MembershipRow.of(org_id, pairwise_id(org_id, person_id)), attribute, value)
