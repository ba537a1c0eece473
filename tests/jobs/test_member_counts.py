"""The numbers of a book as its members' stream makes them: each change once, however often it comes (B15)."""

import json
import random
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock, counters, store
from chalicelib.core.counters import CounterRow, CountersTable, CursorRow
from chalicelib.core.ids import new_id
from chalicelib.groups.counting import CountedMember, scope_of
from chalicelib.groups.service.restore import delete_book_again
from chalicelib.people.tables.privacy import ledger_entry
from tests.support.books import Book, fill, membership_key
from tests.support.city import TestCity
from tests.support.counts import assert_counted, numbers_of
from tests.support.events import Events
from tests.support.lambdas import batch, failed, record
from tests.support.rows import items_of, put_raw, spoil, stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = pytest.mark.jobs

STREAM = "arn:aws:dynamodb:x:0:table/demo-memberships-v1/stream/2026-11-22T00:00:00.000"
LATER_STREAM = STREAM.replace("2026-11-22", "2026-11-23")
NOBODY_SHARES = {f"-#unshared:{scope}" for scope in ("health_code", "nucleic_acid", "vaccination", "travel")}


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)


def change(old: CountedMember | None, new: CountedMember | None, stream: str = STREAM) -> dict[str, Any]:
    """The record of a change of a member."""
    row = new or old
    assert row is not None
    images = {"OldImage": old, "NewImage": new}
    found = record(row.own_key.raw(), **{name: one.serialize() for name, one in images.items() if one is not None})
    return {**found, "eventSourceARN": stream}


def member(org_id: str, *scopes: str, department_id: str | None = None, member_id: str = "m") -> CountedMember:
    """As much of a membership as is counted."""
    return CountedMember(org_id, member_id, scopes=list(scopes), department_id=department_id)


def moved(row: CountedMember, department_id: str | None) -> CountedMember:
    return member(row.org_id, *(row.scopes or ()), department_id=department_id, member_id=row.member_id)


def count(*records: dict[str, Any]) -> Any:
    return app.members_stream(batch(*records), None)


def kept(org_id: str) -> dict[str, int]:
    """The numbers that are not zero."""
    return numbers_of(org_id).kept


def cursor(org_id: str) -> CursorRow:
    row = counters.cursor(scope_of(org_id))
    assert row is not None
    return row


# --- what is counted


def test_joining_sharing_and_leaving_are_counted(city: TestCity) -> None:
    book = Book.opened(city)
    first, second = book.member(), book.member("health_code", "travel")
    city.deliver()
    assert assert_counted(book.org_id) == {
        "-#members": 2, "-#state:unknown": 1, "-#unshared:health_code": 1, "-#unshared:nucleic_acid": 2,
        "-#unshared:travel": 1, "-#unshared:vaccination": 2,
    }  # fmt: skip

    assert first.client.put(f"{book.own_path}/consent", {"scopes": ["nucleic_acid"]}).status == 200
    assert second.client.delete(book.own_path).status == 204
    city.deliver()
    assert assert_counted(book.org_id) == {
        "-#members": 1, "-#unshared:health_code": 1, "-#unshared:travel": 1, "-#unshared:vaccination": 1,
    }  # fmt: skip


def test_removing_and_erasing_are_counted(city: TestCity) -> None:
    book = Book.opened(city)
    first, second = book.member(), book.member()
    assert book.owner.delete(f"{book.path}/members/{first.member_id}").status == 204
    assert second.client.delete("/v1/me").status == 204
    city.deliver()
    assert assert_counted(book.org_id) == {}


def test_a_new_fact_of_somebody_counts_nothing_and_writes_nothing(city: TestCity, faults: Seam) -> None:
    book = Book.opened(city)
    somebody = book.member("nucleic_acid")
    city.deliver()
    image = stored(membership_key(book.org_id, somebody.person)) or {}
    keys = membership_key(book.org_id, somebody.person).raw()
    before = len(faults.calls)
    fresh = {**image, "nucleic_acid": {"S": json.dumps({"result": "negative"})}}
    assert count(record(keys, OldImage=image, NewImage=fresh)) == failed()
    assert faults.calls[before:] == []


def test_a_member_who_moves_leaves_one_department_and_enters_another() -> None:
    org_id, one, other = new_id(), new_id(), new_id()
    here = member(org_id, "travel", department_id=one)
    assert count(change(None, here), change(here, moved(here, other))) == failed()
    assert kept(org_id) == {
        f"{other}#{metric}": 1
        for metric in ("members", "unshared:health_code", "unshared:nucleic_acid", "unshared:vaccination")
    }


def test_who_cannot_be_read_is_counted_as_that(city: TestCity) -> None:
    book = Book.opened(city)
    somebody = book.member()
    city.deliver()
    spoil(membership_key(book.org_id, somebody.person), "scopes", {"S": "all"})
    city.deliver()
    assert assert_counted(book.org_id) == {"-#unreadable": 1}
    assert somebody.client.delete("/v1/me").status == 204
    city.deliver()
    assert assert_counted(book.org_id) == {}


