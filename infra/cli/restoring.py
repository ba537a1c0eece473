"""The command `restore-check`: how far restored tables are behind the ledger, and bringing them up to it."""

import json
from datetime import datetime
from typing import Annotated

import typer

from chalicelib.core.store import STORAGE_ERRORS
from infra.cli.options import UnusableTarget, operating
from infra.restore import Replayed, entries_since, replay

BEHIND = 1
NOT_STARTED = 2
SAID_EVERY = 500


def restore_check(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="The moment that tables were restored to, as 2026-11-22T03:00:00Z.")],
    write: Annotated[bool, typer.Option("--replay", help="Carry it out. It can't be undone.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before it is carried out.")] = False,
) -> None:
    """Count what the ledger's entries since a backup would change in restored tables, or carry it out.

    Exit codes: 0 nothing is behind, or all was carried out; 1 something is behind or failed; 2 nothing was begun.
    """
    city, endpoint_url, as_json = context.obj
    moment = _moment(since)
    if write and not yes:
        typer.confirm(f"Carry out in {city} again what the ledger says since {moment.isoformat()}?", abort=True)
    try:
        with operating(city, endpoint_url):
            done = replay(entries_since(moment), write=write, watch=lambda so_far: _progress(so_far, as_json=as_json))
    except UnusableTarget as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(NOT_STARTED) from error
    except (*STORAGE_ERRORS, ValueError) as error:
        typer.echo(f"{city} can't be looked at ({type(error).__name__}).", err=True)
        raise typer.Exit(NOT_STARTED) from error
    _report(done, write=write, as_json=as_json)
    if done.failed or (not write and not done.is_settled):
        raise typer.Exit(BEHIND)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        typer.echo("--since takes a moment with its zone, as 2026-11-22T03:00:00Z.", err=True)
        raise typer.Exit(NOT_STARTED)
    return moment


def _progress(so_far: Replayed, *, as_json: bool) -> None:
    done = so_far.entries.total()
    if not as_json and done % SAID_EVERY == 0:
        typer.echo(f"{done} entries", err=True)


def _report(done: Replayed, *, write: bool, as_json: bool) -> None:
    if as_json:
        counts = {kind: {"entries": done.entries[kind], "rows": done.behind[kind]} for kind in sorted(done.entries)}
        typer.echo(json.dumps({"replayed": write, "kinds": counts, "failed": done.failed}))
        return
    for kind in sorted(done.entries):
        verb = "were behind and are not any more" if write else "are behind"
        typer.echo(f"{kind}: {done.entries[kind]} entries, {done.behind[kind]} rows {verb}")
    for entry_id in done.failed:
        typer.echo(f"failed: ledger entry {entry_id}; the same command tries it again", err=True)
    if not done.entries:
        typer.echo("The ledger has nothing to replay since then.")
