"""Who came to a place today, as its staff sees it: at most as old as a consistent read (B1, B13)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, tokens
from chalicelib.core.settings import settings
from chalicelib.places.access import Staff
from chalicelib.places.service.days import DayOfPlace, Position, living, position_of
from chalicelib.places.service.gates import gates_at
from chalicelib.places.service.looks import disclose_live
from chalicelib.places.tables import CheckinRow

MOST_READ = 2_000
"""Rows after which a page ends, at the next five minutes, however few of them were wanted: a rare one is asked for on and on."""

TOP: Position = ("~", "", "")
"""Before every check-in of a day."""


@dataclass(frozen=True)
class Wanted:
    """Which check-ins to list; None is all."""

    gate_id: str | None = None
    alarm: bool | None = None
    relation: str | None = None


@dataclass(frozen=True)
class LivePage:
    """Check-ins, newest first, the cursor of the next page, and how many stored rows could not be read."""

    rows: list[CheckinRow]
    cursor: str | None
    unreadable: int


class LiveList:
    """Lists today's check-ins."""

    def today(self, staff: Staff, wanted: Wanted, limit: int, cursor: str | None) -> LivePage:
        """One page of the day that it is in the city. A registrar sees their own gates alone (R4.4). Raises InvalidCursor.

        Whoever is on it finds the look in their access log: it is in the ledger before the answer leaves.
        """
        day = clock.local_day(settings().city.time_zone, clock.now())
        scope = f"checkins|{staff.place.place_id}|{staff.member_id}|{day}|{wanted}"
        start, gates = _position(scope, cursor), _own_gates(staff)
        read = DayOfPlace(staff.place, day, _up_to(start))
        rows, last = _page(read, start, limit, lambda row: _is_wanted(row, wanted, gates))
        shown = living(rows)
        disclose_live(staff, shown)
        return LivePage(shown, tokens.seal_cursor(scope, None if last is None else {"last": last}), read.unreadable)


def _page(
    day: DayOfPlace, start: Position, limit: int, is_wanted: Callable[[CheckinRow], bool]
) -> tuple[list[CheckinRow], Position | None]:
    """So many check-ins behind a position, and where the last of them stands if more follow.

    Five minutes are read as a whole, for within them keys are not in the order of time.
    """
    rows: list[CheckinRow] = []
    for bucket, found in day.newest_first():
        rows += [row for row in found if position_of(row) < start and is_wanted(row)]
        if len(rows) > limit:
            return rows[:limit], position_of(rows[limit - 1])
        if day.read >= MOST_READ:
            return rows, (bucket, "", "")
    return rows, None


def _position(scope: str, cursor: str | None) -> Position:
    opened = tokens.open_cursor(scope, cursor)
    if opened is None:
        return TOP
    bucket, at, member_id = opened["last"]
    return bucket, at, member_id


def _up_to(start: Position) -> Condition:
    """The keys of a position's five minutes, if it stands within them, and of all before them."""
    bucket, at, _ = start
    condition: Condition = CheckinRow.sk < (f"{bucket}~" if at else bucket)
    return condition


def _own_gates(staff: Staff) -> Collection[str] | None:
    """The gates whose check-ins somebody sees; None is all of the place, for its manager and its inspectors."""
    if not staff.is_registrar:
        return None
    return {gate.gate_id for gate in gates_at(staff.place.place_id).gates if gate.registrar_id == staff.member_id}


def _is_wanted(row: CheckinRow, wanted: Wanted, gates: Collection[str] | None) -> bool:
    return (
        (gates is None or row.gate_id in gates)
        and wanted.gate_id in {None, row.gate_id}
        and wanted.alarm in {None, row.alarm}
        and wanted.relation in {None, row.relation}
    )
