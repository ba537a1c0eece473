"""How many are inside a place, and that no more come in than it takes where its manager says so (`strict`)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.errors import Conflict
from chalicelib.core.log import Event, emit, where
from chalicelib.core.store import Transaction
from chalicelib.places.errors.checkins import PlaceFull
from chalicelib.places.tables import CheckinRow, OccupancyRow, PlaceRow, VisitTrace, bucket_of, parts_of
from chalicelib.places.visiting.arrival import AHEAD
from chalicelib.places.visiting.keys import day_of
from chalicelib.places.visiting.stays import inside, is_open
from chalicelib.places.visiting.verdict import says_the_same

HELD_SECONDS = 5
"""How old the number that a scan shows may be, and how soon a place that is full is counted anew."""

COUNTED_AFTER = timedelta(minutes=5)
"""After which time a strict place is counted anew before anybody comes in: a mode that was changed is made good by then."""

MOST_COUNTED = 1_000
"""The largest capacity up to which the people inside are counted for whoever scans."""

PAGE = 250
ROUNDS = 4


class StoredBefore(Conflict):
    """The check-in is there already."""


@dataclass(frozen=True)
class Inside:
    """How many are inside, counted up to the capacity. None where nobody counts, or where it could not be read (`left_out`)."""

    count: int | None = None
    is_full: bool | None = None
    left_out: bool = False


def unstored(row: CheckinRow) -> Condition:
    """That the check-in is not there yet; one of a life that is over does not count."""
    condition: Condition = CheckinRow.part.does_not_exist() | (CheckinRow.enrolment < row.enrolment)
    return condition


def is_strict(place: PlaceRow) -> bool:
    """Whether nobody may come in above the capacity."""
    return place.capacity_mode == "strict" and place.capacity is not None


class Occupancy:
    """Lets people in while there is room, and says how many are inside."""

    def __init__(self) -> None:
        """Know of no place yet."""
        self._held: dict[str, tuple[int, Inside]] = {}
        self._lock = threading.Lock()

    def enter(self, place: PlaceRow, row: CheckinRow) -> CheckinRow | None:
        """Store a check-in if there is room; hand back the one that is there already. None when it was stored. Raises PlaceFull."""
        present = _open_here(place, row)
        if present is not None and says_the_same(present, row):
            return present
        if present is None:
            with suppress(StoredBefore):
                _come_in(place, lambda: Transaction().put(row, unstored(row), StoredBefore()))
                return None
        return store.put_once(row, unstored(row))

    def come_back(self, place: PlaceRow, row: CheckinRow) -> CheckinRow:
        """Go on with a visit that ended in these same five minutes, whose visitor is back. Raises PlaceFull.

        At a strict place they need room as anybody does: somebody else may have come in for them.
        """
        again, same = [CheckinRow.out_at.remove()], CheckinRow.out_at == row.out_at
        if not is_strict(place):
            return store.update(row.own_key, again, same) or row
        with suppress(StoredBefore):  # another request of theirs was faster
            _come_in(place, lambda: Transaction().update(row.own_key, again, same, StoredBefore()))
        row.out_at = None
        return row

    def of(self, place: PlaceRow) -> Inside:
        """How many are inside, at most five seconds ago. Never raises: a check-in that is stored is answered (R-25)."""
        if place.capacity is None or place.capacity > MOST_COUNTED:
            return Inside()
        with self._lock:
            held = self._held.get(place.place_id)
        if held is not None and 0 <= clock.epoch() - held[0] < HELD_SECONDS:
            return held[1]
        try:
            found = _counted(place)
        except Exception as error:  # noqa: BLE001  whatever it is, the number is left out
            emit(Event.OCCUPANCY_LEFT_OUT, error=type(error).__name__, where=where(error))
            return Inside(left_out=True)
        with self._lock:
            self._held = {} if len(self._held) > MOST_COUNTED else self._held
            self._held[place.place_id] = clock.epoch(), found
        return found


def leave(place: PlaceRow | None, row: CheckinRow) -> None:
    """End a visit now. At a strict place it makes room for another one, if it is the visitor's last one there."""
    now, out_at = clock.now(), CheckinRow.out_at
    unended = CheckinRow.part.exists() & out_at.does_not_exist()
    if row.out_at is not None or not is_open(row, now):
        return
    if place is None or not (is_strict(place) and row.allowed and not row.queued and _is_latest(row)):
        store.update(row.own_key, [out_at.set(now)], unended)
        return
    transaction = Transaction().update(row.own_key, [out_at.set(now)], unended, StoredBefore())
    actions = [OccupancyRow.inside.add(-1), OccupancyRow.changes.add(1)]
    transaction.update(OccupancyRow.of(place.place_id), actions, OccupancyRow.inside > 0, PlaceFull())
    try:
        transaction.commit()
    except StoredBefore:
        return
    except PlaceFull:  # nobody is counted there
        store.update(row.own_key, [out_at.set(now)], unended)


