"""What is past its time goes, if DynamoDB did not remove it, and a report says so (B13, R-10, R-16)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest

import app
from chalicelib.alerts.tables import AlertsTable, BreakerRow
from chalicelib.core import clock, ids, retention, store
from chalicelib.core.jobs import last_run
from chalicelib.core.retention import GRACE
from chalicelib.people.service import retention as service
from chalicelib.people.service.retention import JOBS, segments_of, tonight
from chalicelib.people.tables.logins import LoginsTable, phone_subject
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.retention import RetentionRow, nights, report_of
from chalicelib.people.tables.times import AccessTime, PersonTime, ReceiptTime
from infra.timetable import next_run
from infra.wiring import SCHEDULES
from tests.support.city import TestCity
from tests.support.events import Events
from tests.support.retention import Owner, forget, gone, of_city, put, report, run
from tests.support.rights import acting_as
from tests.support.rows import spoil, stored
from tests.support.seam import aws_error, put_in
from tests.support.working import Context, Cuts, with_each_fault

pytestmark = pytest.mark.jobs


@pytest.fixture(autouse=True)
def one_night(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: ARG001  its tables
    """A city of one segment that is no other test's, no report of tonight, and little that belongs to nobody."""
    name = ids.new_id()
    monkeypatch.setattr(service, "segments_of", lambda _: [name])
    forget()
    yield name
    forget()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)


def test_what_is_over_goes_whatever_it_is_and_what_is_not_stays(one_night: str) -> None:
    owner, young = Owner.of(one_night), Owner.of(one_night)
    over, kept = {**owner.rows(), **of_city()}, young.rows(clock.now() + timedelta(minutes=5))

    assert run() >= len(over)

    assert gone(over) == sorted(over)
    assert gone(kept) == []
    assert stored(PersonRow.of(owner.person_id)) is not None
    found = report()
    assert (found.done_at is not None, found.done, found.total, found.left, found.late) == (True, 2, 2, {}, {})
    assert {"held_batches", "messages", "turned", "warnings", *owner.rows()} <= found.removed.keys()
    assert (found.removed["consents"], found.looked["consents"]) == (1, 2)
    job = last_run("retention")
    assert job is not None
    assert job.done == sum(found.removed.values())


def test_once_is_enough(one_night: str) -> None:
    rows = Owner.of(one_night).rows()
    run()
    before = report().removed
    late = Owner.of(one_night).rows()
    assert run() == 0, "tonight is done"
    assert gone(late) == []
    assert run(anew=True) == len(late)
    assert report().removed == {kind: before.get(kind, 0) + (kind in rows) for kind in before}
    assert run(anew=True) == 0


def test_what_dynamodb_should_have_removed_is_called_late(one_night: str) -> None:
    put(ReceiptTime, Owner.of(one_night).person_id, "old", until=clock.now() - GRACE - timedelta(seconds=1))
    run()
    assert (report().late, report().removed["consents"]) == ({"consents": 1}, 1)


def test_a_dry_run_counts_and_removes_nothing(one_night: str, events: Events) -> None:
    rows = Owner.of(one_night).rows()

    count = run(dry_run=True)

    assert gone(rows) == []
    assert count >= len(rows)
    assert report_of(tonight(), is_dry=False) is None
    assert (report(is_dry=True).dry, report(is_dry=True).removed["alerts"]) == (True, 1)
    assert events.of("retention.left") == events.of("job.done") == []
    assert run(dry_run=True, anew=True) == count
    assert tonight().isoformat() not in [row.segment for row in nights(3)]


