"""What the tests of group books do over and over."""

from typing import Any

from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.groups.tables import MembershipRow, MembershipsTable, OrganizationsTable
from chalicelib.people.tables.people import MembershipPointer, PersonRow
from chalicelib.people.tables.privacy import ReceiptRow
from tests.support.client import Answer, Client
from tests.support.rows import items_of, spoil


def assert_swept(org_id: str, person_ids: list[str]) -> None:
    """Nothing is left of a book, and each of its people has one receipt, no pointer, and is counted out."""
    assert items_of(MembershipsTable, org_id) == []
    assert items_of(OrganizationsTable, org_id) == []
    pointers = [MembershipPointer.of(person_id, org_id) for person_id in person_ids]
    people = [PersonRow.of(person_id) for person_id in person_ids]
    rows = store.read_together([*pointers, *people])
    assert not any(rows.get(pointer) for pointer in pointers)
    assert {row.memberships for person in people if (row := rows.get(person))} <= {0}
    for person_id in person_ids:
        given = store.query_all(ReceiptRow, person_id, ReceiptRow.receipt_key.startswith(f"{org_id}#"))
        assert [one.action for one in given] == ["book_deleted"]


def damaged(org_id: str, person_id: str, attribute: str, value: dict[str, Any] | None = None) -> None:
    spoil(MembershipRow.of(org_id, pairwise_id(org_id, person_id)), attribute, value)


def join(client: Client, code: str, *scopes: str) -> Answer:
    """Try to join with a code."""
    return client.post(f"/v1/invitations/{code}/join", {"scopes": list(scopes)})


def certificate(owner: Client, org_id: str) -> dict[str, Any]:
    """The certificate of a book, as its last owner reads it."""
    cursor = ""
    while True:
        page = owner.get(f"/v1/me/certificates?limit=100{cursor}").json
        found = [one for one in page["items"] if one["org_id"] == org_id]
        if found:
            (item,) = found
            return dict(item)
        assert page["cursor"], "no such certificate"
        cursor = f"&cursor={page['cursor']}"


def certified(owner: Client, org_id: str) -> dict[str, int]:
    """What a complete certificate says was removed."""
    complete = certificate(owner, org_id)
    assert complete["state"] == "complete"
    return dict(complete["removed"])
