"""A bill as a table for people and as JSON for programs."""

from typing import Any

from rich.console import Console
from rich.table import Table

from infra.costs.bill import Bill

NOTES = """\
Every resident uses the service (USES in infra/costs/usage.py says how often, and why). Tables are reckoned full: three years
of access log, receipts and ledger, one year of facts, which have no expiry yet. Lambda's time is the CPU that the bench measured
in its own process, divided by the share of a vCPU that the memory gives, plus assumed waits; a core there is taken to be as
fast as here, which may be wrong by half. Not in it: cold starts, packages in S3, queues and mails to operators (a few yuan),
backups beyond point-in-time recovery, yearly key rotation (at most 2 more per key and month), support, taxes."""


def table(bill: Bill) -> Table:
    """Every line with its arithmetic, and the sum."""
    money = bill.prices.currency
    shown = Table(
        "service", "what", title=f"A month of a city of {bill.residents:,} residents, {money}", title_justify="left"
    )
    for column in ("quantity", "unit price", money):
        shown.add_column(column, justify="right", no_wrap=True)
    shown.add_column("arithmetic", overflow="fold")
    for line in bill.lines:
        unit_price = f"{bill.prices.of(line.price):,.6g} / {line.unit}"
        shown.add_row(
            line.service,
            line.what,
            f"{line.quantity:,.2f}",
            unit_price,
            f"{line.amount(bill.prices):,.2f}",
            line.arithmetic,
        )
    shown.add_section()
    each = f"{bill.per_resident:.4f} {money} per resident"
    shown.add_row("total", "", "", "", f"{bill.total:,.2f}", each)
    return shown


def as_json(bill: Bill) -> dict[str, Any]:
    """The same for a program."""
    return {
        "residents": bill.residents,
        "region": bill.prices.region,
        "currency": bill.prices.currency,
        "total": round(bill.total, 2),
        "per_resident": round(bill.per_resident, 6),
        "by_service": {name: round(amount, 2) for name, amount in by_service(bill).items()},
        "lines": [
            {
                "service": line.service,
                "what": line.what,
                "quantity": line.quantity,
                "unit": line.unit,
                "unit_price": bill.prices.of(line.price),
                "source": bill.prices.source(line.price),
                "amount": round(line.amount(bill.prices), 2),
                "arithmetic": line.arithmetic,
            }
            for line in bill.lines
        ],
    }


def by_service(bill: Bill) -> dict[str, float]:
    """What each service costs, the dearest first."""
    amounts: dict[str, float] = {}
    for line in bill.lines:
        amounts[line.service] = amounts.get(line.service, 0.0) + line.amount(bill.prices)
    return dict(sorted(amounts.items(), key=lambda one: -one[1]))


def show(bills: list[Bill], console: Console) -> None:
    """Print a table for each, one that compares them, and what they rest on."""
    for bill in bills:
        console.print(table(bill))
    console.print(summary(bills))
    console.print(bills[0].prices.basis, soft_wrap=True)
    console.print(NOTES, soft_wrap=True)


def summary(bills: list[Bill]) -> Table:
    """The sizes beside each other, service by service."""
    shown = Table("", title=f"{bills[0].prices.currency} a month", title_justify="left")
    for bill in bills:
        shown.add_column(f"{bill.residents:,} residents", justify="right")
    for service in by_service(bills[0]):
        shown.add_row(service, *(f"{by_service(bill)[service]:,.0f}" for bill in bills))
    shown.add_section()
    shown.add_row("total", *(f"{bill.total:,.0f}" for bill in bills))
    shown.add_row("per resident", *(f"{bill.per_resident:.4f}" for bill in bills))
    return shown
