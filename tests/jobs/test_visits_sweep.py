"""Check-ins go when their time is over, and those of somebody who erased themselves at once (B13, R-13, R-16, R-28)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.errors import Broken
from chalicelib.core.jobs import last_run
from chalicelib.core.settings import settings
from chalicelib.people.tables.privacy import ledger_entry, living
from chalicelib.places.effects import erasures
from chalicelib.places.service import visit_sweep as service
from chalicelib.places.service.visit_sweep import last_day_over
from chalicelib.places.tables import (
    SWEEPS,
    CheckinRow,
    CheckinsTable,
    VisitSweepRow,
    note_part,
    parts_of_day,
    registers,
)
from infra.restore import Ledger, replay
from infra.timetable import next_run
from infra.wiring import SCHEDULES
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.enrolled import enrolled
from tests.support.events import Events
from tests.support.people import TestPerson
from tests.support.records import place, visits
from tests.support.rows import spoil, stored
from tests.support.seam import aws_error
from tests.support.working import Context, Cuts, with_each_fault

pytestmark = pytest.mark.jobs


@pytest.fixture(autouse=True)
def one_night(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The latest day that is over and the one before it are looked at alone; all of them are empty at the end."""
    monkeypatch.setattr(service, "DAYS_BACK", 1)
    yield
    sweep()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)


def sweep(context: Context | None = None) -> int:
    return int(app.visits_sweep({}, context or Context()))


def kept_days() -> int:
    return int(settings().city.retention.checkins)


def visited(city: TestCity, days_ago: int, count: int = 2, shards: int = 1) -> list[CheckinRow]:
    """Check-ins of one place some days ago, which the counters noted."""
    at = place(city)
    moment = clock.now() - timedelta(days=days_ago)
    rows = visits(at, [city.stranger() for _ in range(count)], moment, every=1, shards=shards)
    for row in rows:
        note_part(row.part)
        note_part(row.part)
    return rows


def there(rows: list[CheckinRow]) -> int:
    return sum(stored(row.own_key) is not None for row in rows)


def noted(day: date) -> set[str]:
    return {row.part for row in parts_of_day(day)}


def day_of(row: CheckinRow) -> date:
    return date.fromisoformat(row.part.split("#")[1])


def report() -> VisitSweepRow:
    key = VisitSweepRow.key(SWEEPS, clock.local_day(settings().city.time_zone, clock.now()).isoformat())
    row: VisitSweepRow | None = store.read_together([key]).get(key)
    assert row is not None
    return row


