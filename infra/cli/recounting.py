"""The commands `recount` and `recount-visits`: whether the numbers that managers see are right, and putting them right."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Annotated, Any

import typer

from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.recount import NoCursor, NoSuchBook, NoSuchPlace, Recount, StreamBehind, TooBusy, books, recount, recounted
from infra.recount_visits import days_of

SAID_EVERY = 500

WHY = {
    NoSuchBook: "there is no such book, or it is deleted",
    NoSuchPlace: "there is no such place",
    TooBusy: "people come and go all the time; try again in a quieter hour",
    StreamBehind: "its stream is not counted: look at members-stream or checkins-stream, and whether another recount of it runs",
    NoCursor: "how far it is counted can't be read; --repair sets that anew",
}
"""What operators read of a book that could not be counted."""


@dataclass
class Counted:
    """What was found, book by book; `failed` says why of those that could not be counted."""

    books: int = 0
    found: dict[str, Recount] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    noun: str = "books"

    def add(self, name: str, count: Callable[[], Recount]) -> None:
        """Count one, and keep what was found of it, or why it could not be counted."""
        self.books += 1
        try:
            found = count()
        except tuple(WHY) as error:
            self.failed[name] = WHY[type(error)]
        else:
            if found.differences:
                self.found[name] = found

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


def recount_visits(
    context: typer.Context,
    place_id: Annotated[str, typer.Argument(help="The place's id.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="A day of the city's calendar.")],
    repair: Annotated[bool, typer.Option("--repair", help="Put right what is wrong.")] = False,
) -> None:
    """Count the check-ins of a place's day and compare with the numbers that its manager sees.

    It may run at any time, the city goes on. Exit codes: 0 all numbers are right, or were put right; 1 some are wrong, or
    could not be compared; 2 nothing was begun.
    """
    counted = Counted(noun="parts")
    with operating(context):
        try:
            for part in days_of(place_id, day.date()):
                counted.add(part.scope, partial(recounted, part, repair=repair))
        except NoSuchPlace:
            fail(f"{place_id}: {WHY[NoSuchPlace]}.", NOT_STARTED)
    answer(context, _data(counted), list(_lines(counted)))
    if not counted.is_right:
        raise typer.Exit(FAILED)


def _count(chosen: Iterable[str], *, repair: bool) -> Counted:
    counted = Counted()
    for org_id in chosen:
        counted.add(org_id, partial(recount, org_id, repair=repair))
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
    return {counted.noun: counted.books, "differing": differing, "failed": counted.failed}


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
        f"{wrong} of {counted.books} {counted.noun} differed or could not be compared."
        if wrong
        else (f"The numbers of all {counted.books} {counted.noun} are right.")
    )