def test_the_cursor_says_when_something_was_last_taken_back_once() -> None:
    org_id = new_id()
    joined, less = member(org_id, "travel"), member(org_id)
    life = {"enrolment": {"N": "1"}}

    def sent(old: CountedMember | None, new: CountedMember | None) -> dict[str, Any]:
        found = change(old, new)
        for image in ("OldImage", "NewImage"):
            if image in found["dynamodb"]:
                found["dynamodb"][image] |= life
        return found

    assert count(sent(None, joined)) == failed()
    assert cursor(org_id).withdrawn_at is None
    taken_back, shared_again = sent(joined, less), sent(less, joined)
    with clock.frozen(clock.now()):
        at = clock.now()
        assert count(taken_back) == failed()
    with clock.frozen(at + timedelta(hours=1)):
        assert count(taken_back, shared_again) == failed()
    assert cursor(org_id).withdrawn_at == at


def test_another_life_of_a_member_takes_back_though_it_counts_nothing() -> None:
    org_id = new_id()
    row = member(org_id)
    found = change(row, row)
    for image, enrolment in (("OldImage", "1"), ("NewImage", "2")):
        found["dynamodb"][image] = {**found["dynamodb"][image], "enrolment": {"N": enrolment}}

    assert count(found) == failed()

    assert cursor(org_id).withdrawn_at is not None
    assert kept(org_id) == {}


# --- once, however often it comes


def test_a_batch_that_comes_again_counts_once() -> None:
    org_id = new_id()
    records = [change(None, member(org_id, member_id=str(number))) for number in range(5)]
    assert count(*records[:3]) == failed()
    for again in (records[:3], records[1:4], records, records[::-1], [records[0]], [records[4]]):
        assert count(*again) == failed()
    assert kept(org_id) == {"-#members": 5} | dict.fromkeys(NOBODY_SHARES, 5)
    assert cursor(org_id).counted == 5


def test_records_of_a_batch_are_counted_in_the_order_of_their_numbers() -> None:
    """As numbers: a longer one is later, though it sorts first as a text."""
    org_id = new_id()
    records = [change(None, member(org_id, member_id=str(number))) for number in range(3)]
    for one, number in zip(records, ("9", "10", f"{10**39}"), strict=True):
        one["dynamodb"]["SequenceNumber"] = number
    for one in records:
        assert count(one) == failed()
    assert count(*records) == failed()
    assert kept(org_id)["-#members"] == 3


def test_what_cancels_out_is_counted_all_the_same() -> None:
    """Or the second half, coming alone from a stream that forgot the first, would count by itself."""
    org_id = new_id()
    row = member(org_id)
    joined, left = change(None, row), change(row, None)
    assert count(joined, left) == failed()
    assert count(left) == failed()
    assert kept(org_id) == {}


def test_a_table_that_was_made_again_begins_anew() -> None:
    """Its stream is a later one, whose numbers begin anew; what the old one still brings is not counted any more."""
    org_id = new_id()
    old, new = (member(org_id, member_id=name) for name in ("old", "new"))
    first, second = change(None, old), change(None, new, LATER_STREAM)
    first["dynamodb"]["SequenceNumber"], second["dynamodb"]["SequenceNumber"] = "500", "7"
    late = change(None, member(org_id, member_id="late"))
    late["dynamodb"]["SequenceNumber"] = "501"
    for one in (first, second, late, second):
        assert count(one) == failed()
    assert kept(org_id)["-#members"] == 2


def test_books_of_one_batch_are_counted_by_themselves() -> None:
    one, other = new_id(), new_id()
    records = [change(None, member(org_id, member_id=name)) for name in "abc" for org_id in (one, other)]
    assert count(*records) == failed()
    assert (kept(one)["-#members"], kept(other)["-#members"]) == (3, 3)


def test_a_batch_that_changes_more_numbers_than_a_transaction_takes(faults: Seam) -> None:
    org_id = new_id()
    records = [
        change(None, member(org_id, department_id=new_id(), member_id=str(number)), STREAM) for number in range(45)
    ]
    assert count(*records) == failed()
    sizes = [len(kwargs["TransactItems"]) for name, kwargs in faults.calls if name == "TransactWriteItems"]
    assert len(sizes) == 3
    assert max(sizes) <= 100
    assert count(*records) == failed()
    assert len(kept(org_id)) == 45 * 5
    assert set(kept(org_id).values()) == {1}


def test_hundreds_of_changes_cut_anywhere_are_counted_once() -> None:
    """Batches end where they like and come again from anywhere before, as Lambda promises no more than that."""
    pick, org_id = random.Random(4), new_id()
    departments = [None, *(new_id() for _ in range(6))]
    members: dict[str, CountedMember] = {}
    records = []
    for _ in range(300):
        name = str(pick.randrange(30))
        old = members.pop(name, None)
        new = None
        if old is None or pick.random() < 0.7:
            scopes = pick.sample(["health_code", "travel"], pick.randrange(3))
            new = members[name] = member(org_id, *scopes, department_id=pick.choice(departments), member_id=name)
        records.append(change(old, new))
    done = 0
    while done < len(records):
        start, end = max(0, done - pick.randrange(20)), min(len(records), done + pick.randrange(1, 40))
        assert count(*records[start:end]) == failed()
        done = end
    store.write_all(members.values())
    both = numbers_of(org_id)
    assert both.kept == both.true
    assert sum(number for name, number in both.kept.items() if name.endswith("#members")) == len(members)


