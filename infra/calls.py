"""Calling a city's functions as an operator does: in Lambda, or in this process for a city on this machine."""

import contextlib
import json
import sys
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from chalicelib.core import aws
from chalicelib.core.names import resource_name
from chalicelib.core.settings import settings
from infra.local.delivery import Context

LONGEST_SECONDS = 900
"""The longest that Lambda lets a function run; an operator waits for its end."""


class FunctionFailed(Exception):
    """A function ended with an error; the text is the error's type and nothing of its words, which may quote a row."""


class FunctionAtWork(FunctionFailed):
    """A function runs already as often as it may: each job has one reserved copy."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("at work already")


def client(service: str, *, read_seconds: float = 60) -> Any:
    """A client of an AWS service in the city's region. Operators wait longer than people do, and a call is made once."""
    config = Config(read_timeout=read_seconds, retries={"mode": "standard", "total_max_attempts": 1})
    session = boto3.Session(region_name=settings().city.region, **aws.credentials())  # type: ignore[arg-type]
    return session.client(service, endpoint_url=settings().endpoint_url, config=config)  # type: ignore[call-overload]


def call(function: str, event: Mapping[str, Any]) -> Any:
    """Call a function of `app.py` with an event and return its answer. Raises FunctionFailed."""
    lambdas = client("lambda", read_seconds=LONGEST_SECONDS)
    name = resource_name(settings().city_name, function)
    try:
        done = lambdas.invoke(FunctionName=name, Payload=json.dumps(event).encode())
    except lambdas.exceptions.ResourceNotFoundException:
        if not settings().is_local:
            raise
        return _call_here(function, event)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TooManyRequestsException":
            raise
        raise FunctionAtWork from error
    answer = json.loads(done["Payload"].read() or b"null")
    if done.get("FunctionError"):
        raise FunctionFailed(str((answer or {}).get("errorType", "unknown")))
    return answer


def _call_here(function: str, event: Mapping[str, Any]) -> Any:
    import app

    try:
        with contextlib.redirect_stdout(sys.stderr):  # its log; what the operator asked for is on standard output
            return getattr(app, function)(event, Context(function))
    except Exception as error:
        raise FunctionFailed(type(error).__name__) from error
