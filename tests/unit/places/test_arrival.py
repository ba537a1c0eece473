"""When a code was scanned, as the device says."""

from datetime import datetime, timedelta

import pytest

from chalicelib.places.errors.checkins import ScannedAtImpossible
from chalicelib.places.visiting.arrival import Arrival

NOW = datetime.fromisoformat("2022-04-06T04:00:00.900000+00:00")


def after(seconds: int) -> datetime:
    return NOW.replace(microsecond=0) + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "queued"), [(120, False), (0, False), (-300, False), (-301, True), (-259_200, True)]
)
def test_a_scan_is_of_now_or_waited(seconds: int, queued: bool) -> None:
    assert Arrival.of(after(seconds), NOW) == Arrival(after(seconds), queued)


@pytest.mark.parametrize("seconds", [121, 86_400, -259_201])
def test_what_can_not_be_is_refused(seconds: int) -> None:
    with pytest.raises(ScannedAtImpossible):
        Arrival.of(after(seconds), NOW)


def test_without_a_word_of_the_device_it_is_when_the_request_came() -> None:
    assert Arrival.of(None, NOW) == Arrival(after(0), queued=False)


def test_another_zone_says_the_same_moment() -> None:
    local = datetime.fromisoformat("2022-04-06T12:00:00+08:00")

    assert Arrival.of(local, NOW) == Arrival(local, queued=False)
