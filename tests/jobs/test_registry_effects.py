"""What the registry's stream causes, by the events that Lambda hands over: twice, late, out of order, some of it poison."""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock, queues, store
from chalicelib.groups.service import standings
from chalicelib.health.tables import FactRow
from tests.support import messages
from tests.support.books import (
    Book,
    Member,
    membership_key,
    person_id_of,
    person_key,
    shown_columns,
)
from tests.support.city import TestCity
from tests.support.lambdas import batch, fact_records, failed, identity_record, record, removed_record
from tests.support.rows import spoil, stored
from tests.support.seam import Killed, Seam, aws_error
from tests.support.sources import registered, report

pytestmark = pytest.mark.jobs

DAY = "2022-04-05T10:00:00+08:00"


@pytest.fixture
def book(city: TestCity) -> Book:
    """A new book."""
    return Book.opened(city)


def to_registry(*records: dict[str, Any]) -> Any:
    return app.registry_stream(batch(*records), None)


def snapshot_of(book: Book, member: Member) -> dict[str, Any]:
    (item,) = [one for one in book.members() if one["member_id"] == member.member_id]
    return {column: item[column] for column in ("status", "nucleic_acid", "vaccination", "travel")}


@pytest.mark.parametrize(
    "scopes", [(), ("nucleic_acid",), ("travel", "health_code"), ("nucleic_acid", "vaccination", "travel")]
)
def test_facts_refresh_what_is_shared_and_nothing_else(city: TestCity, book: Book, scopes: tuple[str, ...]) -> None:
    member = book.member(*scopes)
    for kind, result in [
        ("nucleic_acid", "negative"),
        ("vaccination", "3"),
        ("travel_check", "clear"),
        ("case", "suspected"),
    ]:
        city.fact(member.person, kind, result, DAY)
    records = fact_records(member.person)
    random.Random(3).shuffle(records)

    assert to_registry(*records) == failed()
    assert to_registry(*records[::-1]) == failed()

    columns = {{"health_code": "status"}.get(scope, scope) for scope in scopes}
    assert {column for column, value in snapshot_of(book, member).items() if value is not None} == columns
    assert shown_columns(stored(membership_key(book.org_id, member.person)) or {}) == columns


def test_a_person_in_several_books_is_refreshed_in_each_within_its_scopes(city: TestCity, book: Book) -> None:
    other, third = Book.opened(city, book.owner), Book.opened(city, book.owner)
    member = book.member("nucleic_acid")
    city.join(member.client, other.code, "travel")
    city.join(member.client, third.code)
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    city.fact(member.person, "high_risk_travel", "high", DAY)

    assert to_registry(*fact_records(member.person)) == failed()

    shown = [shown_columns(stored(membership_key(one.org_id, member.person)) or {}) for one in (book, other, third)]
    assert shown == [{"nucleic_acid"}, {"travel"}, set()]


def test_a_fact_that_a_fast_clock_dated_ahead_counts_once_its_moment_is_there(
    city: TestCity, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, lab = book.member("health_code"), registered(city)
    sent: list[tuple[str, Any, int]] = []
    monkeypatch.setattr(queues, "send", lambda queue, message, *, after=0: sent.append((queue, message, after)))
    ahead = clock.now() + timedelta(minutes=4)
    lab.facts(report(member.person, kind="case", occurred_at=clock.iso(ahead), result="confirmed"))

    assert to_registry(*fact_records(member.person)) == failed()

    ((queue, message, after),) = sent
    assert queue == "registry_retries"
    assert 230 <= after <= 242
    before = state_of(member)
    with clock.frozen(clock.now() + timedelta(seconds=after)):
        retried = {"messageId": "1", "eventSource": "aws:sqs", "body": json.dumps(message)}
        assert to_registry(retried) == failed()
        assert (before, state_of(member)) == ("green", "red")
    assert len(sent) == 1


def state_of(member: Member) -> str | None:
    row = store.read_together([person_key(member.person)]).get(person_key(member.person))
    return None if row is None else row.state


def test_an_old_record_that_comes_late_does_not_bring_an_old_fact_back(city: TestCity, book: Book) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "negative", "2022-04-01T10:00:00+08:00", fact_id="1")
    early = fact_records(member.person)
    city.fact(member.person, "nucleic_acid", "positive", DAY, fact_id="2")

    assert to_registry(*fact_records(member.person)) == failed()
    assert to_registry(*early) == failed()

    assert snapshot_of(book, member)["nucleic_acid"]["result"] == "positive"


