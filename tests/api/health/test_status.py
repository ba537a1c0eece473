"""A status follows the facts: computed at once, written once, never from a part, never lost or doubled (R3.1, R-02, R-03, R-14)."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

import app
from chalicelib.core import clock, store
from chalicelib.core.errors import Unavailable
from chalicelib.core.ports import Fact
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.service.status import ROUNDS, Status
from chalicelib.health.tables import FactRow
from chalicelib.people.tables.people import PersonRow
from tests.api.health.steps import normal, worse
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.lambdas import batch, fact_records, failed
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = pytest.mark.api

LOST = ReadTimeoutError(endpoint_url="http://127.0.0.1:1")


@pytest.fixture
def person(city: TestCity) -> TestPerson:
    """Somebody who is enrolled, with no status yet."""
    person = city.stranger()
    enrolled(city, person)
    return person


def refreshed(person: TestPerson) -> PersonRow:
    row = Status(RegistrySource()).refresh(person_id_of(person))
    assert row is not None
    return row


def row_of(person: TestPerson) -> PersonRow:
    key = person_key(person)
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def state_of(person: TestPerson) -> tuple[str | None, int]:
    row = row_of(person)
    return row.state, int(row.status_version)


def test_nothing_known_is_normal(person: TestPerson) -> None:
    row = refreshed(person)

    assert (row.state, row.rule, row.fact, row.state_until) == (normal(), None, None, None)
    assert (row.status_version, row.review_day) == (1, None)
    assert row.status_at is not None


def test_a_fact_makes_a_state_with_its_cause_its_end_and_a_day_of_review(city: TestCity, person: TestPerson) -> None:
    cause = worse(city, person)

    row = refreshed(person)

    assert (row.state, row.rule) == (cause.state, cause.rule)
    assert row.fact is not None
    assert row.fact.startswith(f"{cause.kind}#")
    assert row.state_until is not None
    assert row.review_day is not None
    assert row.review_day.startswith(f"{clock.local_day('Asia/Shanghai', row.state_until)}#")
    assert row.known is not None
    assert row.known["cause"]["kind"] == cause.kind


def test_a_status_is_there_as_soon_as_identity_is_proved(city: TestCity) -> None:
    person = city.person()
    cause = worse(city, person)

    city.verified(person)

    assert state_of(person) == (cause.state, 1)


def test_identity_is_proved_though_the_status_cannot_be_computed(city: TestCity, faults: Seam) -> None:
    person = city.person()
    client = city.log_in(person)
    faults.fail("Query", aws_error("InternalServerError"), times=9)

    answer = client.put("/v1/me/identity", person.claim())

    faults.before.clear()
    assert answer.status == 200
    assert state_of(person) == (None, 0)
    assert client.as_(answer.json["token"]).get("/v1/me/health-code").json["state"] == normal()


def test_what_is_unchanged_is_not_written(person: TestPerson, faults: Seam) -> None:
    refreshed(person)
    person_id = person_id_of(person)
    start = len(faults.calls)

    Status(RegistrySource()).refresh(person_id)

    assert faults.operations[start:] == ["BatchGetItem", "Query"]


def test_a_fact_that_changes_no_status_is_shown_without_a_new_version(city: TestCity, person: TestPerson) -> None:
    refreshed(person)
    city.fact(person, "nucleic_acid", "negative", clock.iso(clock.now()))

    row = refreshed(person)

    assert row.status_version == 1
    assert row.known is not None
    assert row.known["nucleic_acid"]["result"] == "negative"


def test_a_withdrawn_fact_takes_its_state_back(city: TestCity, person: TestPerson) -> None:
    cause = worse(city, person)
    refreshed(person)
    store.write_all(deletes=[FactRow.key(person_id_of(person), str(row_of(person).fact))])

    row = refreshed(person)

    assert (cause.state, row.state, row.status_version) != (row.state, cause.state, 2)
    assert (row.state, row.rule, row.fact, row.review_day) == (normal(), None, None, None)


def test_nobody_who_is_not_enrolled_has_a_status(city: TestCity, person: TestPerson) -> None:
    status = Status(RegistrySource())
    assert status.refresh(person_id_of(city.stranger())) is None
    store.update(person_key(person), [PersonRow.verified_at.remove()])
    assert status.refresh(person_id_of(person)) is None
    assert state_of(person) == (None, 0)


# A part of the facts


def test_a_fact_that_cannot_be_read_leaves_the_status_and_says_since_when(city: TestCity, person: TestPerson) -> None:
    cause = worse(city, person)
    refreshed(person)
    key = FactRow.key(person_id_of(person), str(row_of(person).fact))
    whole = stored(key) or {}
    spoil(key, "occurred_at", {"S": "yesterday"})
    with clock.frozen(clock.now()) as frozen:
        since = clock.now()
        refreshed(person)
        frozen.tick(60)
        row = refreshed(person)

    assert (row.state, row.status_version) == (cause.state, 1)
    assert row.stale_since == since

    spoil(key, "occurred_at", whole["occurred_at"])
    row = refreshed(person)
    assert (row.stale_since, row.status_version) == (None, 1)


def test_who_never_had_a_status_gets_none_from_a_part_of_their_facts(city: TestCity, person: TestPerson) -> None:
    city.fact(person, "nucleic_acid", "negative", "2022-04-05T10:00:00", fact_id="1")
    spoil(FactRow.key(person_id_of(person), "nucleic_acid#1"), "result")

    row = refreshed(person)

    assert (row.state, row.status_version) == (None, 0)
    assert row.stale_since is not None


# Others at the same time


class Meddling(RegistrySource):
    """A source during whose answers something happens; each thing once."""

    def __init__(self, before: list[Callable[[], Any]], after: list[Callable[[], Any]]) -> None:
        self.before, self.after = before, after

    def all_facts_of(self, person_id: str) -> list[Fact]:
        if self.before:
            self.before.pop(0)()
        facts = super().all_facts_of(person_id)
        if self.after:
            self.after.pop(0)()
        return facts


def test_who_computed_from_older_facts_and_wrote_last_looks_again(city: TestCity, person: TestPerson) -> None:
    """The other one finds what is stored to be right and writes nothing; this one then writes what was true before."""
    cause = worse(city, person)

    def withdrawn_meanwhile() -> None:
        refreshed(person)
        store.update(person_key(person), [PersonRow.state.set(normal())])  # as it was before the fact came
        for row in store.query_all(FactRow, person_id_of(person), FactRow.sk >= "a"):
            store.delete(row.own_key)
        assert refreshed(person).state == normal()

    row = Status(Meddling([], [withdrawn_meanwhile])).refresh(person_id_of(person))

    assert row is not None
    assert row.state == row_of(person).state == normal()
    assert cause.state != normal()


def test_a_status_that_somebody_else_wrote_meanwhile_is_compared_again(city: TestCity, person: TestPerson) -> None:
    cause = worse(city, person)

    row = Status(Meddling([lambda: refreshed(person)], [])).refresh(person_id_of(person))

    assert row is not None
    assert (row.state, row.status_version) == (cause.state, 1)


def test_a_life_that_ends_meanwhile_gets_no_status(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    worse(city, person)

    def erased() -> None:
        assert client.delete("/v1/me").status == 204

    assert Status(Meddling([], [erased])).refresh(person_id_of(person)) is None

    assert "state" not in (stored(person_key(person)) or {})


def test_somebody_who_is_rewritten_without_end_is_left_for_later(person: TestPerson) -> None:
    def overwritten() -> None:
        store.update(person_key(person), [PersonRow.status_version.add(1), PersonRow.state.set("elsewhere")])

    with pytest.raises(Unavailable):
        Status(Meddling([], [overwritten] * ROUNDS)).refresh(person_id_of(person))


# Lost replies and ends


@pytest.mark.parametrize("error", [LOST, aws_error("InternalServerError")])
def test_a_write_whose_answer_was_lost_is_no_second_version(
    city: TestCity, person: TestPerson, faults: Seam, error: BaseException
) -> None:
    cause = worse(city, person)
    faults.fail_after("UpdateItem", error)
    with pytest.raises(type(error)):
        refreshed(person)

    row = refreshed(person)

    assert (row.state, row.status_version) == (cause.state, 1)


def test_a_repeated_write_that_meets_itself_is_recognised(city: TestCity, person: TestPerson, faults: Seam) -> None:
    """What botocore does after a lost answer: the same write again, whose condition the first one made false."""
    cause = worse(city, person)
    faults.fail_after("UpdateItem", aws_error("ConditionalCheckFailedException"))

    row = refreshed(person)

    assert (row.state, row.status_version) == (cause.state, 1)


def test_a_consumer_that_dies_anywhere_is_repeated(city: TestCity, faults: Seam) -> None:
    for call in range(12):
        person = city.stranger()
        enrolled(city, person)
        cause = worse(city, person)
        records = fact_records(person)
        faults.at = {len(faults.calls) + call // 2: ("before" if call % 2 else "after", Killed())}
        with suppress(Killed):
            app.registry_stream(batch(*records), None)
        faults.at = {}
        assert app.registry_stream(batch(*records), None) == failed()
        assert state_of(person) == (cause.state, 1)


def test_facts_in_any_order_and_twice_come_to_one_status(city: TestCity, person: TestPerson) -> None:
    cause = worse(city, person)
    city.fact(person, "nucleic_acid", "negative", clock.iso(clock.now()))
    records = fact_records(person)

    assert app.registry_stream(batch(*records[::-1]), None) == failed()
    assert app.registry_stream(batch(*records), None) == failed()

    assert state_of(person) == (cause.state, 1)


# Lives


def test_a_new_life_goes_on_counting_and_has_nothing_of_the_old_one(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    worse(city, person)
    refreshed(person)
    assert state_of(person)[1] == 2

    assert client.delete("/v1/me").status == 204

    left = stored(person_key(person)) or {}
    assert (left["status_version"], left["effects_version"]) == ({"N": "2"}, {"N": "2"})
    assert {"state", "rule", "fact", "known", "state_until", "review_day", "status_at"}.isdisjoint(left)

    with clock.frozen(clock.now() + timedelta(seconds=61)):  # a code a minute
        city.verified(person)
    assert row_of(person).status_version == 3
    assert row_of(person).effects_version == 2


def test_erasing_oneself_leaves_nothing_pending_whoever_wrote_meanwhile(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)
    store.update(person_key(person), [PersonRow.status_version.set(7)])

    assert client.delete("/v1/me").status == 204

    left = stored(person_key(person)) or {}
    assert (left["status_version"], left["effects_version"]) == ({"N": "7"}, {"N": "7"})


def test_windows_end_by_themselves(city: TestCity, person: TestPerson) -> None:
    cause = worse(city, person)
    row = refreshed(person)
    assert row.state_until is not None

    with clock.frozen(row.state_until - timedelta(seconds=1)):
        assert refreshed(person).state == cause.state
    with clock.frozen(row.state_until):
        assert (refreshed(person).state, row_of(person).review_day) == (normal(), None)
