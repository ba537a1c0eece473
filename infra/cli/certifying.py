"""The command `verify-certificate`: whether this city sealed a certificate of deletion just as it reads (R1.4)."""

import json
import sys
from datetime import datetime
from typing import Any

import typer

from chalicelib.people.service.certificates import Statement
from infra.cli.operating import FAILED, NOT_STARTED, answer, fail, operating

EXIT_CODES = "Exit codes: 0 the city sealed it; 1 it did not, or does not answer; 2 it is no complete certificate."


def verify_certificate(context: typer.Context) -> None:
    """Read one certificate, as `GET /v1/me/certificates` lists it, from the input, and say whether the city sealed it.

    Nothing is looked up: what the certificate is about is gone. A certificate of another city has another seal.
    """
    statement, seal = _read(sys.stdin.read())
    with operating(context) as city:
        sealed = statement.is_sealed_by(seal)
    words = f"{city} sealed this." if sealed else f"{city} did not seal this, or something in it was changed."
    answer(context, {"sealed": sealed}, [words])
    if not sealed:
        raise typer.Exit(FAILED)


def _read(text: str) -> tuple[Statement, str]:
    """What a certificate says, and its seal."""
    try:
        shown = json.loads(text)
        deleted_at, completed_at = (_moment(shown[name]) for name in ("deleted_at", "completed_at"))
        removed = {str(kind): int(count) for kind, count in shown["removed"].items()}
        statement = Statement(str(shown["org_id"]), str(shown["organization"]), deleted_at, completed_at, removed)
        return statement, str(shown["seal"])
    except (AttributeError, KeyError, TypeError, ValueError):
        fail("This is no complete certificate: one JSON object with all its fields, as the API lists it.", NOT_STARTED)


def _moment(value: Any) -> datetime:
    """A moment with its zone. Raises ValueError or TypeError."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment
