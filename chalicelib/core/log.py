"""One JSON line per event on standard output. Events have codes; values are ids, counts and kinds, never a person's data.

Only the fields listed here can be written: a name, a number or a phone has nowhere to go.
"""

import json
import sys
from enum import StrEnum
from traceback import extract_tb

from chalicelib.core import clock


class Event(StrEnum):
    """What can be said in the log; alarms and searches hang on these words."""

    REQUEST_FAILED = "request.failed"
    REQUEST_UNAVAILABLE = "request.unavailable"
    ROW_BROKEN = "row.broken"
    SMS_SENT = "sms.sent"
    SMS_FAILED = "sms.failed"
    SMS_BUDGET_NEAR = "sms.budget_near"
    ALERT_FAILED = "alert.failed"
    ALERTS_HELD = "alerts.held"
    PERSON_MOVED = "person.moved"
    PERSON_ERASED = "person.erased"
    BOOK_DELETED = "book.deleted"
    FILES_LEFT = "files.left"
    SWEEP_DONE = "sweep.done"
    RECORD_FAILED = "stream.record_failed"
    IMPORT_DONE = "import.done"
    JOB_DONE = "job.done"
    STATUS_FAILED = "status.failed"
    OCCUPANCY_LEFT_OUT = "occupancy.left_out"
    BATCH_HELD = "batch.held"
    VISITS_LEFT = "visits.left"
    SWEEP_FAILED = "sweep.failed"
    RETENTION_LEFT = "retention.left"
    SYNC_PARKED = "sync.run_parked"
    SYNC_LATE = "sync.late"
    SYNC_DONE = "sync.done"
    REMINDER_FAILED = "reminder.failed"
    REMINDERS_LEFT = "reminders.left"


FIELDS = frozenset(
    {
        "request_id",
        "route",
        "method",
        "error",
        "where",
        "purpose",
        "org_id",
        "table",
        "count",
        "rejected",
        "share",
        "sequence",
        "job",
    }
)
"""The only fields a line may carry. None of them can hold a person's data or a person's id."""


def emit(event: Event, **fields: str | float | None) -> None:
    """Write one event. Raises ValueError for a field that is not listed."""
    if unlisted := fields.keys() - FIELDS:
        raise ValueError(f"unlisted log fields: {sorted(unlisted)}")
    sys.stdout.write(json.dumps({"at": clock.iso(clock.now()), "event": event.value, **fields}) + "\n")


def where(error: BaseException) -> str:
    """The places an exception passed through, `file:line` innermost first. Its text is left out: it may quote a person's data."""
    frames = reversed(extract_tb(error.__traceback__)[-4:])
    return " < ".join(f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno}" for frame in frames)
