"""The command `tables check`: whether a city's live tables are what the code wants."""

import typer

from chalicelib.core.settings import settings
from infra.cli.operating import FAILED, answer, operating
from infra.drift import IN_AWS_ONLY, differences

tables = typer.Typer(
    help="The tables of a city.",
    epilog="Exit codes: 0 all are as they should be; 1 something differs, or the city did not answer; 2 nothing was begun.",
    no_args_is_help=True,
)


@tables.callback()
def _group() -> None:
    """Keep `check` a command of its own, for a group of one command would be that command."""


@tables.command("check")
def check(context: typer.Context) -> None:
    """Compare each table with what the code wants: keys, indexes, stream, expiry, protection, recovery, encryption.

    Of a city on this machine the last three are not looked at: it has none of them. Changes nothing.
    """
    with operating(context):
        found, left_out = differences(), IN_AWS_ONLY if settings().is_local else ()
    lines = [f"{table}: {one}" for table, several in found.items() for one in several]
    bad = sum(bool(several) for several in found.values())
    lines.append(f"{bad} of {len(found)} tables differ." if bad else f"All {len(found)} tables are as they should be.")
    if left_out:
        lines.append(f"Not looked at, for it is in AWS only: {', '.join(left_out)}.")
    answer(context, {"tables": found, "not_looked_at": list(left_out)}, lines)
    if bad:
        raise typer.Exit(FAILED)
