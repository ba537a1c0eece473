"""The sweep of a deleted book, cut at any point and repeated (harness H5)."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest

import app
from chalicelib.core import store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Transaction
from chalicelib.groups.effects import sweeps
from chalicelib.groups.service.endings import end_membership
from chalicelib.groups.tables import AdminRow, MembershipRow, MembershipsTable, OrganizationsTable
from chalicelib.people.tables.certificates import CertificateRow
from chalicelib.people.tables.people import MembershipPointer
from chalicelib.people.tables.privacy import LedgerRow
from tests.api.groups.steps import assert_swept, certified, damaged
from tests.support.books import Book, fill, person_id_of
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.lambdas import batch, failed, stored_record
from tests.support.rows import items_of, put_raw, stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.slow]


def test_one_entry_ends_no_more_members_than_it_may(book: Book, monkeypatch: pytest.MonkeyPatch, faults: Seam) -> None:
    monkeypatch.setattr(sweeps, "MEMBERS_A_TRANSACTION", 2)
    monkeypatch.setattr(sweeps, "MEMBERS_AN_ENTRY", 4)
    fill(book.org_id, 9)
    event = deletion(book, faults)
    start = len(faults.calls)

    assert app.ledger_stream(event, None) == failed()

    assert faults.operations[start:].count("TransactWriteItems") == 2
    assert faults.calls[-1][1]["TableName"] == "demo-ledger-v1"
    assert len(items_of(MembershipsTable, book.org_id)) == 5


def test_the_sweep_goes_on_wherever_it_was_cut(
    city: TestCity, owner: Client, monkeypatch: pytest.MonkeyPatch, faults: Seam
) -> None:
    """At each of its calls, before it and after it, the function dies or its answer is lost; the next delivery goes on."""
    monkeypatch.setattr(sweeps, "MEMBERS_A_TRANSACTION", 1)

    def cut(number: int | None, place: str = "", error: BaseException | None = None) -> int:
        """Sweep a new book with a fault at one call, then twice more. Returns how many calls the first run made."""
        swept = Book(city, owner, city.book(owner), "")
        person_ids = fill(swept.org_id, 3)
        damaged(swept.org_id, person_ids[1], "name_mask")
        put_raw(MembershipRow.of(swept.org_id, "nobody"), {})
        for person_id in person_ids[:2]:
            put_raw(AdminRow.of(swept.org_id, pairwise_id(swept.org_id, person_id)), {})
        city.invite(owner, swept.org_id)
        event = deletion(swept, faults)
        start = len(faults.calls)
        faults.at = {} if number is None or error is None else {start + number: (place, error)}
        with suppress(Killed):
            app.ledger_stream(event, None)
        calls = len(faults.calls) - start
        faults.at = {}
        assert [app.ledger_stream(event, None) for _ in range(2)] == [failed(), failed()]
        assert_swept(swept.org_id, person_ids)
        assert certified(owner, swept.org_id) == {"members": 4, "invitations": 1, "administrators": 2}
        return calls

    calls = cut(None)
    assert calls > 8
    for number in range(calls):
        cut(number, "before", Killed())
        cut(number, "after", aws_error("InternalServerError"))


def test_a_sweep_in_parts_goes_on_wherever_it_was_cut(
    city: TestCity, owner: Client, monkeypatch: pytest.MonkeyPatch, faults: Seam
) -> None:
    """The same where the work goes on in further entries of the ledger, one of which may be written twice."""
    monkeypatch.setattr(sweeps, "MEMBERS_A_TRANSACTION", 2)
    monkeypatch.setattr(sweeps, "MEMBERS_AN_ENTRY", 4)
    swept: list[tuple[str, list[str]]] = []
    for number in range(6):
        for place in ("before", "after"):
            cut = Book(city, owner, city.book(owner), "")
            swept.append((cut.org_id, fill(cut.org_id, 7)))
            for _ in range(5):
                city.invite(owner, cut.org_id)
            event = deletion(cut, faults)
            faults.at = {len(faults.calls) + number: (place, Killed())}
            with suppress(Killed):
                app.ledger_stream(event, None)
            faults.at = {}
            assert app.ledger_stream(event, None) == failed()

    city.deliver()

    for org_id, person_ids in swept:
        assert_swept(org_id, person_ids)
        assert certified(owner, org_id) == {"members": 7, "invitations": 5}


def deletion(book: Book, faults: Seam) -> dict[str, Any]:
    """Delete a book. Returns the event that the ledger's consumer will get."""
    assert book.delete().status == 204
    request = next(request for operation, request in reversed(faults.calls) if operation == "TransactWriteItems")
    put = [part["Put"]["Item"] for part in request["TransactItems"] if "Put" in part]
    (entry,) = [item for item in put if "day_shard" in item]
    return batch(stored_record(LedgerRow.from_raw_data(entry)))


