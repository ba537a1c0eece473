"""Runs of scheduled jobs, recorded in the table `runs`: a row a job and local day says when it began, ended and how much it did."""

from collections.abc import Callable
from datetime import timedelta

from pynamodb.attributes import NumberAttribute, TTLAttribute, UTCDateTimeAttribute

from chalicelib.core import clock, store
from chalicelib.core.log import Event, emit
from chalicelib.core.runs import RunsTable
from chalicelib.core.settings import settings
from chalicelib.core.store import maybe


class JobRow(RunsTable):
    """The latest run of a job on a day of the city. Without an end it is running, or it died."""

    started_at = UTCDateTimeAttribute()
    done_at = maybe(UTCDateTimeAttribute)
    done = maybe(NumberAttribute)
    expires_at = TTLAttribute()


def recorded(job: str, work: Callable[[], int]) -> int:
    """Do a job's work and record it. The work may be done twice, so it must end right when it is.

    Returns what `work` returns: how many things it did. What it raises is raised, and the run stays without an end.
    """
    city, now = settings().city, clock.now()
    row = JobRow(run_key(job), clock.local_day(city.time_zone, now).isoformat(), started_at=now)
    row.expires_at = now + timedelta(days=city.retention.event_log)
    store.put(row)
    amount = work()
    store.update(row.own_key, [JobRow.done_at.set(clock.now()), JobRow.done.set(amount)])
    emit(Event.JOB_DONE, job=job, count=amount)
    return amount


def last_run(job: str) -> JobRow | None:
    """The latest run of a job that is recorded, or None if it never ran, or so long ago that nothing is known of it."""
    page = store.query(JobRow, run_key(job), limit=1, newest_first=True)
    return next((row for row in page.rows if row.expires_at > clock.now()), None)


def run_key(job: str) -> str:
    """The partition of a job's runs."""
    return f"job#{job}"
