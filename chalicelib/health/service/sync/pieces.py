"""The pieces of a run: one for each segment of the city, and one for what changed. They are made once and asked to go on often."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from chalicelib.core import clock, store
from chalicelib.core.errors import Conflict
from chalicelib.core.store import Transaction
from chalicelib.core.work import WorkRow, run_of, send
from chalicelib.health.tables.sync import CHANGES, LOOK, WRITE, LookRow, SyncRunRow, WriteRow
from chalicelib.people.tables.people import SEGMENTS

SEGMENT_NAMES = tuple(map(str, range(SEGMENTS)))
"""The segments of a city."""


class MadeAlready(Conflict):
    """Somebody else made these pieces at the same moment."""


def looks(run: SyncRunRow) -> list[LookRow]:
    """The pieces of a run that look: who is asked for everybody, or what changed beside a look at who is behind."""
    named = [(name, run.is_whole) for name in SEGMENT_NAMES] + ([] if run.is_whole else [(CHANGES, False)])
    partition, now = run_of(LOOK, run.run_id), clock.now()
    return [
        LookRow(partition, name, asks=asks, begins_at=run.begins_at, started_at=now, expires_at=run.expires_at)
        for name, asks in named
    ]


def writes(run: SyncRunRow, looked: Sequence[LookRow]) -> list[WriteRow]:
    """The pieces of a run that write, with what each segment is complete through once it is written.

    By changes that is the same for all. A segment in which nobody was asked for is as complete as the least complete one.
    """
    of = {row.segment: row.through for row in looked}
    least = min((one for one in of.values() if one is not None), default=run.started_at)
    partition, now = run_of(WRITE, run.run_id), clock.now()
    return [
        WriteRow(partition, name, through=_through(of, name, least), started_at=now, expires_at=run.expires_at)
        for name in SEGMENT_NAMES
    ]


def _through(of: dict[str, datetime | None], segment: str, least: datetime) -> datetime:
    return of.get(CHANGES) or of.get(segment) or least


def make(rows: Sequence[WorkRow]) -> None:
    """Store pieces that are not there yet; what was done of those that are stays done."""
    for start in range(0, len(rows), store.TRANSACTION_LIMIT):
        transaction = Transaction()
        for row in rows[start : start + store.TRANSACTION_LIMIT]:
            transaction.put(row, WorkRow.run.does_not_exist(), MadeAlready())
        with suppress(MadeAlready):
            transaction.commit()


def ask_for(rows: Sequence[WorkRow]) -> int:
    """Ask for pieces to go on that are not done and that nobody is at; returns how many. Asked for twice does no harm."""
    waiting = [row for row in rows if row.done_at is None and not _is_claimed(row)]
    for row in waiting:
        send(row.own_key)
    return len(waiting)


def _is_claimed(row: WorkRow) -> bool:
    return row.claimed_until is not None and row.claimed_until > clock.now()
