"""What the ledger's stream causes, by the events that Lambda hands over: twice, late, out of order, some of it poison."""

import json
from typing import Any

import pytest

import app
from chalicelib.core import store
from chalicelib.core.store import RawItem
from chalicelib.groups.consents import DISCLOSABLE, disclosed
from chalicelib.groups.tables import MembershipRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow, LedgerRow, ledger_entry
from tests.support import messages
from tests.support.books import (
    Book,
    assert_whole,
    fill,
    membership_key,
    organization_key,
    person_id_of,
)
from tests.support.city import TestCity
from tests.support.events import Events
from tests.support.lambdas import batch, failed, record, removed_record, sequence, stored_record
from tests.support.rows import items_of, spoil, stored
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.jobs

DAY = "2022-04-05T10:00:00+08:00"


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)


@pytest.fixture
def book(city: TestCity) -> Book:
    """A new book."""
    return Book.opened(city)


def to_ledger(*records: dict[str, Any]) -> Any:
    return app.ledger_stream(batch(*records), None)


def look(org_id: str, *lives: str) -> LedgerRow:
    """An entry for a look at these members, as it lies in the ledger."""
    return ledger_entry(
        "DISCLOSURE",
        lives,
        org_id=org_id,
        organization="Third School",
        actor="张*",
        what=list(DISCLOSABLE),
        why="members",
    )


def log_of(person_id: str) -> list[list[str]]:
    """What a person's access log says was shown, oldest first."""
    return [[word["S"] for word in item["what"]["L"]] for item in items_of(AccessRow, person_id)]


# --- the ledger: disclosures ---------------------------------------------------------------------------------------------------


def test_a_look_reaches_each_persons_log_once_however_often_it_comes(book: Book) -> None:
    first, second, third = fill(book.org_id, 3)
    looks = [
        look(book.org_id, disclosed(first, 1, []), disclosed(second, 1, ["travel"])),
        look(book.org_id, disclosed(first, 1, ["health_code", "vaccination"])),
    ]
    records = [stored_record(entry) for entry in looks]

    for events in ([records[1]], records[::-1], records, records + records):
        assert to_ledger(*events) == failed()

    assert sorted(log_of(first)) == [["name", "document"], ["name", "document", "health_code", "vaccination"]]
    assert log_of(second) == [["name", "document", "travel"]]
    assert log_of(third) == []


@pytest.mark.slow
def test_a_look_reaches_a_whole_page_of_a_hundred(book: Book, faults: Seam) -> None:
    people = fill(book.org_id, 100)
    start = len(faults.calls)

    assert to_ledger(stored_record(look(book.org_id, *(disclosed(one, 1, ["travel"]) for one in people)))) == failed()

    assert len(faults.calls) - start <= 2 + 100 / 25
    assert {len(log_of(one)) for one in people} == {1}


def test_a_look_at_an_ended_life_or_at_nobody_is_in_no_log(book: Book) -> None:
    (person_id,) = fill(book.org_id, 1)
    store.update(PersonRow.of(person_id), [PersonRow.enrolment.set(3)])
    lives = [
        disclosed(person_id, 1, []),
        disclosed(person_id, 2, []),
        disclosed(person_id, 4, []),
        disclosed("x", 1, []),
    ]

    assert to_ledger(*(stored_record(look(book.org_id, life)) for life in lives)) == failed()
    assert log_of(person_id) == log_of("x") == []

    assert to_ledger(stored_record(look(book.org_id, disclosed(person_id, 3, [])))) == failed()
    assert log_of(person_id) == [["name", "document"]]


# --- the ledger: the rest --------------------------------------------------------------------------------------------------------


def test_entries_of_kinds_without_effect_have_none(faults: Seam, city: TestCity) -> None:  # noqa: ARG001
    start = len(faults.calls)

    assert (
        to_ledger(stored_record(ledger_entry("IDENTITY_PROVED", ["p.1"])), stored_record(ledger_entry("TOMORROW")))
        == failed()
    )
    assert to_ledger() == failed()

    assert len(faults.calls) == start


def test_an_expired_entry_has_no_effect(book: Book) -> None:
    (person_id,) = fill(book.org_id, 1)

    assert to_ledger(removed_record(look(book.org_id, disclosed(person_id, 1, [])))) == failed()

    assert log_of(person_id) == []


