"""The command `recount`: whether the numbers that managers see are right, and putting them right."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.recount import NoCursor, NoSuchBook, Recount, StreamBehind, TooBusy, books, recount

SAID_EVERY = 500

WHY = {
    NoSuchBook: "there is no such book, or it is deleted",
    TooBusy: "members come and go all the time; try again in a quieter hour",
    StreamBehind: "its stream is not counted: look at members-stream, and whether another recount of it runs",
    NoCursor: "how far it is counted can't be read; --repair sets that anew",
}
"""What operators read of a book that could not be counted."""


@dataclass
class Counted:
    """What was found, book by book; `failed` says why of those that could not be counted."""

    books: int = 0
    found: dict[str, Recount] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        """Whether every number is right now."""
        return not self.failed and all(one.repaired for one in self.found.values())


def recount_books(
    context: typer.Context,
    org_id: Annotated[str | None, typer.Argument(help="The book's id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every book of the city.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="Put right what is wrong.")] = False,
) -> None:
    """Count the members of a book, or of all, and compare with the numbers that managers see.

    It may run at any time, the city goes on. Exit codes: 0 all numbers are right, or were put right; 1 some are wrong, or
    could not be compared; 2 nothing was begun.
    """
    if (org_id is None) != every:
        fail("Name one book, or --all.", NOT_STARTED)
    with operating(context):
        counted = _count(books() if org_id is None else [org_id], repair=repair)
    answer(context, _data(counted), list(_lines(counted)))
    if not counted.is_right:
        raise typer.Exit(FAILED)


def _count(chosen: Iterable[str], *, repair: bool) -> Counted:
    counted = Counted()
    for org_id in chosen:
        try:
            found = recount(org_id, repair=repair)
        except tuple(WHY) as error:
            counted.failed[org_id] = WHY[type(error)]
        else:
            if found.differences:
                counted.found[org_id] = found
        counted.books += 1
        if counted.books % SAID_EVERY == 0:
            typer.echo(f"{counted.books} books", err=True)
    return counted


def _data(counted: Counted) -> dict[str, Any]:
    differing = {
        org_id: {
            "repaired": one.repaired,
            "differences": {name: {"kept": pair.kept, "true": pair.true} for name, pair in one.differences.items()},
        }
        for org_id, one in counted.found.items()
    }
    return {"books": counted.books, "differing": differing, "failed": counted.failed}


def _lines(counted: Counted) -> Iterable[str]:
    for org_id, one in counted.found.items():
        for name, pair in one.differences.items():
            kept = "can't be read" if pair.kept is None else f"is {pair.kept}"
            yield f"{org_id} {name}: {kept}, should be {pair.true}"
        if one.repaired:
            yield f"{org_id}: put right."
    yield from (f"{org_id}: not compared: {why}." for org_id, why in counted.failed.items())
    wrong = len(counted.found) + len(counted.failed)
    yield (
        f"{wrong} of {counted.books} books differed or could not be compared."
        if wrong
        else (f"The numbers of all {counted.books} books are right.")
    )
