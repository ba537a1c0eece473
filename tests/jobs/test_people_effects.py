"""What the stream of `people` causes, by the events that Lambda hands over: twice, late, out of order, some of it poison."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.health.people_effects import LATE, RETRIES, Began, PeopleEffects, StatusChange
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.status import StatusRow
from tests.support import messages
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.lambdas import batch, failed, record, stored_record
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoil, stored
from tests.support.seam import Killed, Seam, aws_error
from tests.support.statuses import computed_at, done, history, person_row, retried, states, to_people, turn

pytestmark = pytest.mark.jobs


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    """Somebody who is enrolled, with no status yet."""
    person = city.stranger()
    enrolled(city, person)
    return person


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[StatusChange]:
    """What hooks are told, instead of what the service registered."""
    heard: list[StatusChange] = []
    effects = app.services.get(PeopleEffects)
    monkeypatch.setattr(effects, "_hooks", [heard.append])
    return heard


def began(heard: list[StatusChange]) -> list[tuple[str, int] | None]:
    return [None if one.began is None else (one.began.state, one.began.version) for one in heard]


def test_each_version_is_kept_and_the_last_one_noted(person: TestPerson, told: list[StatusChange]) -> None:
    normal, mild, *_ = states()
    records = [turn(person, state) for state in (normal, mild, normal)]

    for one in records:
        assert to_people(one) == failed()

    assert history(person) == [(1, normal), (2, mild), (3, normal)]
    assert done(person) == 3
    assert began(told) == [(normal, 1), (mild, 2), (normal, 3)]


def test_a_status_of_another_cause_or_end_begins_no_state(person: TestPerson, told: list[StatusChange]) -> None:
    mild = states()[1]

    assert to_people(turn(person, mild), turn(person, mild, rule="another")) == failed()

    assert began(told) == [(mild, 1), None]
    assert [version for version, _ in history(person)] == [1, 2]


def test_a_history_says_why_and_until_when_and_expires(person: TestPerson) -> None:
    record_ = turn(person, states()[1], rule="case", fact="case#1")
    at = computed_at(person)

    assert to_people(record_) == failed()

    key = StatusRow.of(person_id_of(person), 1)
    row = store.read_together([key]).get(key)
    assert row is not None
    assert (row.rule, row.fact, row.enrolment, row.status_at) == ("case", "case#1", 1, at)
    assert row.expires_at > at


def test_twice_late_and_out_of_order_is_the_same_end(person: TestPerson, told: list[StatusChange]) -> None:
    records = [turn(person, state) for state in states()[:3]]

    assert to_people(*records[::-1], *records) == failed()

    assert [version for version, _ in history(person)] == [1, 2, 3]
    assert done(person) == 3
    assert {int(one.person.status_version) for one in told} == {3}, "hooks go by what is stored now"


def test_what_is_no_change_of_status_costs_nothing(person: TestPerson, faults: Seam) -> None:
    turn(person, states()[0])
    row = person_row(person)
    moved = PersonRow.from_raw_data({**row.serialize(), "moves": {"N": "7"}})
    pointer = record({"person_id": {"S": person_id_of(person)}, "sk": {"S": "MEMBERSHIP#x"}}, NewImage={})
    start = len(faults.calls)

    assert (
        to_people(stored_record(moved, row), pointer, record(row.own_key.raw(), OldImage=row.serialize())) == failed()
    )

    assert faults.operations[start:] == []


def test_a_change_in_no_book_is_three_reads_and_two_writes(person: TestPerson, faults: Seam) -> None:
    one = turn(person, states()[1])
    start = len(faults.calls)

    assert to_people(one) == failed()

    assert faults.operations[start:] == ["BatchGetItem", "PutItem", "Query", "UpdateItem"]


def test_who_was_erased_has_no_history_and_nobody_is_told(city: TestCity, told: list[StatusChange]) -> None:
    person = city.person()
    client = city.verified(person)
    city.deliver()
    one = turn(person, states()[1])
    del told[:]
    assert client.delete("/v1/me").status == 204

    assert to_people(one) == failed()

    assert told == []
    city.deliver()
    assert history(person) == []


def test_a_history_that_came_behind_the_sweep_is_taken_back(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    """The life ends while the consumer is at work, and the sweep is through before it writes."""
    person = city.person()
    client = city.verified(person)
    one = turn(person, states()[1])

    def erase(_: StatusChange) -> None:
        assert client.delete("/v1/me").status == 204

    monkeypatch.setattr(app.services.get(PeopleEffects), "_hooks", [erase])

    assert to_people(one) == failed()

    assert history(person) == []


def test_a_consumer_that_died_behind_the_write_is_put_right_when_it_comes_again(city: TestCity, faults: Seam) -> None:
    person = city.person()
    client = city.verified(person)
    one = turn(person, states()[1])
    faults.fail_after("PutItem", Killed())
    with suppress(Killed):
        to_people(one)
    assert client.delete("/v1/me").status == 204

    assert to_people(one) == failed()

    assert history(person) == []


def test_a_new_life_begins_with_no_history_of_the_old(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    city.deliver()
    turn(person, states()[1])
    city.deliver()
    assert history(person) != []
    assert client.delete("/v1/me").status == 204
    city.deliver()

    assert history(person) == []


@pytest.mark.parametrize("damage", ["enrolment", "status_version"])
def test_a_damaged_person_is_set_aside_and_the_rest_goes_on(city: TestCity, damage: str) -> None:
    people = [city.stranger() for _ in range(3)]
    enrolled(city, *people)
    records = [turn(one, states()[1]) for one in people]
    sound = stored(person_key(people[1])) or {}
    spoil(person_key(people[1]), damage, {"S": "first"})
    messages.take(RETRIES)

    assert to_people(*records) == failed()

    assert [done(one) for one in (people[0], people[2])] == [1, 1]
    (message,) = messages.take(RETRIES)
    assert messages.keys([message]) == [records[1]["dynamodb"]["Keys"]]
    assert to_people(message) == {"batchItemFailures": [{"itemIdentifier": message["messageId"]}]}
    spoil(person_key(people[1]), damage, sound[damage])
    assert to_people(message) == failed()
    assert (history(people[1]), done(people[1])) == ([(1, states()[1])], 1)


def test_a_hook_that_fails_is_tried_again_by_key_and_leaves_no_mark(
    person: TestPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[StatusChange] = []

    def hook(change: StatusChange) -> None:
        heard.append(change)
        if len(heard) == 1:
            raise ValueError

    monkeypatch.setattr(app.services.get(PeopleEffects), "_hooks", [hook])
    messages.take(RETRIES)
    assert to_people(turn(person, states()[1])) == failed()
    assert done(person) == 0

    (message,) = messages.take(RETRIES)
    assert to_people(message) == failed()

    assert began(heard) == [(states()[1], 1)] * 2
    assert done(person) == 1


def test_a_key_alone_stands_for_every_change_of_late_and_finds_when_states_began(
    person: TestPerson, told: list[StatusChange]
) -> None:
    normal, mild, *_ = states()
    records = [turn(person, state) for state in (normal, mild, mild, mild)]
    at = computed_at(person)
    assert to_people(*records[:3]) == failed()
    del told[:]

    assert to_people(retried(person)) == failed()

    assert began(told) == [(normal, 1), (mild, 2)]
    assert told[1].began is not None
    assert told[1].began.at <= at
    assert done(person) == 4
    assert len(history(person)) == 4


def test_of_what_began_long_ago_only_the_present_state_is_told_by_a_key_alone(
    person: TestPerson, told: list[StatusChange]
) -> None:
    normal, mild, worst = states()[0], states()[1], states()[-1]
    for state in (mild, normal):
        assert to_people(turn(person, state)) == failed()
    with clock.frozen(clock.now() + LATE + timedelta(days=1)) as later:
        assert to_people(turn(person, worst)) == failed()
        later.tick(LATE.total_seconds() + 1)
        del told[:]

        assert to_people(retried(person)) == failed()

    assert began(told) == [(worst, 3)]


def test_of_a_key_alone_of_somebody_without_a_status_nothing_is_said(
    person: TestPerson, told: list[StatusChange]
) -> None:
    assert to_people(retried(person)) == failed()

    assert (told, history(person)) == ([], [])


def test_messages_without_a_person_fail_by_themselves(person: TestPerson) -> None:
    sound = retried(person)
    bodies = ["nonsense", '{"keys": {"sk": {"S": "PERSON"}}}', '{"keys": {"person_id": "x", "sk": {"S": "PERSON"}}}']
    bad: list[dict[str, Any]] = [
        {"messageId": str(number), "eventSource": "aws:sqs", "body": body} for number, body in enumerate(bodies)
    ]

    answer = to_people(*bad, sound)

    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["0", "1", "2"]


def test_a_storage_that_does_not_answer_is_asked_again_from_the_first_record_on(
    person: TestPerson, faults: Seam
) -> None:
    one = turn(person, states()[1])
    faults.fail("BatchGetItem", aws_error("ThrottlingException"))

    assert to_people(one) == failed(one)
    assert to_people(one) == failed()
    assert done(person) == 1


def test_who_could_not_be_read_is_told_of_without_a_new_version(person: TestPerson, told: list[StatusChange]) -> None:
    first = turn(person, states()[0])
    before = person_row(person)
    after = store.update(before.own_key, [PersonRow.stale_since.set(before.status_at)])
    assert after is not None

    assert to_people(first, stored_record(after, before)) == failed()

    assert began(told) == [(states()[0], 1), None]
    assert [version for version, _ in history(person)] == [1]


def test_the_row_of_a_version_is_one_row(person: TestPerson) -> None:
    one = turn(person, states()[1])
    for _ in range(3):
        assert to_people(one, retried(person)) == failed()

    rows = [item for item in items_of(StatusRow, person_id_of(person)) if item["sk"]["S"].startswith("STATUS#")]
    assert len(rows) == 1


def test_what_hooks_are_given_says_when_a_state_began(person: TestPerson, told: list[StatusChange]) -> None:
    one = turn(person, states()[1])
    at = computed_at(person)

    assert app.people_stream(batch(one), None) == failed()

    assert told[0].began == Began(states()[1], 1, at)
