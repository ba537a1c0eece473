"""When jobs are due: in the city's own time, once however late somebody asks."""

from datetime import UTC, datetime

import pytest

from infra.timetable import Timetable, next_run
from infra.wiring import SCHEDULES, Schedule

NIGHT = Schedule("night", "night", "cron(30 3 * * ? *)")
MONTHLY = Schedule("monthly", "monthly", "cron(0 0 1 * ? *)")
SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("zone", "after", "due"),
    [
        (SHANGHAI, "2026-11-22T03:29:59+08:00", "2026-11-22T03:30:00+08:00"),
        (SHANGHAI, "2026-11-22T03:30:00+08:00", "2026-11-23T03:30:00+08:00"),
        (SHANGHAI, "2026-12-31T23:59:59+08:00", "2027-01-01T03:30:00+08:00"),
        (BERLIN, "2026-07-01T12:00:00+02:00", "2026-07-02T03:30:00+02:00"),
        (BERLIN, "2026-10-24T12:00:00+02:00", "2026-10-25T03:30:00+01:00"),
    ],
)
def test_a_job_is_due_at_its_hour_in_the_city(zone: str, after: str, due: str) -> None:
    assert next_run(NIGHT, zone, at(after)) == at(due)


def test_a_day_of_the_month_is_the_city_s() -> None:
    assert next_run(MONTHLY, SHANGHAI, at("2026-11-30T16:00:00+00:00")) == at("2027-01-01T00:00:00+08:00")
    assert next_run(MONTHLY, SHANGHAI, at("2026-11-30T15:59:59+00:00")) == at("2026-12-01T00:00:00+08:00")


def test_a_year_that_is_over_is_said() -> None:
    with pytest.raises(ValueError, match="never"):
        next_run(Schedule("once", "once", "cron(0 0 1 1 ? 2020)"), SHANGHAI, at("2026-11-30T16:00:00+00:00"))


def test_each_job_is_due_once_however_late_somebody_asks() -> None:
    table = Timetable([NIGHT, MONTHLY], SHANGHAI, at("2026-11-22T00:00:00+08:00"))

    assert table.due(at("2026-11-22T03:29:59+08:00")) == []
    assert table.due(at("2026-11-22T03:30:00+08:00")) == [NIGHT]
    assert table.due(at("2026-11-22T03:30:01+08:00")) == []
    assert table.due(at("2026-12-02T04:00:00+08:00")) == [NIGHT, MONTHLY]
    assert table.due(at("2026-12-01T00:00:00+08:00")) == [], "a clock that goes back repeats nothing"


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda schedule: schedule.name)
def test_every_job_of_the_city_can_be_read(schedule: Schedule) -> None:
    assert next_run(schedule, SHANGHAI, at("2026-11-22T00:00:00+08:00")).tzinfo is UTC
