"""A bar for what takes minutes: on a terminal, nothing for a program."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

Show = Callable[[str, int, int], object]
"""Shows what is being done, how much of it is done, and of how much."""


@contextmanager
def bar(context: typer.Context) -> Iterator[Show]:
    """Give what shows how far something is, on standard error."""
    console = Console(stderr=True)
    if context.obj[2] or not console.is_terminal:
        yield lambda _what, _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=None)
        yield lambda what, done, total: shown.update(task, description=what, completed=done, total=total)
