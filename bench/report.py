"""The figures as one table, each with its limit beside it."""

import sys

from rich.console import Console
from rich.table import Table

from bench.cold import LIMIT, OURS, UNAVOIDABLE, ColdStart
from bench.operations import Figures
from bench.recorder import DYNAMODB

WIDTH = 160
"""Columns of the table where it goes into a file."""

COLUMNS = ("round trips", "read units", "write units", "calls", "keys", "sent", "received", "design", "")


def operations_table(all_figures: list[Figures]) -> Table:
    """What each operation took; `3 ≤ 2` is a figure over its limit."""
    table = Table("operation", title="One request, keys of the process warm", title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {"calls", "design", ""} else "right")
    for figures in all_figures:
        table.add_row(*_cells(figures))
    return table


def cold_start_line(measured: ColdStart) -> str:
    """The cold start in words."""
    verdict = "over" if measured.ratio > LIMIT else "ok"
    return (
        f"Cold start, CPU: {OURS} {measured.ours:.3f} s, {UNAVOIDABLE} {measured.unavoidable:.3f} s, "
        f"ratio {measured.ratio:.2f} ≤ {LIMIT} (§9): {verdict}"
    )


def _cells(figures: Figures) -> list[str]:
    limits, units, calls = figures.operation.limits, figures.record.units, figures.record.of()
    transaction = " in one transaction" if limits.one_transaction else ""
    return [
        figures.operation.name,
        _beside(figures.record.round_trips, limits.round_trips),
        _beside(units.read, figures.read_limit),
        _beside(units.write, limits.write) + transaction,
        _calls(figures),
        str(sum(call.keys for call in calls)),
        f"{sum(call.sent for call in calls):,}",
        f"{sum(call.received for call in calls):,}",
        limits.section,
        f"[red]over: {', '.join(figures.over)}[/red]" if figures.over else "ok",
    ]


def _beside(figure: float, limit: float | None) -> str:
    return f"{figure:g}" if limit is None else f"{figure:g} ≤ {limit:g}"


def _calls(figures: Figures) -> str:
    """How many calls went to which service."""
    services = [call.service for call in figures.record.of()]
    counts = {
        service: services.count(service) for service in sorted(set(services), key=lambda one: (one != DYNAMODB, one))
    }
    return ", ".join(f"{count} {service}" for service, count in counts.items())


def show(all_figures: list[Figures], start: ColdStart) -> None:
    """Print everything."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(operations_table(all_figures))
    console.print(cold_start_line(start), soft_wrap=True)
    over = [figures.operation.name for figures in all_figures if figures.over]
    over += ["cold start"] if start.ratio > LIMIT else []
    console.print(f"Over a limit: {', '.join(over) or 'nothing'}.", soft_wrap=True)