def test_two_deliveries_at_once_count_everything_once(
    city: TestCity, owner: Client, monkeypatch: pytest.MonkeyPatch, faults: Seam
) -> None:
    """Each removes what the other has just read; what is left comes again, as it does from the queue of retries."""
    monkeypatch.setattr(sweeps, "MEMBERS_A_TRANSACTION", 2)
    monkeypatch.setattr(sweeps, "ROWS_A_TRANSACTION", 2)
    for _ in range(3):
        swept = Book(city, owner, city.book(owner), "")
        person_ids = fill(swept.org_id, 9)
        put_raw(MembershipRow.of(swept.org_id, "nobody"), {})
        for _ in range(7):
            city.invite(owner, swept.org_id)
        event = deletion(swept, faults)

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _, event=event: app.ledger_stream(event, None), range(3)))
        city.deliver()

        assert_swept(swept.org_id, person_ids)
        assert certified(owner, swept.org_id) == {"members": 10, "invitations": 7}


def test_what_leaves_by_itself_is_not_counted(
    city: TestCity, owner: Client, monkeypatch: pytest.MonkeyPatch, faults: Seam
) -> None:
    swept = Book(city, owner, city.book(owner), "")
    fill(swept.org_id, 3)
    rows = list(store.query_all(MembershipRow, swept.org_id))
    event, real = deletion(swept, faults), sweeps._end_memberships  # noqa: SLF001  what comes in between is put into the middle of it

    def after_one_left(organization: Any, members: list[MembershipRow]) -> None:
        monkeypatch.setattr(sweeps, "_end_memberships", real)
        transaction = Transaction()
        end_membership(transaction, rows[1])
        transaction.commit()
        real(organization, members)

    monkeypatch.setattr(sweeps, "_end_memberships", after_one_left)
    assert app.ledger_stream(event, None) == failed()

    assert certified(owner, swept.org_id) == {"members": 2}


@pytest.mark.parametrize("late", [False, True])
def test_an_owner_who_erases_themself_under_the_sweep_gets_no_row_back(
    city: TestCity, monkeypatch: pytest.MonkeyPatch, faults: Seam, late: bool
) -> None:
    """Before the certificate is read, and between reading and completing it."""
    person = city.stranger()
    owner = enrolled(city, person)[0]
    swept = Book(city, owner, city.book(owner), "")
    event, real = deletion(swept, faults), sweeps._completing  # noqa: SLF001  what comes in between is put into the middle of it
    key = CertificateRow.of(person_id_of(person), swept.org_id)

    def erased_first(*given: Any) -> Transaction:
        store.delete(key)
        return real(*given)

    if late:
        monkeypatch.setattr(sweeps, "_completing", erased_first)
    else:
        store.delete(key)
    assert app.ledger_stream(event, None) == failed()

    assert stored(key) is None
    assert items_of(OrganizationsTable, swept.org_id) == []


def test_members_of_whom_nothing_can_be_read_do_not_hold_the_sweep_up(
    city: TestCity, owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than one entry may end."""
    monkeypatch.setattr(sweeps, "MEMBERS_AN_ENTRY", 2)
    swept = Book(city, owner, city.book(owner), "")
    for person_id in fill(swept.org_id, 5):
        damaged(swept.org_id, person_id, "name_mask")
        put_raw(MembershipPointer.of(person_id, swept.org_id), {"member_id": {"N": "1"}})

    assert swept.delete().status == 204
    city.deliver()

    assert items_of(OrganizationsTable, swept.org_id) == []
    assert certified(owner, swept.org_id) == {"members": 5}
