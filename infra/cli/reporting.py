"""The command `facts add`: one fact about one person, for trying a city on this machine."""

import json
from typing import Annotated

import typer

from chalicelib.core import clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import STORAGE_ERRORS
from chalicelib.health.facts import RESULTS
from chalicelib.health.importer import Importer
from infra.cli.local import is_emulator, reason
from infra.cli.naming import document
from infra.cli.operating import FAILED, NOT_STARTED, fail
from infra.cli.options import Target, UnusableTarget, local_target
from infra.process import working_for

KINDS = ", ".join(RESULTS)
EXIT_CODES = (
    "Exit codes: 0 the city knows it; 1 the fact was refused, or the city did not answer; 2 the options or the input cannot be "
    "used, nothing was begun."
)

Kind = Annotated[str, typer.Argument(help=f"What kind of fact: {KINDS}.")]
Result = Annotated[str, typer.Argument(help="Its result, as docs/import.md lists them; none where the kind has none.")]
OccurredAt = Annotated[
    str | None, typer.Option(help="When it happened; without a zone in the city's. Now, if not given.")
]
Place = Annotated[str, typer.Option(help="Where it happened; a division code of GB/T 2260 where rules look at areas.")]
Source = Annotated[str, typer.Option(help="Who reports it.")]
FactId = Annotated[str, typer.Option(help="The source's name for the fact; the same one again replaces it.")]

facts = typer.Typer(help="Facts in a city on this machine.", no_args_is_help=True)


@facts.callback()
def group() -> None:
    """Facts in a city on this machine; a deployed city takes them from registered sources alone (docs/sources.md)."""


@facts.command(epilog=EXIT_CODES)
def add(  # noqa: PLR0913  one option for each column that may be given
    context: typer.Context,
    kind: Kind,
    result: Result = "",
    *,
    occurred_at: OccurredAt = None,
    place: Place = "",
    source: Source = "local",
    fact_id: FactId = "",
) -> None:
    """Tell a city on this machine one fact of one person; asks for their document.

    Where the input is no terminal, its first line is the type of the document and the second one its number.
    """
    city, endpoint_url, as_json = context.obj
    row = {"kind": kind, "result": result, "place": place, "source": source, "fact_id": fact_id}
    try:
        target = local_target(city, endpoint_url, as_json=as_json)
        type_, number = document()
    except UnusableTarget as error:
        fail(str(error), NOT_STARTED)
    row |= {
        "document_type": type_.value,
        "document_number": number,
        "occurred_at": occurred_at or clock.iso(clock.now()),
    }
    with working_for(target.city, target.endpoint_url):
        refused = _added(target, row)
    if refused is not None:
        fail(f"Refused: {refused}. docs/import.md says what to do about it.", FAILED)
    typer.echo(json.dumps({"kind": kind, "result": result}) if as_json else f"{target.city} knows it now.")


def _added(target: Target, row: dict[str, str]) -> str | None:
    """The reason why the fact was refused, or None."""
    try:
        if not is_emulator():
            fail(f"What answers at {target.endpoint_url} is no emulator of AWS; `make run` prints its address.", FAILED)
        (done,) = Importer().facts([row])
    except (*STORAGE_ERRORS, Unavailable) as error:
        fail(reason(target, error), FAILED)
    return done.error
