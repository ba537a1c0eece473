import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from chalicelib.core import clock

NOON = datetime(2022, 4, 6, 12, 0, 0, tzinfo=UTC)


def test_time_is_aware_utc_and_that_of_the_machine() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.epoch() - time.time()) < 2


def test_frozen_time_stands_still_until_it_is_moved() -> None:
    with clock.frozen(NOON) as frozen:
        assert clock.now() == NOON
        frozen.tick(90)
        assert clock.now() == NOON + timedelta(seconds=90)
        frozen.tick(-30)
        assert clock.epoch() == int(NOON.timestamp()) + 60


def test_frozen_time_is_the_same_in_every_thread() -> None:
    with clock.frozen(NOON) as frozen, ThreadPoolExecutor(4) as threads:
        assert {threads.submit(clock.now).result() for _ in range(8)} == {NOON}
        threads.submit(frozen.tick, 1).result()
        assert clock.now() == NOON + timedelta(seconds=1)


def test_time_goes_on_after_a_test_that_froze_it_failed() -> None:
    with pytest.raises(KeyError), clock.frozen(NOON):
        raise KeyError
    assert clock.now() > NOON + timedelta(days=30)


def test_the_inner_of_two_frozen_clocks_gives_way_to_the_outer() -> None:
    with clock.frozen(NOON):
        with clock.frozen(NOON + timedelta(days=1)):
            assert clock.now() == NOON + timedelta(days=1)
        assert clock.now() == NOON


@pytest.mark.parametrize(
    ("hour", "minute", "day"), [(15, 59, date(2022, 4, 6)), (16, 0, date(2022, 4, 7)), (0, 0, date(2022, 4, 6))]
)
def test_a_day_begins_at_midnight_of_its_zone(hour: int, minute: int, day: date) -> None:
    assert clock.local_day("Asia/Shanghai", datetime(2022, 4, 6, hour, minute, tzinfo=UTC)) == day


def test_moments_are_written_in_utc_to_the_second() -> None:
    at = datetime(2022, 4, 6, 9, 2, 3, 999_999, tzinfo=timezone(timedelta(hours=8)))

    assert clock.iso(at) == "2022-04-06T01:02:03Z"
    assert clock.iso(int(at.timestamp())) == "2022-04-06T01:02:03Z"


def test_a_moment_without_a_zone_is_a_fault() -> None:
    naive = datetime(2022, 4, 6)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        clock.iso(naive)
    with pytest.raises(ValueError, match="time zone"):
        clock.local_day("Asia/Shanghai", naive)
    with pytest.raises(ValueError, match="time zone"), clock.frozen(naive):
        pass


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2022-04-06T01:02:03Z", True),
        ("2022-04-06T09:02:03+08:00", True),
        ("2022-04-06T01:02:03", False),
        ("2022-04-06", False),
        ("spring", False),
        ("", False),
        (7, False),
        (None, False),
    ],
)
def test_what_is_stored_as_a_moment_names_its_offset(text: object, is_one: bool) -> None:
    assert clock.is_moment(text) is is_one
