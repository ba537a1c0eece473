"""The commands `jobs list`, `jobs run`, `jobs status`, `jobs catch-up` and `jobs sweeps`."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from chalicelib.core import clock, store
from chalicelib.core.jobs import JobRow, last_run
from chalicelib.core.settings import settings
from chalicelib.health.tables.sync import Phase, SyncRunRow, runs_newest_first
from chalicelib.places.tables import SWEEPS, VisitSweepRow
from infra.calls import FunctionAtWork, FunctionFailed, call
from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.timetable import next_run
from infra.wiring import SCHEDULES, Schedule

SYNC = SyncRunRow.RUN

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
        for one in data:
            if one["job"] == SYNC and one["state"] == "done":
                one["state"] = _sync_state()
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
        except FunctionAtWork:
            fail(f"{job} is at work already; `jobs status` says when it ended.")
        except FunctionFailed as error:
            fail(f"{job} failed ({error}); its log says where.")
        row = last_run(job)
        state = _sync_state() if job == SYNC else "done"
    amount = None if row is None or row.done is None else int(row.done)
    line = f"{job}: {state}, {amount}" if state == "done" else f"{job}: {state}; `sync watch` says how it goes on"
    answer(context, {"job": job, "amount": amount, "state": state}, [line])


@jobs.command("catch-up")
def catch_up(context: typer.Context) -> None:
    """Do every job that did not end today or is late, one after the other; a sync that was discarded begins anew.

    May be done at any time and any number of times. What goes on in pieces goes on by itself then: `jobs status` says how far
    it is. Exits with 1 if a job failed; the others are done all the same.
    """
    with operating(context):
        behind = [job for job in SCHEDULES if _is_behind(job)]
        results = {job.name: _done(context, job) for job in behind}
        results |= {"sync": _begun_anew(context)} if _is_discarded() else {}
    data = [{"job": name, "failure": failure} for name, failure in results.items()]
    lines = [f"{one['job']}: {'done' if one['failure'] is None else 'failed, ' + one['failure']}" for one in data]
    answer(context, data, lines or ["Nothing is behind."])
    if any(one["failure"] for one in data):
        raise typer.Exit(FAILED)


def _is_behind(job: Schedule) -> bool:
    """Whether a job has no run that ended since it was due last; one that goes on in pieces, none that is complete."""
    row = last_run(job.name)
    if job.name == SYNC and not _is_synced():
        return True
    zone = settings().city.time_zone
    return row is None or row.done_at is None or next_run(job, zone, row.started_at) <= clock.now()


def _sync_state() -> str:
    """How the sync stands, whose pieces go on behind the call that began them: `done`, or the phase of its newest run."""
    run = next(iter(runs_newest_first(1)), None)
    return "never" if run is None else str(run.phase)


def _is_synced() -> bool:
    run = next(iter(runs_newest_first(1)), None)
    day = clock.local_day(settings().city.time_zone, clock.now()).isoformat()
    return run is not None and run.day == day and Phase(run.phase) in {Phase.DONE, Phase.PARKED, Phase.DISCARDED}


def _is_discarded() -> bool:
    run = next(iter(runs_newest_first(1)), None)
    return run is not None and run.phase == Phase.DISCARDED


def _begun_anew(context: typer.Context) -> str | None:
    return _called(context, SYNC, {"anew": True})


def _done(context: typer.Context, job: Schedule) -> str | None:
    return _called(context, job.function, {})


def _called(context: typer.Context, function: str, event: Mapping[str, Any]) -> str | None:
    """What a function failed with, None if it did not; a person is told before each, for some take minutes."""
    if not context.obj[2]:
        typer.echo(f"{function} …", err=True)
    try:
        call(function, event)
    except FunctionFailed as error:
        return str(error)
    return None


@jobs.command("sweeps")
def sweeps(context: typer.Context) -> None:
    """Say what the nightly sweeps of check-ins removed, newest first. Exits with 1 if the latest left something."""
    with operating(context):
        page = store.query(VisitSweepRow, SWEEPS, limit=SHOWN, newest_first=True)
        rows = [row for row in page.rows if row.expires_at > clock.now()]
    data = [{"night": row.segment, "removed": row.removed, "left": row.left, "total": int(row.total)} for row in rows]
    lines = [f"{one['night']}: {one['total']} removed, {_in_words(one['left'])}" for one in data]
    answer(context, data, lines or ["No night was swept yet."])
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
