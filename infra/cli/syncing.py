"""The commands `sync list|watch|release|discard`: how the nights went, and what to do where one stopped itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import sleep
from typing import Annotated, Any

import typer

from chalicelib.core import clock
from chalicelib.health.errors import SyncRunDecided, SyncRunNotFound
from chalicelib.health.service.sync import pieces
from chalicelib.health.service.sync.releasing import discard_as_operator, release_as_operator
from chalicelib.health.tables.sync import COUNTS, Phase, SyncRunRow, looks_of, runs_newest_first, writes_of
from infra.cli.bars import Show, bar
from infra.cli.naming import As
from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.cli.options import UnusableTarget
from infra.cli.principals import principal

SHOWN = 14
"""Runs that are shown: as long as they are kept, of one a day."""

POLL_SECONDS = 2
"""Between two looks at a run that is watched; each reads a row of every piece."""

sync = typer.Typer(
    help="The nightly sync of a city with its health source.",
    epilog="Exit codes: 0 all is well, or what was asked for is done; 1 a run is parked or not complete, or there was nothing to "
    "decide; 2 nothing was begun.",
    no_args_is_help=True,
)
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run's name, as `sync list` says it.")]


@sync.command("list")
def list_runs(context: typer.Context) -> None:
    """Say how the latest nights went, newest first, by numbers alone. Exits with 1 if the newest is not done."""
    with operating(context):
        data = [_data(run) for run in runs_newest_first(SHOWN)]
    answer(context, data, [_line(one) for one in data] or ["No night was synced yet."])
    if data and data[0]["phase"] != Phase.DONE:
        raise typer.Exit(FAILED)


@sync.command("watch")
def watch(
    context: typer.Context,
    minutes: Annotated[
        int, typer.Option(min=0, max=600, help="For how long; a night of a large city takes hours.")
    ] = 60,
) -> None:
    """Watch the newest run until it is at its end or waits for a decision. Exits with 1 if it is not done then."""
    with operating(context), bar(context) as show:
        data = _watched(show, clock.now() + timedelta(minutes=minutes))
    if data is None:
        fail("No night was synced yet. `jobs catch-up` begins one.")
    answer(context, data, [_line(data)])
    if data["phase"] != Phase.DONE:
        raise typer.Exit(FAILED)


@sync.command("release")
def release(context: typer.Context, run: RunId, acts_as: As = None) -> None:
    """Let a parked run be written, as far as operators decide: a health officer must release it as well."""
    found = _decide(context, release_as_operator, run, acts_as)
    words = (
        "It is written now." if found.is_released else "It waits for a health officer, who releases it in the service."
    )
    answer(context, _data(found), [f"{run} is released by you. {words}"])


@sync.command("discard")
def discard(
    context: typer.Context,
    run: RunId,
    acts_as: As = None,
    yes: bool = typer.Option(False, "--yes", help="Don't ask."),
) -> None:
    """Let nothing of a parked run be written. What is shown stays, and grows old until a run can be believed."""
    if not yes:
        typer.confirm(f"Nothing of {run} will be written. Discard it?", abort=True)
    found = _decide(context, discard_as_operator, run, acts_as)
    answer(context, _data(found), [f"{run} is discarded. `jobs catch-up` begins another one."])


def _watched(show: Show, until: datetime) -> dict[str, Any] | None:
    """How the newest run stands once nothing of it goes on by itself, or the time is up."""
    while (run := next(iter(runs_newest_first(1)), None)) is not None:
        data = _data(run)
        writes = run.phase == Phase.WRITING
        done, total = (data["written"], len(pieces.SEGMENT_NAMES)) if writes else (data["looked"], data["pieces"])
        show(f"{run.run_id}: {run.phase}", done, total)
        if Phase(run.phase) not in {Phase.LOOKING, Phase.WRITING} or clock.now() >= until:
            return data
        sleep(POLL_SECONDS)
    return None


def _decide(
    context: typer.Context, decide: Callable[[str, str], SyncRunRow], run: str, acts_as: str | None
) -> SyncRunRow:
    with operating(context):
        try:
            return decide(run, principal(acts_as))
        except UnusableTarget as error:
            fail(str(error), NOT_STARTED)
        except SyncRunNotFound:
            fail(f"There is no run {run}, or it was removed. `sync list` says which there are.")
        except SyncRunDecided:
            fail(f"{run} does not wait for a decision. `sync list` says how it stands.")


def _data(run: SyncRunRow) -> dict[str, Any]:
    looked, written = looks_of(run.run_id), writes_of(run.run_id)
    counts = {name: None if (found := getattr(run, name)) is None else int(found) for name in COUNTS}
    return {
        "run": run.run_id,
        "phase": str(run.phase),
        "whole": run.is_whole,
        "started": clock.iso(run.started_at),
        "done": clock.iso(run.done_at) if run.done_at else None,
        "pieces": len(looked),
        "looked": sum(one.done_at is not None for one in looked),
        "written": sum(one.done_at is not None for one in written),
        "repaired": sum(int(one.repaired) for one in looked),
        **counts,
        "released_by_officer": run.officer is not None,
        "released_by_operator": run.operator,
    }


def _line(one: dict[str, Any]) -> str:
    line = f"{one['run']}: {one['phase']}, {'everybody' if one['whole'] else 'changes'}, {one['looked']} of {one['pieces']} pieces"
    if one["phase"] == Phase.WRITING:
        line += f", {one['written']} written"
    if one["people"] is None:
        return line
    numbers = f"{one['people']} people, {one['changed']} changed, {one['turned']} would turn abnormal, "
    numbers += f"{one['recovered']} of {one['abnormal']} well, {one['garbage']} garbage"
    return f"{line}; {numbers}"
