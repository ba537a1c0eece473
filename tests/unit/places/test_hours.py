"""When a place is open, by the city's clock."""

from datetime import datetime
from typing import Any

import pytest

from chalicelib.core.errors import Broken
from chalicelib.places.tables import PlaceRow
from chalicelib.places.visiting.hours import is_open_at

WEEK = [
    {"days": [1, 2, 3, 4, 5], "opens": "08:30", "closes": "18:00"},
    {"days": [6], "opens": "20:00", "closes": "24:00"},
    {"days": [7], "opens": "00:00", "closes": "02:00"},
]


def place(hours: Any) -> PlaceRow:
    return PlaceRow("01g00000000000000000000000", "PLACE", hours=hours)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2022-04-04T08:29:59+08:00", False),
        ("2022-04-04T08:30:00+08:00", True),
        ("2022-04-04T09:59:59Z", True),
        ("2022-04-04T10:00:00Z", False),
        ("2022-04-09T23:59:59+08:00", True),
        ("2022-04-10T01:59:00+08:00", True),
        ("2022-04-10T02:00:00+08:00", False),
        ("2022-04-09T12:00:00+08:00", False),
    ],
)
def test_it_is_open_in_its_hours(moment: str, is_open: bool) -> None:
    assert is_open_at(place(WEEK), datetime.fromisoformat(moment)) is is_open


def test_without_hours_it_is_open_always_and_with_none_never() -> None:
    at = datetime.fromisoformat("2022-04-04T03:00:00+08:00")

    assert is_open_at(place(None), at)
    assert not is_open_at(place([]), at)


@pytest.mark.parametrize("hours", ["always", [1], [{"days": [1]}], [{"opens": "08:00", "closes": "09:00"}], 7])
def test_hours_that_say_nothing_are_broken(hours: Any) -> None:
    with pytest.raises(Broken):
        is_open_at(place(hours), datetime.fromisoformat("2022-04-04T12:00:00+08:00"))
