"""The commands `jobs list`, `jobs run`, `jobs status` and `jobs sweeps`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from chalicelib.core import clock, store
from chalicelib.core.jobs import JobRow, last_run
from chalicelib.core.settings import settings
from chalicelib.places.tables import SWEEPS, VisitSweepRow
from infra.calls import FunctionFailed, call
from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.timetable import next_run
from infra.wiring import SCHEDULES, Schedule

SHOWN = 30
"""Nights whose sweeps are shown."""

jobs = typer.Typer(
    help="The jobs that a city does at set times.",
    epilog="Exit codes: 0 done; 1 the job failed, or a job is overdue; 2 nothing was begun.",
    no_args_is_help=True,
)


@jobs.command("list")
def list_jobs(context: typer.Context) -> None:
    """Say which jobs there are, and when each is due next."""
    with operating(context):
        zone = settings().city.time_zone
        due = {job.name: next_run(job, zone, clock.now()) for job in SCHEDULES}
    data = [{"job": job.name, "schedule": job.cron, "next": clock.iso(due[job.name])} for job in SCHEDULES]
    answer(context, data, [f"{one['job']}: {one['schedule']} in {zone}, next {one['next']}" for one in data])


@jobs.command("status")
def status(context: typer.Context) -> None:
    """Say how the latest run of each job ended. Exits with 1 if one did not end, or is overdue by more than a day."""
    with operating(context):
        data = [_status(job, last_run(job.name)) for job in SCHEDULES]
    answer(context, data, [f"{one['job']}: {one['state']}, last began {one['started'] or 'never'}" for one in data])
    if any(one["state"] != "done" for one in data):
        raise typer.Exit(FAILED)


@jobs.command("run")
def run(
    context: typer.Context, job: Annotated[str, typer.Argument(help="The job's name, as `jobs list` says it.")]
) -> None:
    """Do a job now. It may be done at any time and any number of times."""
    schedule = next((one for one in SCHEDULES if one.name == job), None)
    if schedule is None:
        fail(f"There is no job {job}; there are: {', '.join(one.name for one in SCHEDULES)}.", NOT_STARTED)
    with operating(context):
        try:
            call(schedule.function, {})
        except FunctionFailed as error:
            fail(f"{job} failed ({error}); its log says where.")
        row = last_run(job)
    amount = None if row is None or row.done is None else int(row.done)
    answer(context, {"job": job, "amount": amount}, [f"{job}: done, {amount}"])


@jobs.command("sweeps")
def sweeps(context: typer.Context) -> None:
    """Say what the nightly sweeps of check-ins removed, newest first. Exits with 1 if the latest left something."""
    with operating(context):
        page = store.query(VisitSweepRow, SWEEPS, limit=SHOWN, newest_first=True)
        rows = [row for row in page.rows if row.expires_at > clock.now()]
    data = [{"night": row.segment, "removed": row.removed, "left": row.left, "total": int(row.total)} for row in rows]
    answer(context, data, [f"{one['night']}: {one['total']} removed, {_in_words(one['left'])}" for one in data])
    if data and data[0]["left"]:
        raise typer.Exit(FAILED)


def _in_words(left: Mapping[str, int]) -> str:
    """What of which day is still there."""
    return ", ".join(f"{count} partitions of {day} left" for day, count in sorted(left.items())) or "nothing left"


def _status(job: Schedule, row: JobRow | None) -> dict[str, Any]:
    """A job is late once it should have run twice since it last began."""
    if row is None:
        return {"job": job.name, "state": "never", "started": None, "done": None, "amount": None}
    zone = settings().city.time_zone
    second = next_run(job, zone, next_run(job, zone, row.started_at))
    state = "late" if second < clock.now() else ("done" if row.done_at else "not ended")
    done = clock.iso(row.done_at) if row.done_at else None
    amount = None if row.done is None else int(row.done)
    return {"job": job.name, "state": state, "started": clock.iso(row.started_at), "done": done, "amount": amount}
