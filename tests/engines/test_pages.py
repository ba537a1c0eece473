"""Pages of queries: whole, in order, nothing twice, wherever DynamoDB cuts them (R-08).

Both engines, like AWS, answer a page of exactly `limit` rows with a LastEvaluatedKey even if nothing follows it; so the
next page may be empty, and a cursor promises no further row. A page of 1 MB ends behind the row that crosses 1 MB on
DynamoDB Local and before it on ministack; the code counts on neither.
"""

import pytest

from chalicelib.core import ids, store
from chalicelib.groups.tables import InvitationRow, OrganizationRow
from tests.engines.conftest import Engine
from tests.engines.rows import organization, stored_invitations
from tests.support.client import Client
from tests.support.seam import Seam

pytestmark = pytest.mark.usefixtures("engine")

KILOBYTE = 1024


def walked(org_id: str, limit: int) -> list[int]:
    """How many rows each page had, to the last; checks order and that nothing came twice."""
    pages: list[list[str]] = []
    start = None
    while True:
        page = store.query(InvitationRow, org_id, limit=limit, start=start)
        pages.append([row.sk for row in page.rows])
        if (start := page.next_key) is None:
            break
    rows = [row for page in pages for row in page]
    assert rows == sorted(set(rows))
    return [len(page) for page in pages]


@pytest.mark.parametrize(
    ("stored", "limit", "pages"),
    [(10, 11, [10]), (10, 10, [10, 0]), (10, 5, [5, 5, 0]), (10, 9, [9, 1]), (10, 1, [1] * 10 + [0]), (0, 5, [0])],
)
def test_a_full_page_has_a_key_even_if_nothing_follows(stored: int, limit: int, pages: list[int]) -> None:
    assert walked(stored_invitations(stored), limit) == pages


def test_newest_first_goes_on_where_it_was() -> None:
    org_id = stored_invitations(7)

    first = store.query(InvitationRow, org_id, limit=3, newest_first=True)
    second = store.query(InvitationRow, org_id, limit=9, start=first.next_key, newest_first=True)

    found = [int(row.sk[-6:]) for row in (*first.rows, *second.rows)]
    assert found == [6, 5, 4, 3, 2, 1, 0]
    assert second.next_key is None


def test_a_list_of_members_can_be_walked_by_pages_of_exactly_its_length(engine: Engine) -> None:
    city = engine.city
    owner = city.verified()
    org_id = city.book(owner)
    code = city.invite(owner, org_id)
    joined = {city.join(city.verified(), code) for _ in range(4)}

    for limit in (1, 2, 4, 5):
        assert sorted(_walked_members(owner, org_id, limit)) == sorted(joined)


def _walked_members(owner: Client, org_id: str, limit: int) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        answer = owner.get(f"/v1/organizations/{org_id}/members?limit={limit}{cursor}")
        assert answer.status == 200
        found += [item["member_id"] for item in answer.json["items"]]
        if not answer.json["cursor"]:
            return found
        cursor = f"&cursor={answer.json['cursor']}"


def test_three_megabytes_are_walked_whole(engine: Engine, faults: Seam) -> None:
    engine.skip_if_old("answers more than a megabyte at once")
    org_id, rows = _store_large(10, 300 * KILOBYTE)
    try:
        found = [row.sk for row in store.query_all(OrganizationRow, org_id)]
        pages = faults.counts["Query"]
    finally:
        store.write_all(deletes=[store.Key(OrganizationRow, org_id, sk) for sk in rows])

    assert found == rows
    assert pages > 2


def _store_large(count: int, size: int) -> tuple[str, list[str]]:
    """Rows of this size under one organization, and their range keys."""
    org_id = ids.new_id()
    names = [f"LARGE#{number:03}" for number in range(count)]
    for name in names:
        row = organization(org_id, "x" * size)
        row.sk = name
        store.write_all([row])
    return org_id, names
