"""How long visits last, computed from what is stored and nothing else (B9)."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock
from chalicelib.core.errors import Broken
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.stays import ends_at, inside, is_open, scanned_at, with_ends

NOON = datetime.fromisoformat("2022-04-06T12:00:00+08:00")
HOUR = timedelta(hours=1)
PART = "01g00000000000000000000000#2022-04-06#0"


def visit(at: datetime = NOON, member: str = "a", **columns: Any) -> CheckinRow:
    """A visit of two hours."""
    fields = {"at": clock.iso(at), "stay_minutes": 120, "allowed": True, **columns}
    return CheckinRow(PART, f"00000001#{member}", **fields)


@pytest.mark.parametrize(
    ("out", "later", "end"),
    [
        (None, None, 2 * HOUR),
        (HOUR, None, HOUR),
        (None, HOUR, HOUR),
        (HOUR / 2, HOUR, HOUR / 2),
        (HOUR, HOUR / 2, HOUR / 2),
        (3 * HOUR, 4 * HOUR, 2 * HOUR),
        (-HOUR, None, 0 * HOUR),
    ],
)
def test_a_visit_ends_by_whatever_comes_first(out: timedelta | None, later: timedelta | None, end: timedelta) -> None:
    row = visit(out_at=None if out is None else NOON + out)

    assert ends_at(row, None if later is None else NOON + later) == NOON + end


def test_a_visit_is_open_from_its_scan_to_before_its_end() -> None:
    moments = [NOON - HOUR / 20, NOON, NOON + 2 * HOUR - HOUR / 60, NOON + 2 * HOUR]

    assert [is_open(visit(), at) for at in moments] == [False, True, True, False]


def test_a_visit_that_a_clock_ahead_stamped_goes_on_until_it_is_ended() -> None:
    minute = HOUR / 60

    assert [is_open(visit(), NOON - 2 * minute), inside([visit()], NOON - minute)] == [True, 1]
    assert not is_open(visit(out_at=NOON - minute), NOON - minute)


@pytest.mark.parametrize("at", ["", "noon", "2022-04-06", "2022-04-06T12:00:00"])
def test_a_visit_of_no_moment_is_broken(at: str) -> None:
    row = visit()
    row.at = at

    with pytest.raises(Broken):
        scanned_at(row)


@given(st.lists(st.integers(0, 600), min_size=1, max_size=12, unique=True))
def test_of_one_persons_visits_at_most_one_is_open_at_any_moment(minutes: list[int]) -> None:
    rows = [visit(NOON + timedelta(minutes=minute)) for minute in sorted(minutes, reverse=True)]

    spans = [(scanned_at(row), end) for row, end in with_ends(rows)]

    assert all(began <= end for began, end in spans)
    assert all(earlier[1] <= later[0] for later, earlier in pairwise(spans))


def test_whoever_scanned_twice_is_inside_once_and_whoever_was_kept_out_is_not() -> None:
    rows = [
        visit(NOON + HOUR / 2, member="a"),
        visit(member="a"),
        visit(member="b", out_at=NOON + HOUR / 4),
        visit(member="c", allowed=False),
        visit(NOON - 2 * HOUR, member="d"),
        visit(member="e"),
    ]

    assert inside(rows, NOON + HOUR) == 2


def test_whoever_checked_out_last_is_not_inside_by_an_earlier_scan() -> None:
    rows = [visit(NOON + HOUR / 2, out_at=NOON + HOUR * 0.75), visit()]

    assert inside(rows, NOON + HOUR) == 0


def test_no_more_is_read_than_it_takes_to_see_that_it_is_full() -> None:
    rows = iter([visit(member="a"), visit(member="b"), visit(member="c")])

    assert inside(rows, NOON + HOUR, 2) == 2
    assert next(rows).member_id == "c"
