"""The nightly removal of check-ins that are older than the city keeps them (B13). Whoever reads passes them over meanwhile.

What is to be removed stands in the register of partitions. A partition leaves it once a consistent look finds it empty, so a
run that ends early goes on where it ended when it is started again, and a second one at the same time does no harm.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from chalicelib.core import clock, store
from chalicelib.core.log import Event, emit, where
from chalicelib.core.settings import settings
from chalicelib.core.work import TIME_KEPT, LambdaContext
from chalicelib.places.tables import SWEEPS, CheckinsTable, VisitsDayRow, VisitSweepRow, parts_of_day, read_part

DAYS_BACK = 14
"""Days before the latest one that is over which are looked at as well: for nights that failed, and where a city keeps
check-ins for less time than it did (from 28 days to 14)."""

PAGE = 200
"""Check-ins that are removed at a time."""


@dataclass
class Swept:
    """What a run did, by the day of the visits: check-ins removed, and partitions that should be gone and are not."""

    removed: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)


class VisitSweep:
    """Removes what is over."""

    def run(self, context: LambdaContext) -> int:
        """Remove as much as four fifths of the function's time allow. Returns how many check-ins were removed.

        What is left of a day that was over a night before is told to the operators: an earlier run should have removed it.
        """
        least, done = int(context.get_remaining_time_in_millis() * TIME_KEPT), Swept()
        last = last_day_over()
        for back in range(DAYS_BACK, -1, -1):
            day = last - timedelta(days=back)
            for part in parts_of_day(day):
                gone = _removed(part, done, lambda: context.get_remaining_time_in_millis() > least)
                done.left[day.isoformat()] += not gone
        _report(done)
        late = sum(count for day, count in done.left.items() if day < last.isoformat())
        if late:
            emit(Event.VISITS_LEFT, count=late)
        return done.removed.total()


def last_day_over() -> date:
    """The latest day, in the city's calendar, of which every check-in is older than the city keeps them."""
    city = settings().city
    return clock.local_day(city.time_zone, clock.now()) - timedelta(days=city.retention.checkins + 1)


def _removed(row: VisitsDayRow, done: Swept, has_time: Callable[[], bool]) -> bool:
    """Empty a partition and take it off the register; False if there was no time, or something in it could not be removed.

    One partition holds up no other; what storage does not answer is raised again.
    """
    try:
        while has_time():
            found = store.query(CheckinsTable, row.part, limit=PAGE).rows
            if not found:
                return store.delete(row.own_key)
            store.write_all(deletes=[one.own_key for one in found])
            done.removed[read_part(row.part)[1].isoformat()] += len(found)
    except Exception as error:
        if store.is_passing(error):
            raise
        emit(Event.SWEEP_FAILED, error=type(error).__name__, where=where(error))
    return False


def _report(done: Swept) -> None:
    """Add what this run did to the report of the day. What a run did that died is in no report."""
    city, now = settings().city, clock.now()
    key: store.Key[VisitSweepRow] = VisitSweepRow.key(SWEEPS, clock.local_day(city.time_zone, now).isoformat())
    before = store.read_together([key]).get(key)
    removed = done.removed + Counter({} if before is None else before.removed)
    row = VisitSweepRow(key.hash_value, key.range_value, at=now, removed=dict(removed), left=dict(+done.left))
    row.total, row.expires_at = removed.total(), now + timedelta(days=city.retention.event_log)
    store.put(row)
