"""How long a visit lasts (B9). Nothing is written when it ends by itself: it is computed whenever somebody looks."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from chalicelib.core.errors import Broken
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.arrival import AHEAD


def scanned_at(row: CheckinRow) -> datetime:
    """When a check-in was scanned. Raises Broken for one that says no moment."""
    try:
        at = datetime.fromisoformat(row.at)
    except ValueError as error:
        raise Broken from error
    if at.tzinfo is None:
        raise Broken
    return at


def ends_at(row: CheckinRow, later: datetime | None = None) -> datetime:
    """When a visit ended or will end: by check-out, after the place's usual stay, or with the visitor's next scan (`later`).

    A next scan elsewhere says that they left; one at the same place begins a visit that carries this one on.
    """
    began = scanned_at(row)
    ends = [began + timedelta(minutes=int(row.stay_minutes)), row.out_at, later]
    return max(began, min(end for end in ends if end is not None))


def is_open(row: CheckinRow, now: datetime, later: datetime | None = None) -> bool:
    """Whether a visit goes on at a moment. One that a device scanned whose clock is ahead has begun."""
    if row.out_at is not None and row.out_at <= now:
        return False
    return scanned_at(row) - AHEAD <= now < ends_at(row, later)


def is_back(stored: CheckinRow, row: CheckinRow) -> bool:
    """Whether somebody who had left comes in again: by another scan than the one that was answered before, made since."""
    if stored.out_at is None or row.at == stored.at or row.queued or not (stored.allowed and row.allowed):
        return False
    left: datetime = stored.out_at.replace(microsecond=0)
    return scanned_at(row) >= left


def with_ends(
    newest_first: Iterable[CheckinRow], later: datetime | None = None
) -> Iterator[tuple[CheckinRow, datetime]]:
    """One person's visits, newest first, each with when it ended or will end; `later` is when the one after the first began."""
    for row in newest_first:
        yield row, ends_at(row, later)
        later = scanned_at(row)


def inside(newest_first: Iterable[CheckinRow], now: datetime, most: int | None = None) -> int:
    """How many visitors are in a place by its check-ins, each by their last one; no more is read than it takes to count `most`."""
    known: set[str] = set()
    count = 0
    for row in newest_first:
        if row.member_id not in known:
            known.add(row.member_id)
            count += bool(row.allowed) and is_open(row, now)
        if count == most:
            break
    return count
