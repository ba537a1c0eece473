"""Reports of the sweeps of what is past its time, in `runs`: one a night, and one of what a dry run counted (B13)."""

from collections import Counter
from datetime import date, timedelta

from pynamodb.attributes import (
    BooleanAttribute,
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.retention import Found
from chalicelib.core.runs import RunsTable
from chalicelib.core.settings import settings
from chalicelib.core.store import Key, maybe

NIGHTS = "sweep#retention"
"""The partition of the reports."""

DRY = "#dry"


class RetentionRow(RunsTable):
    """What the sweep of a night found, by kind, and how far it is.

    Of `total` steps, segments and what is nobody's, `done` are done; `cursor` says behind whom it goes on in the next. `met`
    counts the rows past their time that were to be removed. Of a dry run, `removed` is what would have been.
    """

    at = UTCDateTimeAttribute()
    dry = BooleanAttribute()
    looked = JSONAttribute()
    removed = JSONAttribute()
    late = JSONAttribute()
    left = JSONAttribute()
    met = NumberAttribute()
    done = NumberAttribute()
    total = NumberAttribute()
    cursor = maybe(UnicodeAttribute)
    done_at = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, day: date, *, is_dry: bool) -> "Key[RetentionRow]":
        """Where the report of a night lies."""
        return cls.key(NIGHTS, f"{day}{DRY if is_dry else ''}")

    @classmethod
    def new(cls, key: "Key[RetentionRow]", *, is_dry: bool) -> "RetentionRow":
        """A report of nothing yet."""
        row = cls(key.hash_value, key.range_value, dry=is_dry, at=clock.now(), met=0, done=0, total=0)
        row.looked, row.removed, row.late, row.left = {}, {}, {}, {}
        row.expires_at = clock.now() + timedelta(days=settings().city.retention.event_log)
        return row

    @property
    def is_alarming(self) -> bool:
        """Whether something is there that should not be, or nothing was removed of what should have been."""
        return self.found.is_alarming

    @property
    def found(self) -> Found:
        """What was found."""
        looked, removed, late, left = map(Counter[str], (self.looked, self.removed, self.late, self.left))
        return Found(looked, removed, late, left, over=int(self.met))

    def unchanged(self) -> Condition:
        """That the stored report is still this one; for a new one, that there is none."""
        if not self.total:
            none: Condition = RetentionRow.run.does_not_exist()
            return none
        return store.unchanged(self, "at", "met", "done", "cursor", "done_at")

    def add(self, found: Found) -> None:
        """Add what was found on the way."""
        before = self.found
        self.looked, self.removed = dict(before.looked + found.looked), dict(before.removed + found.removed)
        self.late, self.left = dict(before.late + found.late), dict(before.left + found.left)
        self.met, self.at = before.over + found.over, clock.now()

    def begin_again(self) -> None:
        """Go through the night anew: what was removed stays removed, and what was left may be gone by now."""
        self.cursor, self.done_at, self.done = None, None, 0
        self.looked, self.late, self.left = {}, {}, {}
        if self.dry:
            self.removed, self.met = {}, 0


def nights(limit: int) -> list[RetentionRow]:
    """The latest reports that are kept still, newest first, without those of dry runs."""
    page = store.query(RetentionRow, NIGHTS, limit=2 * limit, newest_first=True)
    return [row for row in page.rows if not row.dry and row.expires_at > clock.now()][:limit]


def reports_between(first: date, last: date) -> dict[date, RetentionRow]:
    """The reports that are kept still of the nights of these days, both included, without those of dry runs."""
    rows = store.query_all(RetentionRow, NIGHTS, RetentionRow.segment.between(str(first), str(last)))
    return {date.fromisoformat(row.segment): row for row in rows if not row.dry and row.expires_at > clock.now()}


def is_known_before(day: date) -> bool:
    """Whether any night before this day has a report that is kept still."""
    page = store.query(RetentionRow, NIGHTS, RetentionRow.segment < str(day), limit=1, newest_first=True)
    return any(row.expires_at > clock.now() for row in page.rows)


def report_of(day: date, *, is_dry: bool) -> RetentionRow | None:
    """The report of a night; None if there is none."""
    key = RetentionRow.of(day, is_dry=is_dry)
    return store.read_together([key]).get(key)
