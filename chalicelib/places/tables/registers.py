"""Which partitions of check-ins there are, by day, so that what is over is found without looking at every row (B13).

The rows lie in `runs`. Whoever counts check-ins writes one for each partition that it hears of.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UTCDateTimeAttribute

from chalicelib.core import store
from chalicelib.core.runs import RunsTable
from chalicelib.places.tables.checkins import read_part

REGISTER_SHARDS = 16
"""Parts of a day's register, so that no key takes what a whole city writes."""

REGISTER_DAYS = 90
"""How long a register knows of a partition: behind the longest retention (28 days) by more than any sweep is late."""

SWEEPS = "sweep#visits"
"""The partition of the reports of sweeps, one a day of the city."""


class VisitsDayRow(RunsTable):
    """That there are, or were, check-ins of a day in a partition, which is the segment. It says nothing of any person."""

    expires_at = TTLAttribute()

    @classmethod
    def noting(cls, part: str) -> "VisitsDayRow":
        """The row of a partition, always the same. Raises Broken for what is none."""
        _, day, _ = read_part(part)
        over = datetime.combine(day, time(), UTC) + timedelta(days=REGISTER_DAYS)
        return cls(_register_of(day, sha256(part.encode()).digest()[0] % REGISTER_SHARDS), part, expires_at=over)

    @property
    def part(self) -> str:
        """The partition."""
        return str(self.segment)


class VisitSweepRow(RunsTable):
    """What the sweeps of a day did: `removed` and `left` by the day of the visits, `left` in partitions."""

    at = UTCDateTimeAttribute()
    removed = JSONAttribute()
    left = JSONAttribute()
    total = NumberAttribute()
    expires_at = TTLAttribute()


def note_part(part: str) -> None:
    """Note that there are check-ins in a partition; noting it again writes the same row. Raises Broken for what is none."""
    store.put(VisitsDayRow.noting(part))


def parts_of_day(day: date) -> Iterator[VisitsDayRow]:
    """The partitions that were noted of a day and not removed since."""
    for shard in range(REGISTER_SHARDS):
        yield from store.query_all(VisitsDayRow, _register_of(day, shard))


def _register_of(day: date, shard: int) -> str:
    return f"visits#{day}#{shard}"
