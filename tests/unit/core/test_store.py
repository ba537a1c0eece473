"""Reading and writing rows: whole batches, conditions, pages, and rows that can't be read (R-06, R-08, R-11)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core import clock, ids, store
from chalicelib.core.errors import Broken, Unavailable
from chalicelib.core.store import Key, reads
from chalicelib.people.tables.logins import AccountRow, CountRow, LoginsTable
from chalicelib.people.tables.people import PersonRow
from tests.support.rows import put_raw, spoil, stored
from tests.support.seam import Seam, aws_error
from tests.unit.core.counters import count_at, counter, put, short_waits

pytestmark = pytest.mark.usefixtures("whole_run", "waits")

waits = pytest.fixture(short_waits)


def test_rows_of_several_tables_are_read_in_one_call(faults: Seam) -> None:
    first, second = counter(1), counter(2)
    put(first, second)
    missing, nobody = CountRow.of("test#nobody", "hour"), PersonRow.of("nobody")
    faults.calls.clear()

    rows = store.read_together([first.own_key, nobody, second.own_key, missing, first.own_key])

    assert faults.operations == ["BatchGetItem"]
    found = rows.get(first.own_key), rows.get(second.own_key)
    assert [row.counted for row in found if row is not None] == [1, 2]
    assert rows.get(missing) is None
    assert rows.get(nobody) is None


def test_a_table_is_read_consistently_if_any_of_its_keys_asks_for_it(faults: Seam) -> None:
    loose = Key(CountRow, "test#a", "LIMIT#hour", consistent=False)
    strict = Key(CountRow, "test#b", "LIMIT#hour")
    store.read_together([loose, PersonRow.key("nobody", "PERSON", consistent=False)])
    store.read_together([loose, strict])

    asked = [
        {table.split("-")[1]: request["ConsistentRead"] for table, request in call["RequestItems"].items()}
        for _, call in faults.calls
    ]
    assert asked == [{"logins": False, "people": False}, {"logins": True}]


def test_nothing_is_asked_for_nothing(faults: Seam) -> None:
    store.read_together([])
    store.write_all()

    assert faults.operations == []


def test_more_than_a_hundred_keys_take_more_than_one_call(faults: Seam) -> None:
    counters = [counter(number) for number in range(120)]
    put(*counters)
    assert faults.counts == {"BatchWriteItem": 5}

    rows = store.read_together(row.own_key for row in counters)

    assert faults.counts["BatchGetItem"] == 2
    assert [int(row.counted) for one in counters if (row := rows.get(one.own_key))] == list(range(120))


class Partly:
    """A DynamoDB that does only so many keys or writes of each batch."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
        self.calls: list[str] = []
        self._at_once = at_once
        self._dispatch = store.connection().dispatch
        monkeypatch.setattr(store.connection(), "dispatch", self)

    def __call__(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(operation)
        done: dict[str, Any] = {}
        left: dict[str, Any] = {}
        for table, asked in request["RequestItems"].items():
            parts = asked["Keys"] if operation == "BatchGetItem" else asked
            now, later = parts[: self._at_once], parts[self._at_once :]
            wrap = (lambda some, of=asked: {**of, "Keys": some}) if operation == "BatchGetItem" else (lambda some: some)
            done |= {table: wrap(now)} if now else {}
            left |= {table: wrap(later)} if later else {}
        answer = self._dispatch(operation, {"RequestItems": done}) if done else {}
        return {**answer, "UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems": left}


def test_keys_that_were_left_unread_are_asked_for_again(monkeypatch: pytest.MonkeyPatch, waits: list[float]) -> None:
    counters = [counter(number) for number in range(7)]
    put(*counters)
    dynamodb = Partly(monkeypatch, at_once=2)

    rows = store.read_together(row.own_key for row in counters)

    assert [int(row.counted) for one in counters if (row := rows.get(one.own_key))] == list(range(7))
    assert dynamodb.calls == ["BatchGetItem"] * 4
    assert waits == [0.05, 0.1, 0.2]


def test_keys_that_stay_unread_are_never_taken_for_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    row = counter()
    put(row)
    dynamodb = Partly(monkeypatch, at_once=0)

    with pytest.raises(Unavailable):
        store.read_together([row.own_key])

    assert len(dynamodb.calls) == store.ROUNDS


def test_writes_that_were_left_are_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    counters = [counter(number) for number in range(6)]
    dynamodb = Partly(monkeypatch, at_once=2)

    store.write_all(counters)

    monkeypatch.undo()
    assert dynamodb.calls == ["BatchWriteItem"] * 3
    assert [count_at(row) for row in counters] == list(range(6))


def test_writes_that_stay_undone_are_not_taken_for_done(monkeypatch: pytest.MonkeyPatch) -> None:
    Partly(monkeypatch, at_once=0)

    with pytest.raises(Unavailable):
        store.write_all([counter()])


def test_puts_and_deletes_go_together(faults: Seam) -> None:
    old, new = counter(), counter()
    put(old)
    faults.calls.clear()

    store.write_all([new], [old.own_key])

    assert faults.operations == ["BatchWriteItem"]
    assert (count_at(old), count_at(new)) == (None, 1)


def test_nothing_is_written_when_the_rows_cannot_be_made(faults: Seam) -> None:
    def rows() -> Any:
        yield counter()
        raise KeyError

    with pytest.raises(KeyError):
        store.write_all(rows())

    assert faults.operations == []


def test_put_once_puts_what_is_not_there() -> None:
    row = counter(3)

    assert store.put_once(row, CountRow.subject.does_not_exist()) is None

    assert count_at(row) == 3


def test_put_once_hands_back_what_is_there(faults: Seam) -> None:
    row = counter(3)
    put(row)
    other = CountRow(row.subject, row.sk, counted=4, expires_at=row.expires_at)
    faults.calls.clear()

    met = store.put_once(other, CountRow.subject.does_not_exist())

    assert met is not None
    assert met.counted == 3
    assert faults.operations == ["PutItem"]
    assert count_at(row) == 3


def test_put_once_where_a_row_is_asked_for_and_none_is_there_says_so() -> None:
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        store.put_once(counter(), CountRow.subject.exists())


def test_put_once_lets_other_errors_through(faults: Seam) -> None:
    faults.fail("PutItem", aws_error("ThrottlingException"))

    with pytest.raises(ClientError, match="Throttling"):
        store.put_once(counter(), CountRow.subject.does_not_exist())


def test_a_broken_row_that_put_once_meets_is_broken() -> None:
    row = counter()
    put(row)
    spoil(row.own_key, "counted")

    with pytest.raises(Broken):
        store.put_once(row, CountRow.subject.does_not_exist())


def test_an_update_returns_the_row_as_it_is_now() -> None:
    row = counter(3)
    put(row)

    changed = store.update(row.own_key, [CountRow.counted.add(2)])

    assert changed is not None
    assert changed.counted == 5
    assert store.update(row.own_key, [CountRow.counted.add(2)], CountRow.counted < 5) is None
    assert count_at(row) == 5


def test_a_delete_says_whether_its_condition_held() -> None:
    row = counter(3)
    put(row)

    assert not store.delete(row.own_key, CountRow.counted == 4)
    assert store.delete(row.own_key, CountRow.counted == 3)
    assert store.delete(row.own_key), "removing what is not there is no error"
    assert count_at(row) is None


@pytest.mark.parametrize(
    ("operation", "write"),
    [("UpdateItem", lambda key: store.update(key, [CountRow.counted.add(1)])), ("DeleteItem", store.delete)],
)
def test_other_errors_of_single_writes_go_through(
    faults: Seam, operation: str, write: Callable[[Key[CountRow]], object]
) -> None:
    row = counter()
    faults.fail(operation, aws_error("ThrottlingException"))

    with pytest.raises(ClientError, match="Throttling"):
        write(row.own_key)


def test_a_value_is_assigned_and_none_removes_it() -> None:
    key = AccountRow.of(ids.new_id())
    put(AccountRow(key.hash_value, key.range_value, person_id="p", enrolment=1, last_used_at=clock.now()))

    row = store.update(key, store.assign(AccountRow, {"person_id": None, "enrolment": 2}))

    assert row is not None
    assert (row.person_id, row.enrolment) == (None, 2)
    assert "person_id" not in (stored(key) or {})


def rows_of_one_partition(number: int) -> str:
    """A subject with so many counters."""
    subject = f"test#{ids.new_id()}"
    expires_at = clock.now() + timedelta(days=1)
    put(*(CountRow(subject, f"LIMIT#{row:02d}", counted=row, expires_at=expires_at) for row in range(number)))
    return subject


def test_a_query_pages_in_order_and_says_where_it_goes_on() -> None:
    subject, seen, start = rows_of_one_partition(5), [], None

    for _ in range(3):
        page = store.query(CountRow, subject, CountRow.sk.startswith("LIMIT#"), limit=2, start=start)
        seen += [int(row.counted) for row in page.rows]
        start = page.next_key

    assert seen == [0, 1, 2, 3, 4]
    assert start is None


def test_a_query_can_begin_with_the_newest() -> None:
    page = store.query(CountRow, rows_of_one_partition(3), limit=2, newest_first=True)

    assert [row.counted for row in page.rows] == [2, 1]


def test_query_all_walks_every_page_as_far_as_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = rows_of_one_partition(5)
    query, pages = store.query, []

    def counted(*args: Any, **kwargs: Any) -> store.Page[Any]:
        pages.append(query(*args, **kwargs))
        return pages[-1]

    monkeypatch.setattr(reads, "query", counted)

    assert [row.counted for row in store.query_all(CountRow, subject, page=2)] == [0, 1, 2, 3, 4]
    assert len(pages) == 3
    newest = store.query_all(CountRow, subject, page=2, newest_first=True)
    assert [next(newest).counted, next(newest).counted] == [4, 3]
    assert len(pages) == 4


def test_unchanged_holds_while_a_row_says_the_same_and_no_longer() -> None:
    subject = rows_of_one_partition(1)
    (read,) = store.query(CountRow, subject).rows
    grown = [CountRow.counted.add(1)]

    assert store.update(read.own_key, grown, store.unchanged(read, "counted")) is not None
    assert store.update(read.own_key, grown, store.unchanged(read, "counted")) is None
    read.counted = None
    assert store.update(read.own_key, grown, store.unchanged(read, "counted")) is None


def test_a_row_that_cannot_be_read_does_not_hide_its_neighbours() -> None:
    subject = rows_of_one_partition(3)
    spoil(CountRow.key(subject, "LIMIT#01"), "counted", {"S": "one"})

    page = store.query(CountRow, subject)

    assert [row.counted for row in page.rows] == [0, 2]
    assert page.unreadable == 1
    assert len(store.query(LoginsTable, subject).rows) == 3, "its key can still be read, to remove it"


def test_where_a_row_lies_that_cannot_be_read_is_told() -> None:
    subject = f"test#{ids.new_id()}"
    keys = [Key(CountRow, subject, f"LIMIT#{number}") for number in range(3)]
    for key in keys:
        put_raw(key, {"counted": {"S": "one"}})
    broken: list[Key[CountRow]] = []

    assert list(store.query_all(CountRow, subject, on_broken=broken.append)) == []
    assert broken == keys
    assert store.query(CountRow, subject).unreadable == 3


REFUSED = {"ValidationException": True, "TransactionCanceledException": True}


@pytest.mark.parametrize("code", [*REFUSED, "AccessDeniedException", "ThrottlingException", "InternalServerError"])
def test_an_outage_is_told_from_a_request_that_would_be_refused_again(faults: Seam, code: str) -> None:
    faults.fail("Query", aws_error(code))

    with pytest.raises(store.STORAGE_ERRORS) as caught:
        store.query(CountRow, "test#a")

    assert store.is_passing(caught.value) is not REFUSED.get(code, False)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("counted", None),
        ("counted", {"NULL": True}),
        ("counted", {"S": "1"}),
        ("counted", {"L": []}),
        ("expires_at", {"S": "tomorrow"}),
        ("expires_at", {"BOOL": True}),
    ],
)
def test_a_row_with_an_attribute_missing_or_of_another_type_is_broken(
    attribute: str, value: dict[str, object] | None
) -> None:
    row = counter()
    put(row)
    spoil(row.own_key, attribute, value)

    rows = store.read_together([row.own_key])

    with pytest.raises(Broken):
        rows.get(row.own_key)


def test_attributes_that_a_later_version_added_do_no_harm() -> None:
    row = counter(3)
    put_raw(row.own_key, {**row.serialize(), "of_a_later_version": {"M": {}}})

    assert count_at(row) == 3


def test_a_key_is_the_same_whether_or_not_it_is_read_consistently() -> None:
    assert CountRow.key("a", "b", consistent=False) == CountRow.key("a", "b")
    keys: list[Key[Any]] = [CountRow.key("a", "b"), AccountRow.key("a", "b")]
    assert keys[0] != keys[1]


def test_every_table_answers_a_probe() -> None:
    keys = store.probe_keys()

    assert {key.row for key in keys} == set(store.tables())
    assert all(store.read_together(keys).get(key) is None for key in keys)


def test_connections_can_be_forgotten() -> None:
    row = counter(7)
    put(row)
    before = store.connection()

    store.forget_connections()

    assert store.connection() is not before
    assert count_at(row) == 7
