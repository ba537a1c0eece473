"""What a remote source says in the right form and can't be believed, or can't be kept: each is somebody's own, and ends (R-19)."""

from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from chalicelib.core import clock
from chalicelib.core.ports import SourceUnavailable
from chalicelib.core.settings import settings
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase
from infra.source.server import Known
from tests.support import nights
from tests.support.books import person_id_of, person_key
from tests.support.nights import lose, worst_fact
from tests.support.people import TestPerson
from tests.support.remote import Remote
from tests.support.rows import spoil, stored
from tests.support.statuses import person_row

pytestmark = pytest.mark.jobs

DAY = timedelta(days=1)


@pytest.fixture
def people(remote: Remote, segment: str) -> list[TestPerson]:
    """Two people of the segment, the day after a good night."""
    found = [remote.city.stranger() for _ in range(2)]
    for person in found:
        remote.verified(person, segment)
    nights.night()
    return found


def fact(**changes: str) -> dict[str, str]:
    worst = worst_fact()
    said = {"fact_id": worst.fact_id, "kind": worst.kind, "result": worst.result, "occurred_at": worst.occurred_at}
    return {**said, "place": "", "reported_at": worst.reported_at, **changes}


def say(remote: Remote, person: TestPerson, *facts: dict[str, str]) -> None:
    remote.server.register.know(Known(person.type, person.number, person.name, person.phone, facts=list(facts)))


def is_garbage(person: TestPerson) -> bool:
    return person_row(person).stale_since is not None


def is_normal(person: TestPerson) -> bool:
    return bool(person_row(person).state == settings().city.scheme.normal.name)


@pytest.mark.parametrize("offers_changes", [False, True])
@pytest.mark.parametrize("lie", ["too long", "too much", "no text"])
def test_one_row_that_can_t_be_used_is_garbage_of_one(
    remote: Remote, people: list[TestPerson], lie: str, *, offers_changes: bool
) -> None:
    lies: dict[str, list[Any]] = {
        "too long": [fact(place="站" * 201)],
        "too much": [fact(fact_id=str(number), place="站" * 200) for number in range(400)],
        "no text": [{**fact(), "place": None}],
    }
    remote.server.register.offers_changes = offers_changes
    with clock.frozen(clock.now() + DAY):
        say(remote, people[0], *lies[lie])
        say(remote, people[1], fact())
        run = nights.night()

        assert (run.phase, run.garbage, run.turned) == (Phase.DONE, 1, 1)
        assert [is_garbage(person) for person in people] == [True, False]
        assert [is_normal(person) for person in people] == [True, False]


def test_a_broken_row_of_one_person_keeps_nobody_else_from_being_looked_at(
    remote: Remote, people: list[TestPerson]
) -> None:
    old = worst_fact(days_ago=1)
    lose(person_row(people[0]), old)
    spoil(FactRow.key(person_id_of(people[0]), f"{old.kind}#{old.fact_id}"), "occurred_at", {"S": "once"})
    with clock.frozen(clock.now() + DAY):
        for person in people:
            say(remote, person, fact())
        run = nights.night()

        assert (run.phase, run.turned) == (Phase.DONE, 1)
        assert is_garbage(people[0])
        assert not is_normal(people[1])


def test_changes_that_never_end_are_not_read(remote: Remote, people: list[TestPerson]) -> None:  # noqa: ARG001  a night was
    def endless(asked: Any) -> dict[str, Any]:
        now = clock.iso(clock.now())
        return {"as_of": now, "cursor": asked.cursor, "has_more": True, "people": []}

    with patch.object(remote.server.register, "changes", endless), pytest.raises(SourceUnavailable):
        remote.source.changes("1")


def test_nobody_is_well_by_data_of_last_week(remote: Remote) -> None:
    person, whole = remote.city.stranger(), remote.server.register.people
    remote.know(person)
    client = remote.city.log_in(person)
    old = clock.iso(clock.now() - timedelta(hours=settings().city.freshness.limit_hours, minutes=1))
    with patch.object(remote.server.register, "people", lambda asked: {**whole(asked), "as_of": old}):
        answer = client.put("/v1/me/identity", person.claim())

    assert (answer.status, answer.code) == (503, "source_silent")
    assert stored(person_key(person)) is None
    assert client.put("/v1/me/identity", person.claim()).status == 200
