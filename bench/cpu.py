"""CPU seconds of an operation in this process, and of the bare botocore calls that it can't avoid."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.exceptions import ClientError
from chalice.app import Chalice

from bench.recorder import ORIGINAL, Call, Target

TRIES = 7
"""The best of so many is taken: other programs make a try longer, never shorter."""


@dataclass
class Clock:
    """CPU seconds of this process, threads included, within what is timed. The emulator is another process."""

    seconds: float = field(default=0.0)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count what the block takes."""
        began = time.process_time()
        try:
            yield
        finally:
            self.seconds += time.process_time() - began


@contextmanager
def of_requests() -> Iterator[Clock]:
    """Time every HTTP request from the event that the gateway makes to the answer, without the gateway itself."""
    clock, call = Clock(), Chalice.__call__

    def timed(app: Chalice, event: Any, context: Any) -> Any:
        with clock.running():
            return call(app, event, context)

    with patch.object(Chalice, "__call__", timed):
        yield clock


def bare_seconds(calls: list[Call]) -> float:
    """The CPU of the calls alone, made again in their order by botocore's clients. Puts back first what they changed."""
    _put_back(calls)
    clock = Clock()
    with clock.running():
        for call in calls:
            _again(call)
    return clock.seconds


def _again(call: Call) -> None:
    """Make a call again. A condition that failed the first time fails now too, and costs the same."""
    try:
        ORIGINAL(call.client, call.operation, call.request)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
            raise


def _put_back(calls: list[Call]) -> None:
    """Restore what lay at each key before the first call that wrote to it."""
    for call in reversed(calls):
        for target, item in call.before:
            _restore(call.client, target, item)


def _restore(client: Any, target: Target, item: Any) -> None:
    if item is None:
        ORIGINAL(client, "DeleteItem", {"TableName": target.table, "Key": target.key})
    else:
        ORIGINAL(client, "PutItem", {"TableName": target.table, "Item": item})
