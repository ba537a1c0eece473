"""Exports in the background: of any size whole, once, and whatever dies (T-31, R-16)."""

from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

import app
from chalicelib.core import clock, files, store, work
from chalicelib.core.store import RawItem
from chalicelib.core.work import Work
from chalicelib.groups.service import export_limits, exports
from chalicelib.groups.tables import ExportRow, MembershipRow
from chalicelib.groups.withdrawals import WithdrawalRow
from chalicelib.people.tables.privacy import ledger_entry
from tests.support import messages
from tests.support.books import Book, fill
from tests.support.city import TestCity
from tests.support.exporting import Table, begin, export_row, fetched_table, inline, shown, table
from tests.support.lambdas import batch, failed, stored_record
from tests.support.seam import Killed, seam
from tests.support.working import Context, Cuts, with_each_fault, work_off

pytestmark = [pytest.mark.jobs, pytest.mark.slow]


@pytest.fixture(autouse=True)
def _no_limit_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_limits, "A_DAY", 10_000)


@pytest.fixture
def book(city: TestCity) -> Book:
    """An empty book, and nothing that waits to be done."""
    messages.take(work.QUEUE)
    return Book.opened(city)


@pytest.fixture
def few_disclosures(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger names one member a slice: its consumer would look for thousands who have no life behind their rows."""
    whole = exports._disclosure  # noqa: SLF001  what comes in between is put into the middle of it

    def of_one(organization: Any, actor: str, shown: Sequence[Any], at: Any, parts: Sequence[str]) -> Any:
        return whole(organization, actor, shown[:1], at, parts)

    monkeypatch.setattr(exports, "_disclosure", of_one)


def begun(book: Book) -> str:
    """The id of a new export whose first message waits."""
    export_id: str = begin(book).json["export_id"]
    app.ledger_stream(batch(stored_record(entry_of(book, export_id))), None)
    return export_id


def entry_of(book: Book, export_id: str) -> Any:
    """The entry of the ledger that begins an export, as far as its consumer looks."""
    return ledger_entry("EXPORT", run=export_row(book, export_id).name)


def exported(book: Book) -> Table:
    """The file of a new export, worked off apart from the streams."""
    export_id = begun(book)
    work_off(app.services.get(Work))
    done = shown(book, export_id).json
    found = fetched_table(done)
    assert (done["state"], done["rows"]) == ("done", len(found.members))
    return found


def member(book: Book) -> MembershipRow:
    """The one member of a book, put there."""
    fill(book.org_id, 1)
    (one,) = store.query_all(MembershipRow, book.org_id)
    return one


def put_members(book: Book, count: int) -> set[str]:
    """Put members into the table without people behind them. Returns their ids."""
    one = member(book)
    store.delete(one.own_key)
    names = [f"{number:022}" for number in range(count)]
    items = [{**one.serialize(), "member_id": {"S": name}, "person_id": {"S": name}} for name in names]
    for start in range(0, count, store.BATCH_WRITE_LIMIT):
        requests = [{"PutRequest": {"Item": item}} for item in items[start : start + store.BATCH_WRITE_LIMIT]]
        store.connection().dispatch("BatchWriteItem", {"RequestItems": {MembershipRow.physical_name(): requests}})
    return set(names)


@pytest.mark.usefixtures("few_disclosures")
@pytest.mark.parametrize("count", [0, 1, 999, 5_001])
def test_every_member_of_the_table_is_in_the_file(book: Book, count: int) -> None:
    names = put_members(book, count)

    found = exported(book)

    assert len(found.members) == count
    assert {row["member_id"] for row in found.members} == names
    if count <= exports.INLINE_ROWS:
        assert table(inline(book).text).members == found.members
    else:
        assert inline(book).code == "export_needs_work"


class Pages:
    """A partition of equal members, page by page: to put them into the table takes minutes."""

    def __init__(self, row: MembershipRow, count: int) -> None:
        self._of_all = {name: getattr(row, name) for name in MembershipRow.get_attributes()}
        self._count = count

    def __call__(self, _org_id: str, _path: str, start: RawItem | None, limit: int) -> Any:
        first = 0 if start is None else int(start["next"]["N"])
        last = min(first + limit, self._count)
        rows = [SimpleNamespace(**{**self._of_all, "member_id": f"{number:022}"}) for number in range(first, last)]
        return SimpleNamespace(
            rows=rows, unreadable=0, next_key={"next": {"N": str(last)}} if last < self._count else None
        )


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("few_disclosures")
def test_one_row_more_than_old_spreadsheets_hold_is_there(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    """PHE lost 15,841 cases at 65,536 rows."""
    monkeypatch.setattr(exports, "_page", Pages(member(book), 65_537))

    found = exported(book)

    assert len({row["member_id"] for row in found.members}) == len(found.members) == 65_537


def test_wherever_it_dies_the_file_is_whole_and_nobody_is_disclosed_twice(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "SLICE", 2)
    monkeypatch.setattr(export_limits, "A_DAY", 1_000)
    names = put_members(book, 3)

    def once(cuts: Cuts) -> None:
        export_id = begin(book).json["export_id"]
        entry = entry_of(book, export_id)
        for _ in range(2):  # its record comes again
            with suppress(ClientError), cuts.here():
                app.ledger_stream(batch(stored_record(entry)), None)
        assert work_off(app.services.get(Work), passes=30_000, cuts=cuts) >= 2

        done = shown(book, export_id).json
        assert (done["state"], done["rows"]) == ("done", 3)
        assert {row["member_id"] for row in fetched_table(done).members} == names
        disclosed = {
            request["Item"]["entry_id"]["S"]: len(request["Item"]["people"]["L"])
            for operation, request in cuts.calls
            if operation == "PutItem"
        }
        assert sorted(disclosed.values()) == [1, 2]
        assert files.remove_all(f"{book.org_id}/") == 1, "its parts are removed"

    assert with_each_fault(once, [("before", Killed()), ("after", Killed())]) > 15


def test_a_member_is_disclosed_before_their_row_is_written_down(book: Book) -> None:
    put_members(book, 1)
    begun(book)

    with seam() as calls:
        work_off(app.services.get(Work))

    assert [one for one in calls.operations if one.startswith("Put")] == ["PutItem", "PutObject", "PutObject"]


@pytest.mark.parametrize("number", [0, 1])
def test_a_file_that_is_put_after_the_book_is_deleted_is_removed(
    book: Book, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A slice saw the book alive and puts its part, or the file, after everything of the book was removed."""
    put_members(book, 1)
    export_id = begun(book)
    put, names = files.put, list[str]()

    def put_late(name: str, content: Any, kind: str) -> None:
        if len(names) == number:
            assert book.delete().status == 204
        names.append(name)
        put(name, content, kind)

    monkeypatch.setattr(files, "put", put_late)
    work_off(app.services.get(Work))

    assert len(names) == number + 1
    assert files.remove_all(f"{book.org_id}/") == 0
    row = export_row(book, export_id)
    assert row.done_at is not None


@pytest.mark.parametrize("number", [0, 1])
def test_an_export_ends_when_somebody_takes_something_back_while_it_is_made(
    book: Book, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    put_members(book, 1)
    export_id = begun(book)
    put, names = files.put, list[str]()

    def put_late(name: str, content: Any, kind: str) -> None:
        if len(names) == number:
            store.update(WithdrawalRow.of(book.org_id), [WithdrawalRow.withdrawn_at.set(clock.now())])
        names.append(name)
        put(name, content, kind)

    monkeypatch.setattr(files, "put", put_late)
    work_off(app.services.get(Work))

    assert len(names) == number + 1
    assert files.remove_all(f"{book.org_id}/") == 0
    assert shown(book, export_id).code == "export_withdrawn"


def test_a_lost_part_is_a_failure_that_says_so(book: Book) -> None:
    export_id = begun(book)
    (message,) = messages.take(work.QUEUE)
    row = export_row(book, export_id)
    store.update(row.own_key, [ExportRow.cursor.set('{"whole": true, "part": 1}')])
    files.remove_all(row.folder)

    assert app.services.get(Work).handle(batch(message), Context()) != failed()
    assert shown(book, export_id).json["state"] == "failed"
    store.delete(row.own_key)  # the ledger's stream has its entry too, and would let it fail once more
