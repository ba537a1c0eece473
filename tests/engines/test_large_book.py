"""A book of 10,000 members: lists and deletion cost what they return, the sweep leaves nothing."""

from collections.abc import Iterator

import pytest

from chalicelib.core import clock, files, store
from chalicelib.core.crypto import encode, pairwise_id
from chalicelib.groups.consents import current_text_version
from chalicelib.groups.tables import TOP, MembershipRow, MembershipsTable, OrganizationsTable
from chalicelib.people.tables.people import MembershipPointer, PersonRow
from chalicelib.people.tables.privacy import ReceiptRow
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.seam import Seam
from tests.support.tracing import untraced

pytestmark = [pytest.mark.engines, pytest.mark.slow, pytest.mark.timeout(300)]

MEMBERS = 10_000
SWEPT = 1_000
"""Members of the book that is deleted: the emulator takes 14 ms for each, so ten thousand would take minutes."""


def person_id(number: int) -> str:
    """A made-up person id: the service never made it, so no table knows a person behind it."""
    return encode(number.to_bytes(16, "big"))


def members(org_id: str, count: int) -> Iterator[MembershipRow]:
    """The memberships that so many joins would have stored."""
    for number in range(count):
        who = person_id(number)
        yield MembershipRow(
            org_id,
            pairwise_id(org_id, who),
            person_id=who,
            enrolment=1,
            name_mask="王**",
            document_mask="37**************11",
            path=TOP,
            type="member",
            scopes=["health_code", "nucleic_acid"],
            nucleic_acid={"result": "negative", "occurred_at": "2026-11-01T00:00:00Z"},
            name_mac=f"{number}",
            joined_at=clock.now(),
            consent_version=1,
            text_version=current_text_version(),
        )


def people(org_id: str, count: int) -> Iterator[store.Row]:
    """The people behind them, with their pointers."""
    for number in range(count):
        who = person_id(number)
        pointer = MembershipPointer.of(who, org_id)
        member_id = pairwise_id(org_id, who)
        yield PersonRow(who, "PERSON", enrolment=1, account=who, memberships=1)
        yield MembershipPointer(pointer.hash_value, pointer.range_value, member_id=member_id, enrolment=1)


@pytest.fixture(scope="module")
def large(whole_run: TestCity) -> tuple[Client, str]:
    """The owner and the id of a book with 10,000 members."""
    owner = whole_run.verified()
    org_id = whole_run.book(owner, "University")
    with untraced():
        store.write_all(members(org_id, MEMBERS))
    return owner, org_id


def test_a_page_costs_the_same_calls_in_a_book_of_ten_thousand_as_in_one_of_one(
    city: TestCity, large: tuple[Client, str], faults: Seam
) -> None:
    owner, org_id = large
    owner.get(f"/v1/organizations/{org_id}/members?limit=1")  # fetches the keys that a process fetches once
    faults.calls.clear()
    page = owner.get(f"/v1/organizations/{org_id}/members?limit=50")
    in_large = faults.operations[:]
    small = city.book(owner)
    city.join(city.verified(), city.invite(owner, small), "health_code")
    faults.calls.clear()
    owner.get(f"/v1/organizations/{small}/members?limit=50")

    assert len(page.json["items"]) == 50
    assert in_large == faults.operations == ["BatchGetItem", "Query", "PutItem"]


def test_pages_follow_each_other_without_loss_or_repetition(large: tuple[Client, str], city: TestCity) -> None:  # noqa: ARG001
    owner, org_id = large
    seen: list[str] = []
    cursor = ""
    for _ in range(5):
        page = owner.get(f"/v1/organizations/{org_id}/members?limit=100{cursor}").json
        seen += [item["member_id"] for item in page["items"]]
        cursor = f"&cursor={page['cursor']}"
    assert (len(seen), len(set(seen))) == (500, 500)


def test_deleting_is_one_transaction_and_the_sweep_leaves_nothing(city: TestCity, faults: Seam) -> None:
    owner = city.verified()
    org_id = city.book(owner, "College")
    store.write_all(members(org_id, SWEPT))
    store.write_all(people(org_id, SWEPT))
    files.bucket()  # its name is asked for once a process
    faults.calls.clear()

    assert owner.delete(f"/v1/organizations/{org_id}").status == 204

    assert faults.operations == ["BatchGetItem", "TransactWriteItems", "ListObjectsV2"]
    assert owner.get(f"/v1/organizations/{org_id}/members").status == 404
    city.deliver()
    assert store.query(MembershipsTable, org_id).rows == []
    assert store.query(OrganizationsTable, org_id).rows == []
    receipts = store.query(ReceiptRow, person_id(SWEPT - 1), ReceiptRow.receipt_key.startswith(org_id)).rows
    assert [receipt.action for receipt in receipts] == ["book_deleted"]