def test_a_corrected_or_withdrawn_fact_is_corrected_in_the_book(city: TestCity, book: Book) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "positive", DAY, fact_id="1")
    assert to_registry(*fact_records(member.person)) == failed()
    city.fact(member.person, "nucleic_acid", "negative", DAY, fact_id="1")
    (corrected,) = fact_records(member.person)
    assert to_registry(corrected) == failed()
    assert snapshot_of(book, member)["nucleic_acid"]["result"] == "negative"

    (row,) = store.query_all(FactRow, person_id_of(member.person), FactRow.sk >= "a")
    store.write_all(deletes=[row.own_key])
    assert to_registry(removed_record(row)) == failed()

    assert snapshot_of(book, member)["nucleic_acid"] is None


def test_facts_of_people_who_never_enrolled_cause_nothing_and_cost_one_read(city: TestCity, faults: Seam) -> None:
    people = [city.person() for _ in range(5)]
    for person in people:
        city.fact(person, "case", "confirmed", DAY)
    records = [one for person in people for one in (*fact_records(person), identity_record(person))]
    start = len(faults.calls)

    assert to_registry(*records) == failed()

    assert faults.operations[start:] == ["BatchGetItem"]
    assert all(stored(person_key(person)) is None for person in people)


def test_a_batch_of_many_facts_is_one_look_at_each_person(city: TestCity, book: Book, faults: Seam) -> None:
    member = book.member("nucleic_acid")
    for number in range(5):
        city.fact(member.person, "nucleic_acid", "negative", DAY, fact_id=str(number))
    records = fact_records(member.person)
    start = len(faults.calls)

    assert to_registry(*records) == failed()

    status = ["Query", "UpdateItem", "Query"]
    snapshots = ["Query", "BatchGetItem", "Query", "UpdateItem", "BatchGetItem"]
    assert faults.operations[start:] == ["BatchGetItem", *status, *snapshots]


def test_what_is_unchanged_is_not_written(city: TestCity, book: Book, faults: Seam) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "negative", DAY)
    records = fact_records(member.person)
    assert to_registry(*records) == failed()
    start = len(faults.calls)

    assert to_registry(*records) == failed()

    assert faults.operations[start:] == ["BatchGetItem", "Query", "Query", "BatchGetItem", "Query"]


def test_an_erased_person_is_not_refreshed(city: TestCity, book: Book, faults: Seam) -> None:
    member = book.member("nucleic_acid", person=city.person())
    assert member.client.delete("/v1/me").status == 204
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    records = [*fact_records(member.person), identity_record(member.person)]
    start = len(faults.calls)

    assert to_registry(*records) == failed()

    assert faults.operations[start:] == ["BatchGetItem"]


def test_a_member_whose_phone_was_given_to_somebody_else_is_refreshed_all_the_same(city: TestCity, book: Book) -> None:
    """The consent stands; a book must not go on showing an old test because its member has no account just now."""
    member = book.member("nucleic_acid", person=city.person())
    with clock.frozen(clock.now()) as frozen:
        frozen.tick(120)
        city.verified(city.person(phone=member.person.phone))
    assert "account" not in (stored(person_key(member.person)) or {})
    city.fact(member.person, "nucleic_acid", "positive", DAY)

    assert to_registry(*fact_records(member.person), identity_record(member.person)) == failed()

    assert snapshot_of(book, member)["nucleic_acid"]["result"] == "positive"


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What is called between a consumer's read of a membership and its write."""
    todo: list[Any] = []
    real = standings._store  # noqa: SLF001  what comes in between is put into the middle of it

    def store_it(*args: Any) -> bool | None:
        while todo:
            todo.pop()()
        return real(*args)

    monkeypatch.setattr(standings, "_store", store_it)
    yield todo
    assert todo == []


def test_a_consent_that_is_narrowed_under_the_consumer_is_not_widened_again(
    city: TestCity, book: Book, between: list[Any]
) -> None:
    member = book.member("nucleic_acid", "travel")
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    city.fact(member.person, "travel_check", "clear", DAY)
    between.append(lambda: member.client.put(f"{book.own_path}/consent", {"scopes": ["travel"]}))

    assert to_registry(*fact_records(member.person)) == failed()

    assert snapshot_of(book, member)["nucleic_acid"] is None
    assert snapshot_of(book, member)["travel"] is not None


def test_who_leaves_under_the_consumer_is_not_brought_back(city: TestCity, book: Book, between: list[Any]) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    between.append(lambda: member.client.delete(book.own_path))

    assert to_registry(*fact_records(member.person)) == failed()

    assert stored(membership_key(book.org_id, member.person)) is None


