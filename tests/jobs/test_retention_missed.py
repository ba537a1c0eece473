"""A night of the sweep that was missed is made up for, and none that never was (B13)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

import app
import infra.cli.retention as command
from chalicelib.core import clock, ids, store
from chalicelib.people.service import retention as service
from chalicelib.people.service.retention import ROUND, tonight
from chalicelib.people.tables.retention import NIGHTS, RetentionRow, report_of
from chalicelib.people.tables.times import ReceiptTime
from tests.support.city import TestCity
from tests.support.events import Events
from tests.support.retention import Owner, put, run
from tests.support.rows import stored

pytestmark = pytest.mark.jobs


@pytest.fixture(autouse=True)
def segments(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[date, str]]:  # noqa: ARG001  its tables
    """A segment for each night, which is no other test's, and no report of any night."""
    found = dict[date, str]()
    monkeypatch.setattr(service, "segments_of", lambda day: [found.setdefault(day, ids.new_id())])
    monkeypatch.setattr(app.services.get(service.Retention), "_of_city", [])
    _forget_all()
    yield found
    _forget_all()


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Events:
    """The lines of the event log."""
    return Events(monkeypatch)


def _forget_all() -> None:
    store.write_all(deletes=[row.own_key for row in store.query_all(RetentionRow, NIGHTS)])


def night(back: int) -> date:
    """The night so many days ago."""
    return tonight() - timedelta(days=back)


def was_swept(day: date) -> None:
    """Let a night have come to its end."""
    row = RetentionRow.new(RetentionRow.of(day, is_dry=False), is_dry=False)
    row.done = row.total = 2
    row.done_at = clock.now()
    store.put(row)


def is_done(day: date) -> bool:
    """Whether a night has a report that says it came to its end."""
    row = report_of(day, is_dry=False)
    return row is not None and row.done_at is not None


def over(segment: str) -> store.Key[ReceiptTime]:
    """Somebody's row that is past its time."""
    return put(ReceiptTime, Owner.of(segment).person_id, "1")


def test_a_night_that_never_began_is_made_up_for_and_told_of(segments: dict[date, str], events: Events) -> None:
    was_swept(night(3))
    segments.update({night(2): ids.new_id(), night(1): ids.new_id()})
    keys = [over(segment) for segment in segments.values()]

    assert run() == 2

    assert [stored(key) for key in keys] == [None, None]
    assert [is_done(night(back)) for back in (2, 1, 0)] == [True] * 3
    assert [line["count"] for line in events.of("retention.left")] == [4]
    assert run() == 0
    assert len(events.of("retention.left")) == 1


def test_after_months_without_a_sweep_a_round_is_made_up_for_and_no_more() -> None:
    was_swept(night(60))

    run()

    assert [is_done(night(back)) for back in range(ROUND + 1)] == [True] * ROUND + [False]


def test_a_new_city_has_missed_nothing(segments: dict[date, str], events: Events) -> None:
    for _ in range(2):
        run()

    assert (list(segments), is_done(tonight())) == ([tonight()], True)
    assert events.of("retention.left") == []


def test_a_night_that_is_asked_for_is_the_only_one(segments: dict[date, str]) -> None:
    was_swept(night(2))

    run(night=str(tonight()))

    assert (list(segments), is_done(night(1)), is_done(tonight())) == ([tonight()], False, True)


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_command_that_goes_on_past_midnight_ends_the_night_that_it_began(
    monkeypatch: pytest.MonkeyPatch, segments: dict[date, str], *, is_dry: bool
) -> None:
    began, calls = tonight(), list[str]()
    segments[began] = ids.new_id()
    over(segments[began])

    def first_nothing_then_past_midnight(name: str, event: dict[str, Any]) -> None:
        calls.append(name)
        with clock.frozen(clock.now() + timedelta(days=1)):
            if len(calls) > 1:
                run(**event)

    monkeypatch.setattr(command, "call", first_nothing_then_past_midnight)
    row = command._to_the_end(lambda *_: None, is_dry=is_dry)  # noqa: SLF001  without a bar

    assert (row.done_at is not None, row.removed) == (True, {"consents": 1})
    assert row.segment == str(began) + ("#dry" if is_dry else "")
