"""The commands `dlq list` and `dlq redrive`: what was given up on, and having it done again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import typer

from infra.calls import FunctionFailed
from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.parking import Count, Gone, NoQueue, NotDone, Parked, age, counts, give_back, redrive, sources, take

SAID_EVERY = 100

dlq = typer.Typer(
    help="What a city gave up on after several tries.",
    epilog="Exit codes: 0 nothing is parked, or all was done again or sent back; 1 something is parked still; "
    "2 nothing was begun.",
    no_args_is_help=True,
)


@dataclass
class Redriven:
    """What became of what was parked."""

    sent_back: int = 0
    """Rows, which their queue tries five times more: that they are done is not said yet."""
    done: int = 0
    """Batches and calls."""
    failed: Counter[str] = field(default_factory=Counter)
    """What stayed parked, by the reason."""

    @property
    def total(self) -> int:
        """All that was looked at."""
        return self.sent_back + self.done + self.failed.total()

    @property
    def lines(self) -> list[str]:
        """For a person to read."""
        said = {"sent back to be tried again": self.sent_back, "done again": self.done}
        lines = [f"{count} {what}." for what, count in said.items() if count]
        lines += [f"{count} still parked: {why}" for why, count in self.failed.items()]
        return lines or ["There was nothing to do."]


@dlq.command("list")
def list_parked(context: typer.Context) -> None:
    """Say what lies parked, by the queue, function or schedule that gave it up. It shows nothing of anybody."""
    with _parking_of(context):
        found = counts()
    parked = {source: count for source, count in found.items() if count.parked}
    data = {source: {"parked": count.parked, "hidden": count.hidden} for source, count in found.items()}
    answer(context, data, [_line(source, count) for source, count in parked.items()] or ["Nothing is parked."])
    if parked:
        raise typer.Exit(FAILED)


@dlq.command("redrive")
def redrive_parked(
    context: typer.Context,
    source: Annotated[str, typer.Argument(help="What `dlq list` names, or `all`.")],
) -> None:
    """Have it done again, once its cause is put right. What fails again stays parked."""
    known = sources()
    if source not in (*known, "all"):
        fail(f"Nothing is parked for {source}; there are: {', '.join(known)}.", NOT_STARTED)
    with _parking_of(context):
        redriven = _redrive(known if source == "all" else [source])
    data: dict[str, Any] = {
        "sent_back": redriven.sent_back,
        "done": redriven.done,
        "failed": dict(redriven.failed),
    }
    answer(context, data, redriven.lines)
    if redriven.failed:
        raise typer.Exit(FAILED)


@contextmanager
def _parking_of(context: typer.Context) -> Iterator[None]:
    try:
        with operating(context):
            yield
    except NoQueue as error:
        city, _, _ = context.obj
        fail(f"{city} has no queue {error}. Is it deployed, and are account and profile the right ones?", FAILED)


def _redrive(chosen: Iterable[str]) -> Redriven:
    """Do again what lies there now. What fails is given back at the end of its source, behind everything else."""
    redriven, known = Redriven(), set[str]()
    for source in chosen:
        failed: list[Parked] = []
        for parked in take(source, known):
            if (reason := _try_again(parked, redriven, known)) is not None:
                redriven.failed[reason] += 1
                failed.append(parked)
            if redriven.total % SAID_EVERY == 0:
                typer.echo(f"{redriven.total} looked at", err=True)
        for parked in failed:
            give_back(parked)
    return redriven


def _try_again(parked: Parked, redriven: Redriven, known: set[str]) -> str | None:
    """Why it stays parked; None if it does not. The id of what was sent back is known then: it may fail and come again."""
    try:
        sent = redrive(parked)
    except FunctionFailed as error:
        return f"{parked.source} failed again ({error})"
    except NotDone as error:
        return f"{parked.source}: {error}"
    except Gone:
        return _gone(parked)
    redriven.done += sent is None
    redriven.sent_back += sent is not None
    known.update([] if sent is None else [sent])
    return None


def _line(source: str, count: Count) -> str:
    return f"{source}: {count.parked}" + (f", {count.hidden} of them being worked on" if count.hidden else "")


def _gone(parked: Parked) -> str:
    hours = age(parked) // 3600
    return f"{parked.source}: the stream lost these records (parked {hours} h ago); docs/operations.md, alarm parked"
