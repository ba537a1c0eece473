"""The command `restore-check`: how far restored tables are behind the ledger, and bringing them up to it."""

import json
import sys
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Annotated

import typer

from chalicelib.core import clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import STORAGE_ERRORS
from infra.cli.operating import fail
from infra.cli.options import UnusableTarget, operating
from infra.restore import UNREADABLE, Ledger, Replayed, grants_in, ledger_since, replay

BEHIND = 1
NOT_STARTED = 2
SAID_EVERY = 500
NO_CITY_BEFORE = datetime(2020, 1, 1, tzinfo=UTC)
"""A backup of before is a slip of the hand, and would have every day since looked through."""

WHY = {
    UNREADABLE: "it can't be read, so nobody can tell what it asks for; look at it in the table",
    "Unproposed": "the ledger has no proposal of it by another operator; if it was meant, propose and confirm it again",
}
"""What operators read of failures that the same command meets again."""


def restore_check(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="The moment that tables were restored to, as 2026-11-22T03:00:00Z.")],
    write: Annotated[bool, typer.Option("--replay", help="Carry it out. It can't be undone.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask before it is carried out.")] = False,
) -> None:
    """Count what the ledger's entries since a backup would change in restored tables, or carry it out.

    Exit codes: 0 nothing is behind, or all was carried out; 1 something is behind, has failed, or was stopped midway
    (the same command goes on); 2 nothing was begun.
    """
    as_json = context.obj[2]
    done = _done(context, _moment(since), write=write, asks=not yes)
    _report(done, write=write, as_json=as_json)
    if done.failed or (not write and not done.is_settled):
        raise typer.Exit(BEHIND)


def _done(context: typer.Context, moment: datetime, *, write: bool, asks: bool) -> Replayed:
    """Look, and with `write` do, or end the command. The service's log goes where it mixes with no answer."""
    city, endpoint_url, as_json = context.obj
    has_begun = False
    try:
        with operating(city, endpoint_url), redirect_stdout(sys.stderr):
            ledger = ledger_since(moment)
            if write:
                _ask(city, moment, ledger, asks=asks)
                has_begun = True
            return replay(ledger, write=write, watch=lambda so_far: _progress(so_far, as_json=as_json))
    except UnusableTarget as error:
        fail(str(error), NOT_STARTED)
    except (*STORAGE_ERRORS, Unavailable) as error:
        if has_begun:
            fail(f"{city} stopped midway ({type(error).__name__}); the same command goes on.", BEHIND)
        fail(f"{city} can't be looked at ({type(error).__name__}).", NOT_STARTED)


def _ask(city: str, moment: datetime, ledger: Ledger, *, asks: bool) -> None:
    """Say whom it would name, for who may write the ledger might have put it there; then ask whether to begin."""
    grants = list(grants_in(ledger))
    for entry, proposed in grants:
        by = f"proposed by {proposed.principal}, confirmed by {entry.principal}"
        typer.echo(f"would be granted: {entry.kind} {entry.source or ''} proposal {entry.proposal}, {by}", err=True)
    question = f"Carry out in {city} again what the ledger says since {moment.isoformat()}, with {len(grants)} grants?"
    if asks:
        typer.confirm(question, abort=True, err=True)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        fail("--since takes a moment with its zone, as 2026-11-22T03:00:00Z.", NOT_STARTED)
    if not NO_CITY_BEFORE <= moment <= clock.now():
        fail(f"--since takes a moment in the past, and none before {NO_CITY_BEFORE.year}.", NOT_STARTED)
    return moment


def _progress(so_far: Replayed, *, as_json: bool) -> None:
    done = so_far.entries.total()
    if not as_json and done % SAID_EVERY == 0:
        typer.echo(f"{done} entries", err=True)


def _report(done: Replayed, *, write: bool, as_json: bool) -> None:
    if as_json:
        counts = {kind: {"entries": done.entries[kind], "rows": done.behind[kind]} for kind in sorted(done.entries)}
        failed = [{"entry": one.entry, "why": one.why} for one in done.failed]
        typer.echo(json.dumps({"replayed": write, "kinds": counts, "failed": failed}))
        return
    for kind in sorted(done.entries):
        verb = "were behind and are not any more" if write else "are behind"
        typer.echo(f"{kind}: {done.entries[kind]} entries, {done.behind[kind]} rows {verb}")
    for one in done.failed:
        typer.echo(f"failed: ledger entry {one.entry}: {WHY.get(one.why, one.why)}", err=True)
    if not done.entries and not done.failed:
        typer.echo("The ledger has nothing to replay since then.")
