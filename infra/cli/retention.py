"""The commands `retention report`, `retention run` and `sms-budget`."""

import math
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from chalicelib.core import clock, store
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.retention import Partition, Sweep
from chalicelib.core.settings import settings
from chalicelib.people.service import budget
from chalicelib.people.service.retention import tonight
from chalicelib.people.tables.privacy import ledger_shards
from chalicelib.people.tables.retention import RetentionRow, nights, report_of
from chalicelib.people.tables.times import LedgerTime
from chalicelib.places.tables import SWEEPS, VisitSweepRow
from chalicelib.tracing.tables import ProposalRow
from infra.calls import FunctionFailed, call
from infra.cli.bars import Show, bar
from infra.cli.operating import FAILED, answer, fail, operating

SHOWN = 7
"""Nights that are shown."""

CALLS_AT_MOST = 500
"""Calls of the function for one night: one of fifteen minutes does some ten thousand people."""

CHECKINS = "checkins"

LATE_DAYS = 3
"""Days after which all of a day of the ledger is late: two that DynamoDB may take, and the day itself."""

LEDGER_DAYS = 7
"""Days of the ledger, all of them past their time, that are looked at."""

retention = typer.Typer(
    help="What is past its time, and whether it is gone.",
    epilog="Exit codes: 0 all of it is gone; 1 something is left, or a night did not end; 2 nothing was begun.",
    no_args_is_help=True,
)


@retention.command("report")
def report(context: typer.Context) -> None:
    """Say what the nightly sweeps found, newest first, and what is over that DynamoDB alone may remove.

    Exits with 1 if the latest night left something or did not end, or if DynamoDB is late.
    """
    with operating(context):
        swept, others = [_data(row) for row in nights(SHOWN)], _by_dynamodb()
    lines = [line for one in swept for line in _lines(one)] or ["No night was swept yet."]
    lines.append(f"DynamoDB is late with {', '.join(others)}." if others else "DynamoDB is late with nothing.")
    answer(context, {"nights": swept, "late": others}, lines)
    if others or (swept and not _is_fine(swept[0])):
        raise typer.Exit(FAILED)


@retention.command("run")
def run(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and remove nothing.")] = False,
) -> None:
    """Go through tonight's part of the city now, whether that was done or not. It may be done any number of times."""
    with operating(context), bar(context) as show:
        try:
            row = _to_the_end(show, is_dry=dry_run)
        except FunctionFailed as error:
            fail(f"The sweep failed ({error}); its log says where.")
    data = _data(row)
    answer(context, data, _lines(data))
    if not _is_fine(data):
        raise typer.Exit(FAILED)


def sms_budget(context: typer.Context) -> None:
    """Say how much of this hour's text messages is used. Exit codes: 0 there are some left; 1 all are used; 2 nothing was begun."""
    with operating(context) as city:
        shards, share = budget.present(), settings().city.sms.alarm_share
    used, whole = sum(one.used for one in shards), sum(one.budget for one in shards)
    data = {
        "city": city,
        "used": used,
        "budget": whole,
        "alarm_at": math.ceil(whole * share),
        "shards": [{"shard": one.shard, "used": one.used, "budget": one.budget} for one in shards],
    }
    fullest = max(shards, key=lambda one: one.used / one.budget if one.budget else 0)
    lines = [
        f"{used} of {whole} text messages of this hour are used; the alarm is at {data['alarm_at']}.",
        f"The fullest of {len(shards)} shards: {fullest.used} of {fullest.budget}.",
    ]
    answer(context, data, lines)
    if used >= whole:
        raise typer.Exit(FAILED)


def _by_dynamodb() -> dict[str, int]:
    """How much lies longer than it should where no function may remove anything, by kind."""
    over = tonight() - timedelta(days=settings().city.retention.ledger + LATE_DAYS)
    sweep = Sweep(clock.now(), write=False)
    sweep.through(Partition(DecisionsTable, ProposalRow.KIND, is_swept=False))
    for back in range(LEDGER_DAYS):
        for shard in ledger_shards(over - timedelta(days=back)):
            sweep.through(Partition(LedgerTime, shard, is_swept=False))
    return dict(+sweep.found.left)


def _to_the_end(show: Show, *, is_dry: bool) -> RetentionRow:
    """Call the function until the night is at its end. Raises FunctionFailed."""
    day = tonight()
    for number in range(CALLS_AT_MOST):
        call("retention", {"night": str(day), "dry_run": is_dry, "anew": number == 0})
        row = report_of(day, is_dry=is_dry)
        if row is not None:
            show("Segments", int(row.done), int(row.total))
            if row.done_at is not None:
                return row
    raise FunctionFailed("NotAtItsEnd")


def _data(row: RetentionRow) -> dict[str, Any]:
    """A night as it is shown, with what the sweep of check-ins did then."""
    night = str(row.segment)[: len(date.min.isoformat())]
    counts = {name: dict(getattr(row, name)) for name in ("looked", "removed", "late", "left")}
    visits = None if row.dry else _visits(night)
    if visits is not None:
        counts["removed"][CHECKINS] = int(visits.total)
        counts["left"] |= {CHECKINS: sum(visits.left.values())} if visits.left else {}
    done_at = None if row.done_at is None else clock.iso(row.done_at)
    return {
        "night": night,
        "dry": bool(row.dry),
        "done_at": done_at,
        "steps": [int(row.done), int(row.total)],
        **counts,
    }


def _visits(night: str) -> VisitSweepRow | None:
    key: store.Key[VisitSweepRow] = VisitSweepRow.key(SWEEPS, night)
    row = store.read_together([key]).get(key)
    return row if row is not None and row.expires_at > clock.now() else None


def _is_fine(data: dict[str, Any]) -> bool:
    return data["done_at"] is not None and (data["dry"] or not data["left"])


def _lines(data: dict[str, Any]) -> list[str]:
    done, total = data["steps"]
    end = "done" if data["done_at"] else f"not at its end, {done} of {total} steps"
    removed = "to be removed" if data["dry"] else "removed"
    lines = [f"{data['night']}: {end}{', a dry run' if data['dry'] else ''}"]
    for kind in sorted({kind for name in ("looked", "removed", "left") for kind in data[name]}):
        looked, gone, late, left = (data[name].get(kind, 0) for name in ("looked", "removed", "late", "left"))
        lines.append(f"  {kind}: {looked} looked at, {gone} {removed}, {late} late, {left} left")
    return lines
