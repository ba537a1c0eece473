"""The command `costs`: what a city costs a month, with the arithmetic."""

import json
import math
import sys
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from infra.costs.bill import Bill, bill
from infra.costs.measured import UnusableFigures, measured
from infra.costs.prices import Assumptions, UnknownRegion, price_list
from infra.costs.report import as_json, show

NOT_STARTED = 2
SIZES = (1_000_000, 5_000_000, 12_000_000)
MOST = 100_000_000
"""More people than any city has: a larger number is a slip."""

WIDTH = 200
"""Columns where the tables go into a file."""

DEFAULT = Assumptions()
"""What is assumed unless the operator knows better."""


def costs(
    context: typer.Context,
    residents: Annotated[str | None, typer.Option(help="One size instead of 1, 5 and 12 million.")] = None,
    region: Annotated[str, typer.Option(help="Whose prices: cn-north-1 (CNY) or us-east-1 (USD).")] = "cn-north-1",
    sms_cny: Annotated[float, typer.Option(min=0, help="CNY for a text message.")] = DEFAULT.sms_cny,
    china_factor: Annotated[
        float,
        typer.Option(min=0.01, help="Multiplies the price of us-east-1 where China's is not known."),
    ] = DEFAULT.china_factor,
) -> None:
    """Say what a city costs a month, line by line. Needs no city and no network.

    Exit codes: 0 said; 2 the options cannot be used.
    """
    assumptions = Assumptions(sms_cny, china_factor)
    if not (math.isfinite(sms_cny) and math.isfinite(china_factor)):
        _refuse("Prices and factors are numbers, as 0.045.")
    try:
        prices, figures = price_list(region, assumptions), measured()
    except (UnknownRegion, UnusableFigures) as error:
        _refuse(str(error))
    bills = [bill(size, figures, prices) for size in _sizes(residents)]
    _say(bills, for_program=context.obj[2])


def _sizes(residents: str | None) -> tuple[int, ...]:
    if residents is None:
        return SIZES
    digits = residents.replace("_", "").replace(",", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= len(str(MOST)) and 1 <= int(digits) <= MOST):
        _refuse(f"--residents takes a whole number from 1 to {MOST:,}, as 5000000.")
    return (int(digits),)


def _say(bills: list[Bill], *, for_program: bool) -> None:
    if for_program:
        typer.echo(
            json.dumps({"basis": bills[0].prices.basis, "cities": [as_json(one) for one in bills]}, ensure_ascii=False)
        )
        return
    show(bills, Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH))


def _refuse(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(NOT_STARTED)