def test_what_is_over_goes_and_what_is_not_stays(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PAGE", 2)
    over, young = visited(city, kept_days() + 1, 5, shards=2), visited(city, kept_days())
    assert day_of(over[0]) in {last_day_over(), last_day_over() + timedelta(days=1)}
    spoil(over[0].own_key, "enrolment", {"S": "first"})

    with clock.frozen(clock.now() + timedelta(seconds=1)):
        assert sweep() == 5

    assert (there(over), there(young)) == (0, 2)
    assert {row.part for row in over}.isdisjoint(noted(day_of(over[0])))
    assert {row.part for row in young} <= noted(day_of(young[0]))
    assert sweep() == 0


def test_the_report_says_what_went_and_what_is_left(city: TestCity, events: Events) -> None:
    with clock.frozen(clock.now() + timedelta(days=400)):
        late, last = visited(city, kept_days() + 2), visited(city, kept_days() + 1, 3)
        days = day_of(late[0]).isoformat(), day_of(last[0]).isoformat()

        assert sweep(Context(passes=60_000)) == 0
        assert (report().removed, report().left, report().total) == ({}, dict.fromkeys(days, 1), 0)
        assert [line["count"] for line in events.of("visits.left")] == [1]

        assert sweep() == 5
        assert (report().removed, report().left, report().total) == ({days[0]: 2, days[1]: 3}, {}, 5)
        visited(city, kept_days() + 1)
        assert sweep() == 2
        assert report().removed == {days[0]: 2, days[1]: 5}
        run = last_run("visits_sweep")
        assert run is not None
        assert run.done == 2


def test_a_part_that_cannot_be_removed_holds_up_no_other(
    city: TestCity, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, fine = visited(city, kept_days() + 1), visited(city, kept_days() + 1)
    removing = store.write_all

    def refused(*, deletes: list[store.Key[CheckinsTable]]) -> None:
        if deletes[0].hash_value == stuck[0].part:
            raise aws_error("ValidationException")
        removing(deletes=deletes)

    monkeypatch.setattr(store, "write_all", refused)
    assert sweep() == 2
    assert (there(stuck), there(fine)) == (2, 0)
    assert events.of("sweep.failed")
    monkeypatch.undo()


def test_a_run_that_dies_anywhere_is_made_up_for_by_the_next(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "REGISTER_SHARDS", 1)

    def once(cuts: Cuts) -> None:
        rows = visited(city, kept_days() + 1)
        with cuts.here(), suppress(*store.STORAGE_ERRORS):
            sweep()
        sweep()
        sweep()
        assert there(rows) == 0
        assert noted(day_of(rows[0])) == set()

    assert with_each_fault(once) >= 9


class TestErasure:
    """The visits of somebody who is no more."""

    @staticmethod
    def life(person: TestPerson, enrolment: int = 1) -> str:
        return living(person_id_of(person), enrolment)

    def test_their_visits_go_with_them_and_those_of_others_stay(
        self, city: TestCity, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(erasures, "PAGE", 1)
        at, gone, stays = place(city), city.stranger(), city.stranger()
        (client, _) = enrolled(city, gone, stays)
        rows = [*visits(at, [gone]), *visits(place(city), [gone], clock.now() - timedelta(days=3))]
        others = visits(at, [stays])

        assert client.delete("/v1/me").status == 204
        city.deliver()

        assert (there(rows), there(others)) == (0, 1)

    def test_what_the_next_life_did_stays(self, city: TestCity) -> None:
        person = city.stranger()
        old = visits(place(city), [person])
        new = visits(place(city), [person], enrolment=2)
        assert erasures.sweep_visits(ledger_entry("ERASURE", [self.life(person)]), write=False) == 1
        assert there(old) == 1
        assert erasures.sweep_visits(ledger_entry("ERASURE", [self.life(person)])) == 1
        assert erasures.sweep_visits(ledger_entry("ERASURE", [self.life(person)])) == 0
        assert (there(old), there(new)) == (0, 1)

    def test_a_row_that_cannot_be_read_holds_up_no_other(self, city: TestCity) -> None:
        person = city.stranger()
        rows = [row for _ in range(2) for row in visits(place(city), [person])]
        spoil(rows[0].own_key, "enrolment", {"S": "first"})
        assert erasures.sweep_visits(ledger_entry("ERASURE", [self.life(person)])) == 1
        assert (there(rows[:1]), there(rows[1:])) == (1, 0)

    def test_a_restore_does_not_bring_them_back(self, city: TestCity) -> None:
        person = city.stranger()
        enrolled(city, person)
        rows = visits(place(city), [person])
        entry = ledger_entry("ERASURE", [self.life(person)])
        assert replay(Ledger([entry]), write=False).behind["ERASURE"] >= 1
        assert there(rows) == 1
        replay(Ledger([entry]))
        assert there(rows) == 0
        assert replay(Ledger([entry])).is_settled

    def test_a_sweep_that_dies_anywhere_is_made_up_for_by_the_next(self, city: TestCity) -> None:
        def once(cuts: Cuts) -> None:
            person = city.stranger()
            rows = [row for _ in range(2) for row in visits(place(city), [person])]
            entry = ledger_entry("ERASURE", [self.life(person)])
            with cuts.here(), suppress(*store.STORAGE_ERRORS):
                erasures.sweep_visits(entry)
            erasures.sweep_visits(entry)
            assert there(rows) == 0

        assert with_each_fault(once) >= 4


def test_the_job_is_due_at_three_in_the_city() -> None:
    (job,) = [one for one in SCHEDULES if one.name == "visits_sweep"]
    day = date(2026, 4, 6)
    noon = clock.midnight("Asia/Shanghai", day) + timedelta(hours=12)
    assert next_run(job, "Asia/Shanghai", noon) == noon + timedelta(hours=15)


@pytest.mark.parametrize("part", ["", "place", "place#2022-04-06", "place#monday#0", "place#2022-04-06#0#1"])
def test_what_is_no_partition_is_not_noted(part: str) -> None:

    with pytest.raises(Broken):
        note_part(part)
