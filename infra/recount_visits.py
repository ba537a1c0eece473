"""Counts the check-ins of a place's day anew (`infra.recount` says how)."""

from collections import Counter
from collections.abc import Iterator
from datetime import date

from chalicelib.core import store
from chalicelib.core.store import RawItem
from chalicelib.places import counting
from chalicelib.places.counting import CountedCheckin, RecountMark
from chalicelib.places.tables import PlaceRow, parts_of
from infra.recount import Counted, NoSuchPlace


def days_of(place_id: str, day: date) -> Iterator[Counted]:
    """The parts of a place's day, each with numbers of its own. Raises NoSuchPlace."""
    key = PlaceRow.of(place_id)
    place = store.read_together([key]).get(key)
    if place is None:
        raise NoSuchPlace
    for part in parts_of(place_id, day, place.shards_on(day)):
        yield _part(part)


def _part(part: str) -> Counted:
    return Counted(part, lambda mark: RecountMark(part, RecountMark.SORT_KEY, mark=mark), lambda: _walk(part))


def _walk(part: str) -> Counter[str]:
    """What the check-ins make, page by page, consistently."""
    true = Counter[str]()
    start: RawItem | None = None
    while True:
        page = store.query(CountedCheckin, part, start=start)
        for row in page.rows:
            true.update(counting.counted(row))
        for key in page.broken:
            true.update({} if key.range_value == RecountMark.SORT_KEY else counting.UNREADABLE)
        if (start := page.next_key) is None:
            return true
