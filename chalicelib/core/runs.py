"""The table `runs`: what jobs have done so far, and how fresh each segment of the city is (design §4, "Freshness")."""

from datetime import datetime

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.store import Row, TableMeta, maybe, write_all

FRESHNESS = "freshness#sources"


class RunsTable(Row):
    """Runs of jobs by kind and id, a row a segment."""

    class Meta(TableMeta):
        """Named `runs` in design §4."""

        table = "runs"

    run = UnicodeAttribute(hash_key=True)
    segment = UnicodeAttribute(range_key=True)


class FreshnessRow(RunsTable):
    """Until when everything that the sources knew of a segment's people is stored."""

    complete_through = UTCDateTimeAttribute()
    expires_at = maybe(TTLAttribute)


def mark_complete(segments: int, through: datetime) -> None:
    """Record that every segment holds what the sources knew at this moment."""
    write_all(FreshnessRow(FRESHNESS, str(segment), complete_through=through) for segment in range(segments))