def test_what_cannot_be_removed_holds_up_nothing_and_is_told(
    one_night: str, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = Owner.of(one_night)
    stuck, fine = put(ReceiptTime, owner.person_id, "stuck"), put(AccessTime, owner.person_id, "fine")
    removing = store.delete

    def refused(key: store.Key[Any], *condition: Any) -> bool:
        if key == stuck:
            raise aws_error("ValidationException")
        return removing(key, *condition)

    monkeypatch.setattr(store, "delete", refused)
    run()

    assert (stored(stuck) is None, stored(fine) is None) == (False, True)
    assert report().left == {"consents": 1}
    assert [line["count"] for line in events.of("retention.left")] == [1]
    assert events.of("sweep.failed")
    monkeypatch.undo()


def test_it_is_told_when_nothing_goes_that_should(
    one_night: str, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.services.get(service.Retention), "_of_city", [])
    Owner.of(one_night).rows()
    monkeypatch.setattr(store, "delete", lambda *_: False)
    run()
    assert report().left == {}
    assert events.of("retention.left")


def test_what_was_renewed_meanwhile_stays(one_night: str, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = Owner.of(one_night)
    renewed, removing = put(LoginsTable, phone_subject(owner.phone), "SESSION#1"), store.delete

    def late(key: store.Key[Any], *condition: Any) -> bool:
        if key.range_value == "SESSION#1":
            with acting_as(None):
                store.update(renewed, [LoginsTable.expires_at.set(clock.now() + timedelta(days=1))])
        return removing(key, *condition)

    monkeypatch.setattr(store, "delete", late)
    run()
    assert stored(renewed) is not None
    assert "sessions" not in report().removed
    monkeypatch.undo()


def test_a_row_that_cannot_be_read_holds_up_nobody(one_night: str) -> None:
    broken, other = Owner.of(one_night), Owner.of(one_night)
    spoil(PersonRow.of(broken.person_id), "account", {"N": "1"})
    spoil(put(ReceiptTime, broken.person_id, "never"), "expires_at", {"S": "never"})
    mine, theirs = put(ReceiptTime, broken.person_id, "mine"), other.rows()
    run()
    assert stored(mine) is None
    assert gone(theirs) == sorted(theirs)


def test_a_night_goes_on_where_it_ended(one_night: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PEOPLE", 1)
    keys = [put(ReceiptTime, Owner.of(one_night).person_id, "1") for _ in range(3)]
    calls = 0
    while report_of(tonight(), is_dry=False) is None or report().done_at is None:
        run(Context(passes=45_000))  # time for one step, or two
        calls += 1
    assert calls >= 2
    assert [stored(key) for key in keys] == [None] * 3
    assert report().removed["consents"] == 3


def test_a_night_that_did_not_end_is_told_of_and_ended_the_day_after(
    one_night: str, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.services.get(service.Retention), "_of_city", [])
    key, yesterday = put(ReceiptTime, Owner.of(one_night).person_id, "1"), tonight() - timedelta(days=1)
    with clock.frozen(clock.now() - timedelta(days=1)):
        before = RetentionRow.new(RetentionRow.of(tonight(), is_dry=False), is_dry=False)
        before.total = 2
        store.put(before)
    run()
    ended = report_of(yesterday, is_dry=False)
    assert ended is not None
    assert (ended.done_at is None, ended.removed, report().removed) == (False, {"consents": 1}, {})
    assert stored(key) is None
    assert [line["count"] for line in events.of("retention.left")] == [2]
    store.delete(ended.own_key)


def test_a_night_that_dies_anywhere_is_made_up_for_by_the_next_run(
    one_night: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PEOPLE", 1)
    monkeypatch.setattr(app.services.get(service.Retention), "_of_city", [])
    owner = Owner.of(one_night)

    def once(cuts: Cuts) -> None:
        forget()
        rows = [put(ReceiptTime, owner.person_id, "1"), put(AlertsTable, owner.org_id, "1")]
        with cuts.here(), suppress(*store.STORAGE_ERRORS):
            run()
        run()
        assert [stored(key) for key in rows] == [None, None]
        assert report().done_at is not None

    assert with_each_fault(once) >= 12


def test_a_person_of_whom_nothing_is_over_costs_five_queries(one_night: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app.services.get(service.Retention), "_of_city", [])

    def calls() -> int:
        with put_in(Cuts()) as cuts, cuts.here():
            run(anew=True)
        return len(cuts.calls)

    calls()
    before = calls()
    for _ in range(4):
        name = ids.new_id()
        store.put(PersonRow(f"kept{name}", "PERSON", enrolment=1, segment=one_night, account=name))
    assert calls() == before + 4 * 5


def test_all_segments_are_walked_in_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    days = [tonight() + timedelta(days=number) for number in range(28)]
    walked = [segment for day in days for segment in segments_of(day)]
    assert sorted(map(int, walked)) == list(range(256))


def test_the_runs_of_every_job_are_swept() -> None:
    assert sorted(JOBS) == sorted(job.name for job in SCHEDULES)


def test_what_is_of_no_kind_is_called_by_its_table() -> None:
    assert retention.kind_of(PersonTime.key("p", "NEW#1")) == "people"
    assert retention.kind_of(BreakerRow.here()) == "alerts"


def test_the_job_is_due_at_three_in_the_city_and_again_until_eight() -> None:
    (job,) = [one for one in SCHEDULES if one.name == "retention"]
    midnight = clock.midnight("Asia/Shanghai", date(2026, 4, 6))
    assert next_run(job, "Asia/Shanghai", midnight) == midnight + timedelta(hours=3)
    last = midnight + timedelta(hours=7, minutes=45)
    assert next_run(job, "Asia/Shanghai", last - timedelta(minutes=1)) == last
    assert next_run(job, "Asia/Shanghai", last) == midnight + timedelta(hours=27)


def test_two_runs_at_once_end_right_and_the_report_has_what_both_removed(
    one_night: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.services.get(service.Retention), "_of_city", [])
    monkeypatch.setattr(service, "PEOPLE", 1)
    keys = [put(ReceiptTime, Owner.of(one_night).person_id, str(number)) for number in range(3)]
    removing, others = store.delete, list[int]()

    def slow(key: store.Key[Any], *condition: Any) -> bool:
        is_gone = removing(key, *condition)
        monkeypatch.setattr(store, "delete", removing)
        if not others:
            others.append(run())
        return is_gone

    monkeypatch.setattr(store, "delete", slow)
    own = run()

    assert (own, others) == (1, [2])
    assert [stored(key) for key in keys] == [None] * 3
    found = report()
    assert (found.removed, found.looked, found.done, found.done_at is not None) == (
        {"consents": 3},
        {"consents": 2},
        2,
        True,
    )
