"""The table `runs`: what jobs have done so far, and how fresh each segment of the city is (design §4, "Freshness")."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pynamodb.attributes import TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import clock
from chalicelib.core.store import Key, Row, TableMeta, maybe, query, update, write_all

FRESHNESS = "freshness#sources"

HELD_SECONDS = 60
"""How long a process goes by what it read of all segments (design §4): far less than the hours for which a status is good."""


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
    forget_freshness()


def mark_segment(segment: str, through: datetime) -> None:
    """Record that a segment holds what the sources knew at this moment, unless it is known to hold what they knew later."""
    key: Key[FreshnessRow] = FreshnessRow.key(FRESHNESS, segment)
    older = FreshnessRow.complete_through.does_not_exist() | (FreshnessRow.complete_through < through)
    update(key, [FreshnessRow.complete_through.set(through)], older)
    forget_freshness()


def complete_through(segment: str) -> datetime | None:
    """Until when all that the sources knew of a segment's people is stored; None if that was never said, or can't be read.

    All segments are read together and held for a minute: what changed meanwhile is later than what is said here, never earlier.
    """
    return _held.of(segment)


def forget_freshness() -> None:
    """Drop what is held, after it was changed or the settings of the process were."""
    _held.forget()


@dataclass(frozen=True)
class _Read:
    at: int
    through: Mapping[str, datetime]


class _Held:
    """What this process read of all segments, and when."""

    def __init__(self) -> None:
        self._read: _Read | None = None
        self._lock = threading.Lock()

    def of(self, segment: str) -> datetime | None:
        with self._lock:
            if self._read is None or not 0 <= clock.epoch() - self._read.at < HELD_SECONDS:
                self._read = _Read(clock.epoch(), _all_segments())
            return self._read.through.get(segment)

    def forget(self) -> None:
        with self._lock:
            self._read = None


def _all_segments() -> Mapping[str, datetime]:
    """One page holds them all: 256 rows of a hundred bytes."""
    return {row.segment: row.complete_through for row in query(FreshnessRow, FRESHNESS, consistent=False).rows}


_held = _Held()
