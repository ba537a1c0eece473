"""The check-ins of a place and day, over all parts in which they lie, newest or oldest first."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from operator import attrgetter

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.store import Key
from chalicelib.groups.legible import legible
from chalicelib.people.tables.people import LifeTrace
from chalicelib.places.tables import CheckinRow, PlaceRow, parts_of

Position = tuple[str, str, str]
"""Where in a day a check-in stands: five minutes, moment, visitor."""

PAGE = 100
"""Rows of one query of a part."""


@dataclass
class DayOfPlace:
    """Reads a day of a place, and counts what it could not read. Rows that expired are none (B13)."""

    place: PlaceRow
    day: date
    within: Condition | None = None
    """A range of sort keys."""
    page: int = PAGE
    unreadable: int = field(default=0, init=False)
    read: int = field(default=0, init=False)

    def newest_first(self) -> Iterator[tuple[str, list[CheckinRow]]]:
        """Five minutes after five minutes, the latest first, with their check-ins in that order."""
        return self._by_bucket(newest_first=True)

    def oldest_first(self) -> Iterator[tuple[str, list[CheckinRow]]]:
        """The same from the beginning."""
        return self._by_bucket(newest_first=False)

    def _by_bucket(self, *, newest_first: bool) -> Iterator[tuple[str, list[CheckinRow]]]:
        place_id = self.place.place_id
        parts = [
            self._part(part, newest_first) for part in parts_of(place_id, self.day, self.place.shards_on(self.day))
        ]
        merged = heapq.merge(*parts, key=attrgetter("sk"), reverse=newest_first)
        for bucket, rows in groupby(merged, key=lambda row: position_of(row)[0]):
            yield bucket, sorted(rows, key=position_of, reverse=newest_first)

    def _part(self, part: str, newest_first: bool) -> Iterator[CheckinRow]:
        for row in store.query_all(
            CheckinRow, part, self.within, on_broken=self._unread, page=self.page, newest_first=newest_first
        ):
            self.read += 1
            if not clock.is_moment(row.at):
                self._unread()
            elif row.expires_at > clock.now():
                yield row

    def _unread(self, *_: object) -> None:
        self.unreadable += 1


def position_of(row: CheckinRow) -> Position:
    """Where in its day a check-in stands."""
    bucket, _, member_id = row.sk.partition("#")
    return bucket, row.at, member_id


def living(rows: list[CheckinRow]) -> list[CheckinRow]:
    """Those whose visitor's life goes on: what belongs to an ended one is shown to nobody, also before it is swept."""
    keys: dict[str, Key[LifeTrace]] = {row.person_id: LifeTrace.of(row.person_id) for row in rows}
    people = store.read_together(keys.values())
    lives = {person_id: found.enrolment for person_id, key in keys.items() if (found := legible(people, key))}
    return [row for row in rows if lives.get(row.person_id) == row.enrolment]