def test_a_book_that_was_not_deleted_is_never_swept(book: Book) -> None:
    people = fill(book.org_id, 2)
    unknown = ledger_entry("BOOK_DELETED", org_id="01aaaaaaaaaaaaaaaaaaaaaaaa", organization="?")
    forged = ledger_entry("BOOK_DELETED", org_id=book.org_id, organization="Third School")

    assert to_ledger(stored_record(unknown), stored_record(forged)) == failed()

    assert len(items_of(MembershipRow, book.org_id)) == len(people)
    assert stored(organization_key(book.org_id)) is not None


def test_a_deleted_book_is_swept_by_records_in_any_order(city: TestCity, book: Book) -> None:
    """A look that comes behind the sweep still reaches the log of who was looked at."""
    member = book.member("travel")
    seen = look(book.org_id, disclosed(person_id_of(member.person), 1, ["travel"]))
    assert book.delete().status == 204
    gone = ledger_entry("BOOK_DELETED", org_id=book.org_id, organization="Third School")

    assert to_ledger(stored_record(gone), stored_record(gone), stored_record(seen), stored_record(gone)) == failed()

    assert stored(membership_key(book.org_id, member.person)) is None
    assert log_of(person_id_of(member.person)) == [["name", "document", "travel"]]
    city.deliver()
    assert_whole(member.person, [book.org_id], member_of=[])


POISON: dict[str, RawItem] = {
    "no kind": {"at": {"S": "2022-04-05T02:00:00.000000+0000"}, "expires_at": {"N": "1"}},
    "wrong type": {"kind": {"N": "1"}, "at": {"S": "2022-04-05T02:00:00.000000+0000"}, "expires_at": {"N": "1"}},
    "no time": {"kind": {"S": "DISCLOSURE"}, "at": {"S": "noon"}, "expires_at": {"N": "1"}},
    "no life": {
        "kind": {"S": "DISCLOSURE"},
        "at": {"S": "2022-04-05T02:00:00.000000+0000"},
        "expires_at": {"N": "1"},
        "people": {"L": [{"S": "nonsense"}]},
    },
}


@pytest.mark.parametrize("kind", POISON)
def test_poison_is_set_aside_and_holds_up_nothing(book: Book, kind: str, events: Events) -> None:
    first, second = fill(book.org_id, 2)
    keys = {"day_shard": {"S": "2022-04-05#1"}, "entry_id": {"S": "x"}}
    before = stored_record(look(book.org_id, disclosed(first, 1, [])))
    poison = record(keys, NewImage={**keys, **POISON[kind]})
    behind = stored_record(look(book.org_id, disclosed(second, 1, [])))
    messages.take("ledger_retries")

    assert to_ledger(before, poison, behind) == failed()

    assert (len(log_of(first)), len(log_of(second))) == (1, 1)
    assert messages.keys(messages.take("ledger_retries")) == [keys]
    (said,) = events.of("stream.record_failed")
    assert said["sequence"] == sequence(poison)
    assert "nonsense" not in str(said)


def test_what_was_set_aside_is_done_from_the_table(book: Book) -> None:
    (person_id,) = fill(book.org_id, 1)
    entry = look(book.org_id, disclosed(person_id, 1, []))
    store.put(entry)
    spoil(entry.own_key, "kind", {"N": "1"})
    (raw,) = [one for one in items_of(LedgerRow, entry.day_shard) if one["entry_id"] == {"S": entry.entry_id}]
    messages.take("ledger_retries")
    assert to_ledger(record(entry.own_key.raw(), NewImage=raw)) == failed()
    (message,) = messages.take("ledger_retries")

    assert to_ledger(message) == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}
    assert log_of(person_id) == []

    spoil(entry.own_key, "kind", {"S": "DISCLOSURE"})
    assert to_ledger(message) == to_ledger(message) == failed()
    assert log_of(person_id) == [["name", "document"]]


def test_a_message_about_an_entry_that_is_gone_is_done(city: TestCity) -> None:  # noqa: ARG001
    body = {"keys": {"day_shard": {"S": "2022-04-05#1"}, "entry_id": {"S": "gone"}}}
    message = {"messageId": "m", "eventSource": "aws:sqs", "body": json.dumps(body)}
    assert to_ledger(message) == failed()


def test_a_storage_that_does_not_answer_is_asked_again(book: Book, faults: Seam) -> None:
    (person_id,) = fill(book.org_id, 1)
    event = stored_record(look(book.org_id, disclosed(person_id, 1, [])))
    faults.fail("BatchWriteItem", aws_error("InternalServerError"))

    assert to_ledger(event) == failed(event)
    assert to_ledger(event) == failed()
    assert log_of(person_id) == [["name", "document"]]
