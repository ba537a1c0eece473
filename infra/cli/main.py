"""The commands: `python -m infra.cli import people|facts FILE`, and those of the modules beside this one."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib.core.errors import Unavailable
from chalicelib.core.store import STORAGE_ERRORS
from infra.cli import certifying, naming
from infra.cli.alerting import alerts
from infra.cli.checking import tables
from infra.cli.costing import costs
from infra.cli.dlq import dlq
from infra.cli.files import CsvFile, UnusableFile, look_through
from infra.cli.importing import FileKind, Summary, import_file
from infra.cli.jobs import jobs
from infra.cli.local import is_emulator, reason
from infra.cli.operating import fail
from infra.cli.options import GlobalOptionsAnywhere, Target, UnusableTarget, local_target
from infra.cli.recounting import recount_books, recount_visits
from infra.cli.reminding import reminders
from infra.cli.reporting import facts as facts_group
from infra.cli.restoring import restore_check
from infra.cli.retention import retention, sms_budget
from infra.cli.rotating import rotate_keys
from infra.cli.sources import sources
from infra.cli.syncing import sync
from infra.process import working_for

NOTHING_DONE = 1
NOT_STARTED = 2

app = typer.Typer(
    cls=GlobalOptionsAnywhere,
    help="Operate a city. The options --city, --endpoint-url and --json may stand before or after a command's name.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its boxes show local variables, and those hold people
)
imports = typer.Typer(
    help="Fill the health source of a city on this machine from CSV files (UTF-8).",
    epilog="Exit codes: 0 done, even if single rows were rejected; 1 nothing was imported, or the city stopped "
    "answering midway (the same command then goes on); 2 the options or the file cannot be used, nothing was begun.",
    no_args_is_help=True,
)
app.add_typer(imports, name="import")
app.add_typer(facts_group, name="facts")
app.add_typer(jobs, name="jobs")
app.add_typer(dlq, name="dlq")
app.add_typer(alerts, name="alerts")
app.add_typer(reminders, name="reminders")
app.add_typer(tables, name="tables")
app.add_typer(sources, name="sources")
app.add_typer(sync, name="sync")
app.add_typer(retention, name="retention")
app.command("restore-check")(restore_check)
app.command("sms-budget")(sms_budget)
app.command("recount")(recount_books)
app.command("recount-visits")(recount_visits)
app.command("rotate-keys")(rotate_keys)
naming.add_to(app)
app.command("verify-certificate", epilog=certifying.EXIT_CODES)(certifying.verify_certificate)
app.command("costs")(costs)

TARGET_NEEDED = (
    "Needed as well, before or after the command: --city NAME and --endpoint-url URL, or CITY and AWS_ENDPOINT_URL in the "
    "environment; `make run` prints the emulator's address."
)

Watch = Callable[[Summary], None]
File = Annotated[Path, typer.Argument(help="The CSV file; rejected rows go into FILE.rejected.csv beside it.")]


@app.callback()
def options(
    context: typer.Context,
    city: Annotated[str | None, typer.Option(envvar="CITY", help="The city's name.")] = None,
    endpoint_url: Annotated[
        str | None, typer.Option(envvar="AWS_ENDPOINT_URL", help="The address of its emulator.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer with one line of JSON.")] = False,
) -> None:
    """Keep the options for the command."""
    context.obj = city, endpoint_url, as_json


@imports.command(epilog=TARGET_NEEDED)
def people(context: typer.Context, file: File) -> None:
    """Import who is who: document_type, document_number, name, phone."""
    _import(context, FileKind.PEOPLE, file)


@imports.command(epilog=TARGET_NEEDED)
def facts(context: typer.Context, file: File) -> None:
    """Import what is known of people.

    Columns: fact_id, document_type, document_number, kind, occurred_at, result, place, source, reported_at. Times without
    a zone are the city's.
    """
    _import(context, FileKind.FACTS, file)


def _import(context: typer.Context, kind: FileKind, path: Path) -> None:
    city, endpoint_url, as_json = context.obj
    try:
        target = local_target(city, endpoint_url, as_json=as_json)
        file = look_through(path, kind.columns, kind.optional)
    except (UnusableTarget, UnusableFile) as error:
        fail(str(error), NOT_STARTED)
    with working_for(target.city, target.endpoint_url):
        summary = _imported(target, kind, file)
    _report(target, kind, summary)
    if summary.rows and not summary.imported:
        raise typer.Exit(NOTHING_DONE)


def _imported(target: Target, kind: FileKind, file: CsvFile) -> Summary:
    try:
        if not is_emulator():
            address = target.endpoint_url
            fail(
                f"What answers at {address} is no emulator of AWS; `make run` prints the emulator's address.",
                NOTHING_DONE,
            )
        with _progress(target, kind, file) as watch:
            return import_file(kind, file, watch)
    except (*STORAGE_ERRORS, Unavailable) as error:
        fail(reason(target, error), NOTHING_DONE)


@contextmanager
def _progress(target: Target, kind: FileKind, file: CsvFile) -> Iterator[Watch]:
    """What shows how far an import is: a bar on a terminal, a line now and then elsewhere, nothing for a program."""
    console = Console(stderr=True)
    if target.as_json:
        yield lambda _: None
    elif console.is_terminal:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(f"Importing {kind}", total=file.rows)
            yield lambda summary: bar.update(task, completed=summary.done)
    else:
        yield _said_by_line(kind)


def _said_by_line(kind: FileKind) -> Watch:
    def watch(summary: Summary) -> None:
        if summary.done % 1000 == 0 or summary.done == summary.rows:
            typer.echo(f"{kind}: {summary.done} of {summary.rows} rows", err=True)

    return watch


def _report(target: Target, kind: FileKind, summary: Summary) -> None:
    report = str(summary.report) if summary.rejected else None
    if target.as_json:
        counts = asdict(summary) | {"imported": summary.imported, "report": report}
        typer.echo(json.dumps({"kind": kind.value, **counts}))
        return
    if summary.resumed_at:
        typer.echo(f"{summary.resumed_at} rows were in from an earlier run.")
    typer.echo(f"{summary.imported} of {summary.rows} rows of {kind} are in {target.city}.")
    if report:
        typer.echo(f"{summary.rejected} rejected; line numbers and reasons: {report}")
