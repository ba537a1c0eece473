"""Batches: every row once, however much of a batch the engine leaves undone (R-06)."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core import ids, store
from chalicelib.core.errors import Unavailable
from chalicelib.groups.tables import InvitationRow, OrganizationRow
from chalicelib.people.tables.people import PersonRow
from tests.engines.conftest import Engine
from tests.engines.rows import invitation, organization, stored_invitations
from tests.support.seam import Seam, put_in

pytestmark = pytest.mark.usefixtures("engine")

KILOBYTE = 1024


class Stingy(Seam):
    """Lets a few parts of each batch through and hands the rest back as unprocessed."""

    def __init__(self, parts: int) -> None:
        """Take how many parts of a batch are done at a time."""
        super().__init__()
        self.parts = parts

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """Shorten a batch, and say so as DynamoDB does."""
        if operation == "BatchGetItem":
            return self._cut(original, client, kwargs, ("Keys", "UnprocessedKeys"))
        if operation == "BatchWriteItem":
            return self._cut(original, client, kwargs, ("", "UnprocessedItems"))
        return super().call(original, client, operation, kwargs)

    def _cut(self, original: Any, client: Any, kwargs: dict[str, Any], names: tuple[str, str]) -> Any:
        inner, left_as = names
        let = self.parts
        now: dict[str, Any] = {}
        left: dict[str, Any] = {}
        for table, request in kwargs["RequestItems"].items():
            parts = request[inner] if inner else request
            for place, some in ((now, parts[:let]), (left, parts[let:])):
                if some:
                    place[table] = request | {inner: some} if inner else some
            let = max(0, let - len(parts))
        operation = "BatchGetItem" if inner else "BatchWriteItem"
        answer = super().call(original, client, operation, kwargs | {"RequestItems": now})
        return answer | {left_as: left}


@pytest.fixture
def stingy() -> Iterator[Stingy]:
    """A seam under every call that lets ten parts of each batch through."""
    with put_in(Stingy(10)) as installed:
        yield installed


def all_of(org_id: str) -> list[str]:
    return [row.sk for row in store.query_all(InvitationRow, org_id)]


def test_what_a_write_left_undone_is_written_after(stingy: Stingy) -> None:
    org_id = stored_invitations(60)

    assert len(all_of(org_id)) == 60
    assert stingy.counts["BatchWriteItem"] == 3 + 3 + 1

    store.write_all(deletes=[invitation(org_id, number).own_key for number in range(60)])
    assert all_of(org_id) == []


def test_what_a_read_left_unread_is_read_after_with_its_consistency(stingy: Stingy) -> None:
    org_id = ids.new_id()
    store.write_all([organization(org_id), *(invitation(org_id, number) for number in range(20))])
    keys = [InvitationRow.of(org_id, f"{number:06}", consistent=number == 0) for number in range(24)]

    rows = store.read_together([OrganizationRow.of(org_id, consistent=False), *keys, PersonRow.of("nobody")])

    assert sum(rows.get(key) is not None for key in keys) == 20
    assert rows.get(OrganizationRow.of(org_id)) is not None
    reads = [kwargs["RequestItems"] for name, kwargs in stingy.calls if name == "BatchGetItem"]
    assert len(reads) == 3
    assert all(table["ConsistentRead"] for request in reads for table in request.values())


def test_a_batch_that_is_never_done_is_unavailable(stingy: Stingy) -> None:
    """It is said rather than passed over; what was done stays, and writing it again is harmless."""
    org_id = ids.new_id()
    stingy.parts = 1
    rows = [invitation(org_id, number) for number in range(6)]

    with pytest.raises(Unavailable):
        store.write_all(rows)

    with pytest.raises(Unavailable):
        store.read_together([row.own_key for row in rows])
    assert 1 <= len(all_of(org_id)) < len(rows)
    stingy.parts = 10
    store.write_all(rows)
    assert len(all_of(org_id)) == len(rows)


def test_more_than_a_batch_takes_is_sent_in_several(faults: Seam) -> None:
    org_id = stored_invitations(130)

    rows = store.read_together(InvitationRow.of(org_id, f"{number:06}") for number in range(130))

    assert all(rows.get(InvitationRow.of(org_id, f"{number:06}")) for number in range(130))
    assert faults.counts["BatchWriteItem"] == 6
    assert faults.counts["BatchGetItem"] == 2


def test_an_answer_above_sixteen_megabytes_comes_in_two(engine: Engine, faults: Seam) -> None:
    """DynamoDB Local, like AWS, leaves the rest unread; ministack answers with all of it at once."""
    org_id = ids.new_id()
    rows = [organization(org_id, "x" * 390 * KILOBYTE) for _ in range(44)]
    for number, row in enumerate(rows):
        row.sk = f"LARGE#{number:03}"
    for start in range(0, len(rows), 6):
        store.write_all(rows[start : start + 6])
    keys = [row.own_key for row in rows]
    try:
        found = store.read_together(keys)
        reads = faults.counts["BatchGetItem"]
        assert all(found.get(key) for key in keys)
    finally:
        store.write_all(deletes=keys)

    assert reads == (2 if engine.is_aws_own else 1)
