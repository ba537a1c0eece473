"""A night that can't be believed writes nothing, rings, and waits for an officer and an operator (T-36, R-19)."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.log import Event
from chalicelib.core.settings import settings
from chalicelib.health.errors import SyncRunDecided
from chalicelib.health.service.status import Status
from chalicelib.health.service.sync.brake import Totals, is_doubtful
from chalicelib.health.service.sync.releasing import discard_as_operator, release_as_operator
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase, StagedRow, SyncRunRow, run_at
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.nights import (
    fresh_through,
    latest,
    lose,
    night,
    now_of,
    resident,
    settle,
    tend,
    work_off,
    worst_fact,
)
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

pytestmark = pytest.mark.jobs

PEOPLE = 120


@pytest.fixture
def people(segments: tuple[str, ...]) -> list[PersonRow]:
    """A city of which 5 % are six people."""
    found = [resident(segments[number % 2]) for number in range(PEOPLE)]
    settle(found)
    return found


def doubtful(people: list[PersonRow]) -> SyncRunRow:
    """A night that would turn 7 of 120."""
    for person in people[:7]:
        lose(person, worst_fact())
    return night()


def waiting(run: SyncRunRow, segments: tuple[str, ...]) -> int:
    return sum(len(list(store.query_all(StagedRow, StagedRow.run_of(run.run_id, one)))) for one in segments)


def release(run: SyncRunRow) -> None:
    store.update(run.own_key, store.assign(SyncRunRow, {"officer": "somebody", "officer_at": clock.now()}))
    release_as_operator(run.run_id, "ops-1")


def test_one_more_than_the_share_parks_the_run_before_anything_is_written(
    people: list[PersonRow], segments: tuple[str, ...], capfd: pytest.CaptureFixture[str], faults: Seam
) -> None:
    before = [stored(person.own_key) for person in people]
    run = doubtful(people)

    assert (run.phase, run.people, run.turned) == (Phase.PARKED, PEOPLE, 7)
    assert [stored(person.own_key) for person in people] == before
    assert [fresh_through(segment) for segment in segments] == [None, None]
    written = [kwargs["TableName"] for operation, kwargs in faults.calls if operation in {"UpdateItem", "PutItem"}]
    assert {name.split("-")[-2] for name in written} == {"runs"}
    assert capfd.readouterr().out.count(Event.SYNC_PARKED.value) == 1
    tend()
    assert capfd.readouterr().out.count(Event.SYNC_PARKED.value) == 1, "it rings on until somebody decides"


def test_exactly_the_share_is_believed(people: list[PersonRow]) -> None:
    for person in people[:6]:
        lose(person, worst_fact())
    assert night().phase == Phase.DONE
    assert sum(now_of(person).state != settings().city.scheme.normal.name for person in people) == 6


def test_released_by_both_it_is_written_at_once(people: list[PersonRow], segments: tuple[str, ...]) -> None:
    run = doubtful(people)
    release(run)

    work_off()

    assert latest().phase == Phase.DONE
    assert sum(now_of(person).state != settings().city.scheme.normal.name for person in people) == 7
    assert waiting(run, segments) == 0
    assert None not in [fresh_through(segment) for segment in segments]


def test_whose_message_was_lost_is_written_when_the_schedule_comes(people: list[PersonRow]) -> None:
    run = doubtful(people)
    release(run)
    messages.take("sync_pieces")

    tend()
    work_off()
    assert latest().phase == Phase.DONE


def test_one_alone_releases_nothing(people: list[PersonRow]) -> None:
    run = doubtful(people)
    release_as_operator(run.run_id, "ops-1")
    release_as_operator(run.run_id, "ops-2")
    tend()
    work_off()
    assert latest().phase == Phase.PARKED


def test_a_discarded_run_leaves_nothing_and_another_may_begin(
    people: list[PersonRow], segments: tuple[str, ...]
) -> None:
    import app
    from chalicelib.health.service.sync.running import Sync

    run = doubtful(people)
    assert waiting(run, segments) == 7
    discard_as_operator(run.run_id, "ops-1")
    work_off()

    assert (latest().phase, waiting(run, segments)) == (Phase.DISCARDED, 0)
    tend()
    assert work_off() == 0, "the day is decided"
    for person in people[:7]:
        store.write_all(deletes=[row.own_key for row in store.query_all(FactRow, person.person_id)])
    app.services.get(Sync).tend(anew=True)
    work_off()
    assert (latest().run_id, latest().phase) == (f"{run.run_id}-02", Phase.DONE)


def test_the_next_day_ends_a_parked_run(people: list[PersonRow], segments: tuple[str, ...]) -> None:
    run = doubtful(people)
    for person in people[:7]:
        store.write_all(deletes=[row.own_key for row in store.query_all(FactRow, person.person_id)])
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert night().phase == Phase.DONE
        found = run_at(run.run_id)
        assert found is not None
        assert (found.phase, waiting(run, segments)) == (Phase.SUPERSEDED, 0)
        with pytest.raises(SyncRunDecided):
            release_as_operator(run.run_id, "ops-1")


def test_too_much_garbage_parks_it_too(people: list[PersonRow]) -> None:
    for person in people[:6]:
        fact = worst_fact()
        lose(person, fact)
        spoil(FactRow.key(person.person_id, f"{fact.kind}#{fact.fact_id}"), "occurred_at", {"S": "never"})

    run = night()

    assert (run.phase, run.garbage, run.turned) == (Phase.PARKED, 6, 0)
    assert {now_of(person).stale_since for person in people} == {None}


def abnormal(people: list[PersonRow], count: int) -> None:
    """So many are abnormal, by what the city shows too."""
    import app

    for person in people[:count]:
        lose(person, worst_fact())
        app.services.get(Status).refresh(person.person_id)


def forgotten(people: list[PersonRow], count: int) -> SyncRunRow:
    """The night behind the loss of what was known of so many."""
    for person in people[:count]:
        store.write_all(deletes=[row.own_key for row in store.query_all(FactRow, person.person_id)])
    return night()


def test_a_source_that_lost_what_it_knew_makes_nobody_well(people: list[PersonRow]) -> None:
    abnormal(people, 12)
    run = forgotten(people, 7)

    assert (run.phase, run.abnormal, run.recovered, run.turned) == (Phase.PARKED, 12, 7, 0)
    assert sum(now_of(person).state != settings().city.scheme.normal.name for person in people) == 12


def test_half_of_the_abnormal_may_be_well_again(people: list[PersonRow]) -> None:
    abnormal(people, 12)
    run = forgotten(people, 6)

    assert (run.phase, run.abnormal, run.recovered) == (Phase.DONE, 12, 6)
    assert sum(now_of(person).state != settings().city.scheme.normal.name for person in people) == 6


def test_whose_state_ended_by_itself_is_made_well_by_no_source(people: list[PersonRow]) -> None:
    abnormal(people, 12)
    for person in people[:12]:
        store.update(person.own_key, [PersonRow.state_until.set(clock.now() - timedelta(minutes=1))])
    run = forgotten(people, 12)

    assert (run.phase, run.abnormal, run.recovered) == (Phase.DONE, 0, 0)
    assert {now_of(person).state for person in people} == {settings().city.scheme.normal.name}


def test_a_late_run_is_told(people: list[PersonRow], capfd: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001  they are there
    city = settings().city
    tomorrow = clock.local_day(city.time_zone, clock.now()) + timedelta(days=1)
    with clock.frozen(clock.midnight(city.time_zone, tomorrow) + timedelta(hours=2)) as time:
        tend()
        for seconds, told in ((city.sync.late_hours * 3_600 - 60, 0), (120, 1)):
            capfd.readouterr()
            time.tick(seconds)
            tend()
            assert capfd.readouterr().out.count(Event.SYNC_LATE.value) == told


@pytest.mark.parametrize(
    ("found", "doubtful"),
    [
        ((1_000, 1_000, 0, 50, 10, 0, 0), False),
        ((1_000, 1_000, 0, 51, 0, 0, 0), True),
        ((1_000, 1_000, 0, 0, 11, 0, 0), True),
        ((20, 20, 20, 5, 5, 0, 0), False),
        ((20, 20, 20, 6, 0, 0, 0), True),
        ((0, 0, 0, 0, 0, 0, 0), False),
        ((1_000_000, 100, 0, 0, 6, 0, 0), True),
        ((1_000, 1_000, 0, 0, 0, 100, 50), False),
        ((1_000, 1_000, 0, 0, 0, 100, 51), True),
        ((1_000, 1_000, 0, 0, 0, 5, 5), False),
        ((1_000, 1_000, 0, 0, 0, 6, 6), True),
    ],
)
def test_the_shares_and_the_least(found: tuple[Any, ...], doubtful: bool) -> None:
    assert is_doubtful(Totals(*found)) is doubtful
