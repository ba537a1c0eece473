"""What commands of operators have in common: which city, where, as whom, and how a failure is told."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any, NoReturn

import typer
from botocore.exceptions import ClientError, NoCredentialsError

from chalicelib.core.errors import GatebookError
from chalicelib.core.store import STORAGE_ERRORS
from infra.cli import options

NOT_THERE = frozenset({"NotFoundException", "QueueDoesNotExist", "ResourceNotFoundException"})
"""How AWS says that a key, a queue, a table or a secret is not there."""

FAILED = 1
NOT_STARTED = 2


@contextmanager
def operating(context: typer.Context) -> Iterator[str]:
    """Work for the city that the options name. Gives its name.

    What AWS refuses or leaves unanswered is told in a line, without its text, which may quote a row. The service's log goes
    to standard error: on standard output is the answer alone.
    """
    city, endpoint_url, _ = context.obj
    try:
        with options.operating(city, endpoint_url) as name, redirect_stdout(sys.stderr):
            yield name
    except options.UnusableTarget as error:
        fail(str(error), NOT_STARTED)
    except (*STORAGE_ERRORS, GatebookError) as error:
        _fail_for(_innermost(error), city, endpoint_url)


def answer(context: typer.Context, data: Any, lines: list[str]) -> None:
    """Print an answer: one line of JSON for a program, these lines for a person."""
    _, _, as_json = context.obj
    for line in [json.dumps(data, ensure_ascii=False)] if as_json else lines:
        typer.echo(line)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """End with a message on standard error and an exit code."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _fail_for(error: BaseException, city: str, endpoint_url: str | None) -> NoReturn:
    """Say what stopped a command, as AWS calls it."""
    if isinstance(error, NoCredentialsError):
        fail("AWS was not asked: there are no credentials in the environment or the profile.", NOT_STARTED)
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    if code in NOT_THERE:
        fail(
            f"There is no city {city} {f'at {endpoint_url}' if endpoint_url else 'in this account and region'} ({code})."
        )
    fail(f"{city} did not do it ({code}).")


def _innermost(error: BaseException) -> BaseException:
    """What pynamodb wraps in errors of its own."""
    while (cause := error.__cause__ or error.__context__) is not None and isinstance(cause, STORAGE_ERRORS):
        error = cause
    return error