def _come_in(place: PlaceRow, begun: Callable[[], Transaction]) -> None:
    """Carry out what was begun together with counting one more inside. Raises PlaceFull, or what that itself raises."""
    number = OccupancyRow.inside
    actions = [number.add(1), OccupancyRow.changes.add(1)]
    for _ in range(ROUNDS):
        room = (number < place.capacity) & (OccupancyRow.recounted_at > clock.now() - COUNTED_AFTER)
        try:
            begun().update(OccupancyRow.of(place.place_id), actions, room, PlaceFull()).commit()
        except PlaceFull:
            _recount(place)
        else:
            return
    raise PlaceFull


def _recount(place: PlaceRow) -> None:
    """Count who is inside by the check-ins, unless that was done just now. Raises PlaceFull if it was, and there is no room."""
    key, now = OccupancyRow.of(place.place_id), clock.now()
    number = store.read_together([key]).get(key)
    if number is not None and now - number.recounted_at < timedelta(seconds=HELD_SECONDS):
        if number.inside >= (place.capacity or 0):
            raise PlaceFull
        return
    counted = inside(_visits(place, now, consistent=True), now)
    changes = OccupancyRow.changes
    unchanged = changes.does_not_exist() if number is None else changes == number.changes
    recounted = [OccupancyRow.inside.set(counted), OccupancyRow.recounted_at.set(now), changes.add(1)]
    store.update(key, recounted, unchanged)


def _open_here(place: PlaceRow, row: CheckinRow) -> CheckinRow | None:
    """The visitor's visit of this place that still goes on, so that another scan needs no room (B9)."""
    last = _last_trace(row.person_id)
    if last is None or last.part.partition("#")[0] != place.place_id:
        return None
    key = CheckinRow.of(last.part, last.sk)
    found = store.read_together([key]).get(key)
    is_same = found is not None and found.enrolment == row.enrolment and found.allowed and row.allowed
    return found if found is not None and is_same and is_open(found, clock.now()) else None


def _is_latest(row: CheckinRow) -> bool:
    last = _last_trace(row.person_id)
    return last is None or (last.part, last.sk) == (row.part, row.sk)


def _last_trace(person_id: str) -> VisitTrace | None:
    page = store.query(VisitTrace, person_id, index="by_visitor", limit=1, consistent=False, newest_first=True)
    return next(iter(page.rows), None)


def _counted(place: PlaceRow) -> Inside:
    now, capacity = clock.now(), int(place.capacity or 0)
    if is_strict(place):
        key = OccupancyRow.of(place.place_id, consistent=False)
        number = store.read_together([key]).get(key)
        count = 0 if number is None else int(number.inside)
    else:
        count = inside(_visits(place, now, consistent=False), now, capacity)
    return Inside(min(count, capacity), count >= capacity)


def _visits(place: PlaceRow, now: datetime, *, consistent: bool) -> Iterator[CheckinRow]:
    """The check-ins of the time that one stay lasts; of one visitor, who is always in the same part of a day, the latest first."""
    since = now - timedelta(minutes=int(place.stay_minutes))
    later = CheckinRow.sk >= bucket_of(since)
    for day in sorted({day_of(since), day_of(now), day_of(now + AHEAD)}, reverse=True):
        for part in parts_of(place.place_id, day, place.shards_on(day)):
            yield from store.query_all(CheckinRow, part, later, page=PAGE, consistent=consistent, newest_first=True)