# --- wherever it is cut


FAULTS = [(place, error) for place in ("before", "after") for error in (aws_error("InternalServerError"), Killed())]


@pytest.fixture
def cut() -> list[dict[str, Any]]:
    """Records of two books, so many that one of them takes two transactions."""
    org_id, other = new_id(), new_id()
    many = [change(None, member(org_id, department_id=new_id(), member_id=str(number))) for number in range(25)]
    few = [change(None, member(other, member_id=str(number))) for number in range(3)]
    return [*many[:10], *few, *many[10:]]


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault[0]} {type(fault[1]).__name__}")
def test_a_batch_that_is_cut_at_any_call_counts_once_when_it_comes_again(
    faults: Seam, monkeypatch: pytest.MonkeyPatch, number: int, fault: tuple[str, BaseException], cut: Any
) -> None:
    monkeypatch.setattr("chalicelib.core.store.retries.time.sleep", lambda _: None)
    assert count(*cut[:4]) == failed()  # so that the rest meets a cursor in its midst
    faults.at = {len(faults.calls) + number: fault}
    with suppress(Killed):
        assert count(*cut) in (failed(), failed(cut[0]))
    faults.at = {}
    assert count(*cut) == failed()
    assert count(*cut[::-1]) == failed()
    for org_id, joined in Counter(one["dynamodb"]["Keys"]["org_id"]["S"] for one in cut).items():
        members = [number for name, number in kept(org_id).items() if name.endswith("#members")]
        assert sum(members) == cursor(org_id).counted == joined


def test_storage_that_does_not_answer_holds_the_stream(faults: Seam, events: Events) -> None:
    org_id = new_id()
    joined = change(None, member(org_id))
    faults.fail("TransactWriteItems", aws_error("AccessDeniedException"))
    assert count(joined) == failed(joined)
    assert events.of("stream.record_failed")
    assert count(joined) == failed()
    assert kept(org_id)["-#members"] == 1


# --- what is broken


def test_a_number_that_is_none_any_more_holds_nobody_up(events: Events) -> None:
    spoiled, other = new_id(), new_id()
    assert count(change(None, member(spoiled))) == failed()
    spoil(CounterRow.of(scope_of(spoiled), "-#members"), "amount", {"S": "many"})
    assert count(change(None, member(spoiled, member_id="n")), change(None, member(other))) == failed()
    assert kept(other)["-#members"] == 1
    (line,) = events.of("row.broken")
    assert (line["table"], line["org_id"]) == ("counters", spoiled)


@pytest.mark.parametrize("broken", [{"N": "1"}, None])
def test_a_cursor_that_is_none_any_more_is_set_anew(broken: dict[str, str] | None) -> None:
    org_id = new_id()
    assert count(change(None, member(org_id))) == failed()
    spoil(CursorRow.of(scope_of(org_id)), "position", broken)
    assert count(change(None, member(org_id, member_id="n"))) == failed()
    assert kept(org_id)["-#members"] == 2
    assert cursor(org_id).counted == 2


# --- a book that goes


def test_a_deleted_book_leaves_no_numbers_however_late_its_stream_comes(city: TestCity) -> None:
    book = Book.opened(city)
    fill(book.org_id, 3)
    city.deliver()
    assert assert_counted(book.org_id)["-#members"] == 3
    assert book.delete().status == 204
    city.deliver()
    assert items_of(CountersTable, scope_of(book.org_id)) == []
    assert cursor(book.org_id).expires_at is not None

    late = change(member(book.org_id), None, STREAM.replace("2026", "2099"))
    assert count(late) == failed()
    assert items_of(CountersTable, scope_of(book.org_id)) == []


def test_a_damaged_number_of_a_deleted_book_goes_too(city: TestCity) -> None:
    book = Book.opened(city)
    put_raw(CounterRow.of(scope_of(book.org_id), "-#members"), {"amount": {"S": "many"}})
    assert book.delete().status == 204
    city.deliver()
    assert items_of(CountersTable, scope_of(book.org_id)) == []


def test_numbers_of_a_book_that_comes_back_in_a_restore_go_again(city: TestCity) -> None:
    book = Book.opened(city)
    assert book.delete().status == 204
    city.deliver()
    restored = CounterRow.of(scope_of(book.org_id), "-#members")
    put_raw(restored, {"amount": {"S": "many"}})
    store.delete(CursorRow.of(scope_of(book.org_id)))
    entry = ledger_entry("BOOK_DELETED", org_id=book.org_id, organization="Third School")

    assert [delete_book_again(entry, write=write) for write in (False, True, False)] == [1, 1, 0]

    assert items_of(CountersTable, scope_of(book.org_id)) == []
    assert cursor(book.org_id).position == counters.CLOSED
