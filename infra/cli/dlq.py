"""The commands `dlq list` and `dlq redrive`: what was given up on, and having it done again."""

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from infra.calls import FunctionFailed
from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating
from infra.parking import Gone, Parked, age, counts, redrive, sources, take

SAID_EVERY = 100

dlq = typer.Typer(
    help="What a city gave up on after several tries.",
    epilog="Exit codes: 0 nothing is parked, or all was done again; 1 something is parked still; 2 nothing was begun.",
    no_args_is_help=True,
)


@dlq.command("list")
def list_parked(context: typer.Context) -> None:
    """Say what lies parked, by the queue, function or schedule that gave it up. It shows nothing of anybody."""
    with operating(context):
        found = counts()
    parked = {source: count for source, count in found.items() if count}
    answer(context, found, [f"{source}: {count}" for source, count in parked.items()] or ["Nothing is parked."])
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
    with operating(context):
        done, failed = _redrive(known if source == "all" else [source])
    data: dict[str, Any] = {"done": done, "failed": dict(failed)}
    lines = [f"{done} done again.", *(f"{count} still parked: {why}" for why, count in failed.items())]
    answer(context, data, lines)
    if failed:
        raise typer.Exit(FAILED)


def _redrive(chosen: Iterable[str]) -> tuple[int, Counter[str]]:
    """Do again what lies there now; what fails is hidden for a while, so the loop ends."""
    done, failed = 0, Counter[str]()
    for source in chosen:
        for parked in take(source):
            try:
                redrive(parked)
            except FunctionFailed as error:
                failed[f"{source} failed again ({error})"] += 1
            except Gone:
                failed[_gone(parked)] += 1
            else:
                done += 1
            if (so_far := done + failed.total()) % SAID_EVERY == 0:
                typer.echo(f"{so_far} looked at", err=True)
    return done, failed


def _gone(parked: Parked) -> str:
    hours = age(parked) // 3600
    return f"{parked.source}: the stream lost these records (parked {hours} h ago); docs/operations.md, alarm parked"
