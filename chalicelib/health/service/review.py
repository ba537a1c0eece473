"""The nightly look at statuses whose window closed. Whoever looks at a status past its end has it computed anyway.

Who was reviewed leaves the index by that, so a run that ends early goes on where it ended when it is started again, and a second
one at the same time does no harm.
"""

from collections.abc import Iterator
from datetime import timedelta

from pynamodb.attributes import UnicodeAttribute

from chalicelib.core import clock, store
from chalicelib.core.log import Event, emit, where
from chalicelib.core.settings import settings
from chalicelib.core.store import RawItem
from chalicelib.core.work import TIME_KEPT, LambdaContext
from chalicelib.health.service.status import Status
from chalicelib.people.tables.people import REVIEW_SHARDS, PeopleTable, ReviewDayIndex, review_part_of

DAYS_BACK = 7
"""How many nights may have failed before what they left waits for somebody to look at it."""

PAGE = 200
"""People of one page of the index."""


class ReviewedPerson(PeopleTable):
    """What the index by day holds of a person."""

    review_day = UnicodeAttribute()


class Review:
    """Computes anew the statuses that end today or should have been looked at before."""

    def __init__(self, status: Status) -> None:
        """Take what computes statuses."""
        self._status = status

    def run(self, context: LambdaContext) -> int:
        """Look at everybody who is due, as far as four fifths of the function's time go. Returns how many it looked at.

        A person whose row can't be read is passed over and logged; a storage that does not answer ends the run.
        """
        least, done = int(context.get_remaining_time_in_millis() * TIME_KEPT), 0
        for person_id in _due():
            if context.get_remaining_time_in_millis() <= least:
                break
            self._look(person_id)
            done += 1
        return done

    def _look(self, person_id: str) -> None:
        try:
            self._status.refresh(person_id)
        except Exception as error:  # one person holds up nobody else; what storage does not answer is raised again
            if store.is_passing(error):
                raise
            emit(Event.STATUS_FAILED, error=type(error).__name__, where=where(error))


def _due() -> Iterator[str]:
    """Everybody who stands in the index for today or a day before, the oldest first."""
    today = clock.local_day(settings().city.time_zone, clock.now())
    for back in range(DAYS_BACK, -1, -1):
        for shard in range(REVIEW_SHARDS):
            yield from _in_part(review_part_of(today - timedelta(days=back), shard))


def _in_part(part: str) -> Iterator[str]:
    start: RawItem | None = None
    while True:
        index = ReviewDayIndex.Meta.index_name
        page = store.query(ReviewedPerson, part, index=index, limit=PAGE, start=start, consistent=False)
        yield from (row.person_id for row in page.rows)
        if (start := page.next_key) is None:
            return
