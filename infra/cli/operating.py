"""What commands of operators have in common: which city, where, as whom, and how a failure is told."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from botocore.exceptions import ClientError, NoCredentialsError

from chalicelib.core.errors import GatebookError
from chalicelib.core.store import STORAGE_ERRORS
from infra.cli import options

FAILED = 1
NOT_STARTED = 2


@contextmanager
def operating(context: typer.Context) -> Iterator[str]:
    """Work for the city that the options name. Gives its name.

    What AWS refuses or leaves unanswered is told in a line, without its text, which may quote a row.
    """
    city, endpoint_url, _ = context.obj
    try:
        with options.operating(city, endpoint_url) as name:
            yield name
    except options.UnusableTarget as error:
        fail(str(error), NOT_STARTED)
    except NoCredentialsError:
        fail("AWS was not asked: there are no credentials in the environment or the profile.", NOT_STARTED)
    except (*STORAGE_ERRORS, GatebookError) as error:
        fail(f"{city} did not do it ({_code(error)}).", FAILED)


def answer(context: typer.Context, data: Any, lines: list[str]) -> None:
    """Print an answer: one line of JSON for a program, these lines for a person."""
    _, _, as_json = context.obj
    for line in [json.dumps(data, ensure_ascii=False)] if as_json else lines:
        typer.echo(line)


def fail(message: str, code: int = FAILED) -> NoReturn:
    """End with a message on standard error and an exit code."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _code(error: BaseException) -> str:
    """What stopped it, as AWS calls it; pynamodb wraps that in errors of its own."""
    innermost = error
    while (cause := innermost.__cause__ or innermost.__context__) is not None and isinstance(cause, STORAGE_ERRORS):
        innermost = cause
    if isinstance(innermost, ClientError):
        return str(innermost.response["Error"]["Code"])
    return type(innermost).__name__
