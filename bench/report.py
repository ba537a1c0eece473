"""The figures as tables, each with its limit beside it."""

import sys
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from bench.cold import LIMIT, OURS, UNAVOIDABLE, ColdStart
from bench.known import KNOWN, KNOWN_COLD_START, KNOWN_CPU, KNOWN_HERE, KNOWN_OVER
from bench.measuring import Cpu, Figures, Operation
from bench.nights import NIGHTS, Night, night_of, nights_table
from bench.size import Package
from infra.costs.prices import Assumptions, price_list
from infra.package import MAX_BYTES

WIDTH = 160
"""Columns of the table where it goes into a file."""

COLUMNS = ("round trips", "read units", "write units", "calls", "keys", "sent", "received", "design", "")
MONEY = ("DynamoDB", "KMS", "together", "CPU", "bare botocore", "ratio", "")
PRICES = price_list("us-east-1", Assumptions())


@dataclass(frozen=True)
class Measurements:
    """Everything that was measured; the CPU in the order of the figures."""

    figures: list[Figures]
    cpu: list[Cpu]
    start: ColdStart
    package: Package

    @property
    def cpu_ratios(self) -> list["CpuRatio"]:
        """How the CPU of each operation stands."""
        return [CpuRatio(one.operation, its.ratio) for one, its in zip(self.figures, self.cpu, strict=True)]

    @property
    def nights(self) -> dict[str, Night]:
        """Nights of a whole city, by what was measured of them."""
        named = {one.name for one in NIGHTS}
        pairs = zip(self.figures, self.cpu, strict=True)
        return {one.operation.name: night_of(one, its, PRICES) for one, its in pairs if one.operation.name in named}

    @property
    def over(self) -> list[str]:
        """What is over a limit."""
        over = [one.operation.name for one in self.figures if one.over]
        over += [one.name for one in self.cpu_ratios if one.is_over]
        over += ["cold start"] if self.start.ratio > LIMIT else []
        return over + (["package"] if self.package.is_over else [])

    @property
    def unknown_over(self) -> list[str]:
        """What is over a limit and not known to be, or by more than is known."""
        known = {one.operation.name for one in self.figures if is_known(one)}
        known |= {one.name for one in self.cpu_ratios if one.is_known}
        known |= {"cold start"} if self.start.ratio <= KNOWN_COLD_START else set()
        return [name for name in self.over if name not in known]


@dataclass(frozen=True)
class CpuRatio:
    """How much more CPU an operation takes than its calls, beside its limit if the design names one."""

    operation: Operation
    ratio: float

    @property
    def name(self) -> str:
        """What it is called among what is over."""
        return f"CPU of: {self.operation.name}"

    @property
    def is_over(self) -> bool:
        """Whether it is above its limit."""
        limit = self.operation.limits.cpu
        return limit is not None and self.ratio > limit

    @property
    def is_known(self) -> bool:
        """Whether that is known, and it is no more than that."""
        return self.ratio <= KNOWN_CPU.get(self.operation.name, 0)

    @property
    def verdict(self) -> str:
        """That in a word; nothing where there is no limit."""
        if self.operation.limits.cpu is None:
            return ""
        return "ok" if not self.is_over else KNOWN_HERE if self.is_known else "[red]over[/red]"


def is_known(figures: Figures) -> bool:
    """Whether decision 0007 knows what an operation has over its limits, and it is no more than that."""
    known = KNOWN_OVER.get(figures.operation.name)
    return figures.over == ["round trips"] and known is not None and figures.record.round_trips <= known


def operations_table(all_figures: list[Figures]) -> Table:
    """What each operation took; `3 ≤ 2` is a figure over its limit."""
    table = Table("operation", title="One request or event, keys of the process warm", title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in {"calls", "design", ""} else "right")
    for figures in all_figures:
        table.add_row(*_cells(figures))
    return table


def money_table(all_figures: list[Figures], cpu: list[Cpu]) -> Table:
    """What a million of each costs at DynamoDB and KMS, and its CPU beside that of the calls that it can't avoid."""
    title = f"A million of them, {PRICES.currency} in {PRICES.region}; one of them, ms of CPU in process"
    table = Table("operation", title=title, title_justify="left")
    for column in MONEY:
        table.add_column(column, justify="right")
    for figures, its in zip(all_figures, cpu, strict=True):
        dynamodb, kms = price_of_a_million(figures)
        amounts = (f"{amount:.2f}" for amount in (dynamodb, kms, dynamodb + kms))
        times = (f"{seconds * 1000:.1f}" for seconds in (its.whole, its.bare))
        ratio = CpuRatio(figures.operation, its.ratio)
        table.add_row(figures.operation.name, *amounts, *times, _ratio(ratio), ratio.verdict)
    return table


def _ratio(of: CpuRatio) -> str:
    limit = of.operation.limits.cpu
    return f"{of.ratio:.2f}" + ("" if limit is None else f" ≤ {limit:g}")


def price_of_a_million(figures: Figures) -> tuple[float, float]:
    """What DynamoDB and KMS take for a million of an operation, in USD."""
    units = figures.record.units
    dynamodb = units.read * PRICES.of("read") + units.write * PRICES.of("write")
    return dynamodb, figures.calls.get("kms", 0) * PRICES.of("kms")


def cold_start_line(measured: ColdStart) -> str:
    """The cold start in words."""
    verdict = "ok" if measured.ratio <= LIMIT else KNOWN_HERE if measured.ratio <= KNOWN_COLD_START else "over"
    return (
        f"Cold start, CPU: {OURS} {measured.ours:.3f} s, {UNAVOIDABLE} {measured.unavoidable:.3f} s, "
        f"ratio {measured.ratio:.2f} ≤ {LIMIT} (§9): {verdict}"
    )


def package_line(package: Package) -> str:
    """The package in words."""
    if package.size is None:
        return f"Package: {package.reason}"
    verdict = "over" if package.is_over else "ok"
    return f"Package: {package.size:,} bytes ≤ {MAX_BYTES:,} (§9): {verdict}"


def _cells(figures: Figures) -> list[str]:
    limits, units, calls = figures.operation.limits, figures.record.units, figures.record.of()
    transaction = " in one transaction" if limits.one_transaction else ""
    return [
        figures.operation.name,
        _beside(figures.record.round_trips, limits.round_trips),
        _beside(units.read, figures.read_limit),
        _beside(units.write, limits.write) + transaction,
        ", ".join(f"{count} {service}" for service, count in figures.calls.items()),
        str(sum(call.keys for call in calls)),
        f"{sum(call.sent for call in calls):,}",
        f"{sum(call.received for call in calls):,}",
        limits.section,
        _verdict(figures),
    ]


def _verdict(figures: Figures) -> str:
    if not figures.over:
        return "ok" if figures.operation.limits.section else "no limit"
    return KNOWN if is_known(figures) else f"[red]over: {', '.join(figures.over)}[/red]"


def _beside(figure: float, limit: float | None) -> str:
    return f"{figure:g}" if limit is None else f"{figure:g} ≤ {limit:g}"


def show(measured: Measurements) -> None:
    """Print everything."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(operations_table(measured.figures))
    console.print(money_table(measured.figures, measured.cpu))
    console.print(nights_table(measured.nights, PRICES))
    lines = (
        "The ratio is CPU in process to that of the bare botocore calls; §9 limits it where a limit stands beside it.",
        cold_start_line(measured.start),
        package_line(measured.package),
        f"Over a limit: {', '.join(measured.over) or 'nothing'}. Not known: {', '.join(measured.unknown_over) or 'nothing'}.",
    )
    for line in lines:
        console.print(line, soft_wrap=True)
