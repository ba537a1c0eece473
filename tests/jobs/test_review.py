"""The nightly look at statuses whose window closed: resumable, harmless twice, and stopped by nothing but storage (R-13, R-16)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.jobs import JobRow, run_key
from chalicelib.health.service import review as service
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.service.review import DAYS_BACK
from chalicelib.health.service.status import Status
from chalicelib.health.tables import FactRow
from chalicelib.people.tables.people import REVIEW_SHARDS, PersonRow, review_part
from infra.timetable import next_run
from infra.wiring import SCHEDULES
from tests.api.health.steps import normal, worse
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored
from tests.support.seam import Killed, Seam, aws_error
from tests.support.working import Context

pytestmark = pytest.mark.jobs


@pytest.fixture(autouse=True)
def one_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the day and the one before it are looked at, so that a night takes no seconds. The city may hold others who are due."""
    monkeypatch.setattr(service, "DAYS_BACK", 1)


def abnormal(city: TestCity, count: int = 1, *, days_ago: int = 1) -> list[TestPerson]:
    """People whose window closes on one day."""
    people = [city.stranger() for _ in range(count)]
    enrolled(city, *people)
    for person in people:
        worse(city, person, days_ago=days_ago)
        assert Status(RegistrySource()).refresh(person_id_of(person)) is not None
    return people


def until(person: TestPerson) -> Any:
    row = PersonRow.from_raw_data(stored(person_key(person)) or {})
    assert row.state_until is not None
    return row.state_until


def states(people: list[TestPerson]) -> list[str]:
    return [(stored(person_key(person)) or {})["state"]["S"] for person in people]


def run_of_today() -> JobRow:
    key = JobRow.key(run_key("review"), clock.local_day("Asia/Shanghai", clock.now()).isoformat())
    row = store.read_together([key]).get(key)
    assert row is not None
    return row


def review(context: Context | None = None) -> int:
    return int(app.review({}, context or Context()))


def test_who_is_due_is_reviewed_that_night_and_nobody_else(city: TestCity) -> None:
    due, later = abnormal(city, 2, days_ago=3), abnormal(city, 1, days_ago=1)
    with clock.frozen(until(due[0]) - timedelta(seconds=1)):
        review()
        assert normal() not in states(due)
    with clock.frozen(until(due[0]) + timedelta(minutes=5)):
        assert review() >= 2

        assert states(due) == [normal()] * 2
        assert normal() not in states(later)
        assert "review_day" not in (stored(person_key(due[0])) or {})
        assert review() == 0
        assert run_of_today().done_at is not None


def test_a_night_that_was_missed_is_made_up_for(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "DAYS_BACK", DAYS_BACK)
    people = abnormal(city)
    with clock.frozen(until(people[0]) + timedelta(days=DAYS_BACK, minutes=5)):
        review()
        assert states(people) == [normal()]


def test_a_run_that_has_no_time_left_leaves_the_rest_to_the_next(city: TestCity) -> None:
    people = abnormal(city, 4, days_ago=5)
    with clock.frozen(until(people[0]) + timedelta(minutes=5)):
        assert review(Context(passes=40_000)) < 4
        assert states(people) != [normal()] * 4

        review()
        assert states(people) == [normal()] * 4


def test_a_run_that_dies_anywhere_is_made_up_for_by_the_next(city: TestCity, faults: Seam) -> None:
    for call in (0, 1, REVIEW_SHARDS, REVIEW_SHARDS + 20, 2 * REVIEW_SHARDS + 1, 2 * REVIEW_SHARDS + 4):
        people = abnormal(city, 2, days_ago=7)
        with clock.frozen(until(people[0]) + timedelta(minutes=5)):
            faults.at = {len(faults.calls) + call: ("after", Killed())}
            with suppress(Killed):
                review()
            faults.at = {}
            review()
            assert states(people) == [normal()] * 2
            assert (stored(person_key(people[0])) or {})["status_version"] == {"N": "2"}


def test_somebody_who_cannot_be_read_stops_nobody(city: TestCity) -> None:
    people = abnormal(city, 3, days_ago=9)
    ends = until(people[0])
    spoil(person_key(people[1]), "enrolment", {"S": "first"})
    with clock.frozen(ends + timedelta(minutes=5)):
        assert review() >= 3
        assert states(people).count(normal()) == 2
        spoil(person_key(people[1]), "enrolment", {"N": "1"})
        assert review() == 1
        assert states(people) == [normal()] * 3


def test_a_fact_that_cannot_be_read_leaves_somebody_due(city: TestCity) -> None:
    (person,) = people = abnormal(city, days_ago=11)
    row = stored(person_key(person)) or {}
    key = FactRow.key(person_id_of(person), row["fact"]["S"])
    result = (stored(key) or {})["result"]
    spoil(key, "result")
    with clock.frozen(until(person) + timedelta(minutes=5)):
        assert review() >= 1
        assert states(people) == [row["state"]["S"]]
        assert "stale_since" in (stored(person_key(person)) or {})
        store.update(key, [FactRow.result.set(result["S"])])
        assert review() == 1
        assert states(people) == [normal()]


def test_a_storage_that_does_not_answer_fails_the_run(city: TestCity, faults: Seam) -> None:
    people = abnormal(city, days_ago=13)
    with clock.frozen(until(people[0]) + timedelta(minutes=5)):
        faults.fail("Query", aws_error("ThrottlingException"))
        with pytest.raises(Exception, match="Throttling"):
            review()
        assert run_of_today().done_at is None
        assert review() >= 1
        assert states(people) == [normal()]


def test_a_status_that_was_computed_meanwhile_is_left_as_it_is(city: TestCity) -> None:
    """The index lags: who stands in it may have been seen to already."""
    (person,) = abnormal(city, days_ago=2)
    ends = until(person)
    with clock.frozen(ends + timedelta(minutes=5)):
        assert Status(RegistrySource()).refresh(person_id_of(person)) is not None
        part = review_part(person_id_of(person), clock.local_day("Asia/Shanghai", ends))
        store.update(person_key(person), [PersonRow.review_day.set(part)])
        version = (stored(person_key(person)) or {})["status_version"]
        review()
        assert (stored(person_key(person)) or {})["status_version"] == version
        assert "review_day" not in (stored(person_key(person)) or {})


def test_people_are_spread_over_the_parts_of_a_day(city: TestCity) -> None:
    day = clock.local_day("Asia/Shanghai", clock.now())
    parts = {review_part(person_id_of(city.stranger()), day) for _ in range(200)}
    assert len(parts) > REVIEW_SHARDS / 2
    assert all(0 <= int(part.partition("#")[2]) < REVIEW_SHARDS for part in parts)


def test_the_job_is_due_at_five_past_midnight_of_the_city() -> None:
    (job,) = [one for one in SCHEDULES if one.name == "review"]
    noon = datetime(2026, 4, 6, 4, tzinfo=UTC)
    assert next_run(job, "Asia/Shanghai", noon) == datetime(2026, 4, 6, 16, 5, tzinfo=UTC)
