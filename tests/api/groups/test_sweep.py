"""The sweep of a deleted book, cut at any point and repeated (harness H5)."""

from contextlib import suppress
from typing import Any

import pytest

import app
from chalicelib.groups.effects import sweeps
from chalicelib.groups.tables import MembershipsTable
from chalicelib.people.tables.privacy import LedgerRow
from tests.api.groups.steps import assert_swept, damaged
from tests.support.books import Book, fill
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.lambdas import batch, failed, stored_record
from tests.support.rows import items_of
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
            event = deletion(cut, faults)
            faults.at = {len(faults.calls) + number: (place, Killed())}
            with suppress(Killed):
                app.ledger_stream(event, None)
            faults.at = {}
            assert app.ledger_stream(event, None) == failed()

    city.deliver()

    for org_id, person_ids in swept:
        assert_swept(org_id, person_ids)


def deletion(book: Book, faults: Seam) -> dict[str, Any]:
    """Delete a book. Returns the event that the ledger's consumer will get."""
    assert book.delete().status == 204
    request = next(request for operation, request in reversed(faults.calls) if operation == "TransactWriteItems")
    (entry,) = [part["Put"]["Item"] for part in request["TransactItems"] if "Put" in part]
    return batch(stored_record(LedgerRow.from_raw_data(entry)))
