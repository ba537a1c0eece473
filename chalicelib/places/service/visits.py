"""A person's own visits, and their ends (B9)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core import clock, store, tokens
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, Rows
from chalicelib.groups.legible import legible, report_broken
from chalicelib.people.access import Person
from chalicelib.places.service.occupancy import leave
from chalicelib.places.tables import CheckinRow, GateRow, PlaceRow, VisitTrace
from chalicelib.places.visiting.stays import with_ends

LATER = "later"


@dataclass(frozen=True)
class OwnVisitRow:
    """A visit with when it ended or will end, its place and its gate, as far as they can be read."""

    row: CheckinRow
    ends_at: datetime
    place: PlaceRow | None
    gate: GateRow | None


@dataclass(frozen=True)
class VisitPage:
    """A page of somebody's visits, the latest first, and how many more could not be read."""

    visits: list[OwnVisitRow]
    cursor: str | None
    unreadable: int


class Visits:
    """Shows people their visits, and ends them."""

    def own(self, person: Person, limit: int, cursor: str | None) -> VisitPage:
        """The caller's visits in their present life, as long as the city keeps them (B1, B13). Raises InvalidCursor."""
        scope = f"visits|{person.person_id}|{person.enrolment}"
        start = tokens.open_cursor(scope, cursor)
        later = None if start is None else datetime.fromisoformat(start.pop(LATER))
        page = store.query(
            VisitTrace, person.person_id, index="by_visitor", limit=limit, start=start or None, consistent=False,
            newest_first=True,
        )  # fmt: skip
        keys = [CheckinRow.of(trace.part, trace.sk, consistent=False) for trace in page.rows]
        rows = store.read_together(keys)
        found, unreadable = _readable(rows, keys)
        own = [row for row in found if _is_shown(row, person)]
        position: dict[str, Any] | None = page.next_key and {**page.next_key, LATER: page.rows[-1].at}
        return VisitPage(_with_places(own, later), tokens.seal_cursor(scope, position), page.unreadable + unreadable)

    def check_out(self, place: PlaceRow | None, row: CheckinRow) -> None:
        """End a visit now; one that is over stays as it is."""
        leave(place, row)


def _readable(rows: Rows, keys: list[Key[CheckinRow]]) -> tuple[list[CheckinRow], int]:
    """The check-ins that can be read, and how many can't."""
    found: list[CheckinRow] = []
    unreadable = 0
    for key in keys:
        try:
            row = rows.get(key)
        except Broken as error:
            report_broken(key, error)
            unreadable += 1
        else:
            found += [] if row is None else [row]
    return found, unreadable


def _is_shown(row: CheckinRow, person: Person) -> bool:
    return bool(row.enrolment == person.enrolment and row.expires_at > clock.now())


def _with_places(own: list[CheckinRow], later: datetime | None) -> list[OwnVisitRow]:
    """These visits, each with its end, place and gate. A place that was closed since is still called what it was."""
    places = {row.place_id: PlaceRow.of(row.place_id, consistent=False) for row in own}
    gates = {row.sk: GateRow.of(row.place_id, row.gate_id, consistent=False) for row in own if row.gate_id}
    keys: list[Key[PlaceRow] | Key[GateRow]] = [*places.values(), *gates.values()]
    rows = store.read_together(keys)
    return [
        OwnVisitRow(
            row,
            ends_at,
            legible(rows, places[row.place_id]),
            legible(rows, gates[row.sk]) if row.sk in gates else None,
        )
        for row, ends_at in with_ends(own, later)
    ]