def test_who_leaves_and_joins_again_under_the_consumer_shares_only_the_new_choice(
    city: TestCity, book: Book, between: list[Any]
) -> None:
    """The new consent has the version of the old one, yet it is another consent."""
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "positive", DAY)

    def again() -> None:
        assert member.client.delete(book.own_path).status == 204
        city.join(member.client, book.code)

    between.append(again)

    assert to_registry(*fact_records(member.person)) == failed()

    assert shown_columns(stored(membership_key(book.org_id, member.person)) or {}) == set()


def test_a_damaged_membership_stops_no_other(city: TestCity, book: Book) -> None:
    other = Book.opened(city, book.owner)
    member = book.member("nucleic_acid")
    city.join(member.client, other.code, "nucleic_acid")
    spoil(membership_key(book.org_id, member.person), "text_version")
    city.fact(member.person, "nucleic_acid", "positive", DAY)

    assert to_registry(*fact_records(member.person)) == failed()

    assert snapshot_of(other, member_in(other, member))["nucleic_acid"]["result"] == "positive"


def member_in(book: Book, member: Member) -> Member:
    """The same person as a member of another book."""
    return Member(member.person, member.client, membership_key(book.org_id, member.person).range_value or "")


def test_a_damaged_person_is_set_aside_and_done_again_once_mended(city: TestCity, book: Book) -> None:
    sound, broken, behind = (book.member("nucleic_acid") for _ in range(3))
    for member in (sound, broken, behind):
        city.fact(member.person, "nucleic_acid", "positive", DAY)
    spoil(person_key(broken.person), "enrolment", {"S": "first"})
    records = [fact_records(member.person)[0] for member in (sound, broken, behind)]
    messages.take("registry_retries")

    assert to_registry(*records) == failed()

    shown = [snapshot_of(book, member)["nucleic_acid"] is not None for member in (sound, broken, behind)]
    assert shown == [True, False, True]
    (message,) = messages.take("registry_retries")
    assert messages.keys([message]) == [records[1]["dynamodb"]["Keys"]]
    assert to_registry(message) == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}

    spoil(person_key(broken.person), "enrolment", {"N": "1"})
    assert to_registry(message) == failed()
    assert snapshot_of(book, broken)["nucleic_acid"] is not None


def test_a_person_who_cannot_be_spoils_the_shared_read_for_nobody_else(city: TestCity, book: Book) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    nobody = record({"person_id": {"S": ""}, "sk": {"S": "IDENTITY"}})
    messages.take("registry_retries")

    assert to_registry(nobody, *fact_records(member.person)) == failed()

    assert snapshot_of(book, member)["nucleic_acid"] is not None
    (message,) = messages.take("registry_retries")
    assert messages.keys([message]) == [nobody["dynamodb"]["Keys"]]


def test_messages_without_a_person_fail_by_themselves(city: TestCity, book: Book) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    (sound,) = (one["dynamodb"]["Keys"] for one in fact_records(member.person))
    bodies = ['{"keys": {"sk": {"S": "x"}}}', '{"keys": {"person_id": "x"}}', "nonsense", json.dumps({"keys": sound})]
    retried = [{"messageId": str(number), "eventSource": "aws:sqs", "body": body} for number, body in enumerate(bodies)]

    assert to_registry(*retried) == {"batchItemFailures": [{"itemIdentifier": str(number)} for number in range(3)]}
    assert snapshot_of(book, member)["nucleic_acid"] is not None


def test_a_storage_that_does_not_answer_is_asked_again_from_the_first_record_on(
    city: TestCity, book: Book, faults: Seam
) -> None:
    member = book.member("nucleic_acid")
    city.fact(member.person, "nucleic_acid", "positive", DAY)
    records = fact_records(member.person)
    start = len(faults.calls)
    faults.fail("BatchGetItem", aws_error("ThrottlingException"))

    assert to_registry(*records) == failed(records[0])
    assert faults.operations[start:] == ["BatchGetItem"]

    assert to_registry(*records) == failed()
    assert snapshot_of(book, member)["nucleic_acid"] is not None


def test_a_consumer_that_dies_anywhere_is_repeated(city: TestCity, book: Book, faults: Seam) -> None:
    member = book.member("nucleic_acid")
    for number in range(5):
        city.fact(member.person, "nucleic_acid", "negative", f"2022-04-0{number + 1}T10:00:00", fact_id=str(number))
        records = fact_records(member.person)
        faults.at = {len(faults.calls) + number: ("after", Killed())}
        with suppress(Killed):
            to_registry(*records)
        faults.at = {}
        assert to_registry(*records) == failed()
        assert snapshot_of(book, member)["nucleic_acid"]["occurred_at"] == f"2022-04-0{number + 1}T02:00:00Z"
