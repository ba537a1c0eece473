"""Queues of retries on the emulator: delivered some at a time, tried five times, then parked."""

from collections.abc import Iterator
from typing import Any

import pytest

import app  # noqa: F401  declares every row
from chalicelib.core import queues
from infra.local.provision import provision
from infra.local.queued import Queued
from infra.process import working_for
from infra.wiring import QueueSource
from tests.support import messages

pytestmark = pytest.mark.jobs

SOURCE = QueueSource("ledger_retries", "again", batch_size=10)


@pytest.fixture(scope="module", autouse=True)
def _city(emulator: str) -> Iterator[None]:
    with working_for("huian", emulator):
        provision()
        messages.hurry(SOURCE.queue)
        yield


class _Function:
    """Keeps what it was given, and fails the messages that it is told to."""

    def __init__(self, *failing: str, error: type[Exception] | None = None) -> None:
        self.tries: list[str] = []
        self._failing, self._error = failing, error

    def __call__(self, event: Any, _: object) -> Any:
        failed = []
        for record in event["Records"]:
            (key,) = messages.keys([record])
            self.tries.append(key)
            if key in self._failing:
                failed.append({"itemIdentifier": record["messageId"]})
        if failed and self._error is not None:
            raise self._error
        return {"batchItemFailures": failed}


def put(*keys: str) -> None:
    for key in keys:
        queues.send(SOURCE.queue, {"keys": key})


def drain(function: _Function) -> None:
    """Deliver until the queue is empty; what fails comes again at once."""
    delivery = Queued(SOURCE, function)
    for _ in range(40):
        delivery.advance()


def test_messages_are_delivered_once_and_gone() -> None:
    function = _Function()
    put(*"abcdefghijklm")
    drain(function)
    assert sorted(function.tries) == sorted("abcdefghijklm")
    assert messages.take(SOURCE.queue) == []


def test_a_message_that_fails_takes_no_other_with_it_and_is_parked_after_five_tries() -> None:
    function = _Function("poison")
    put("poison", "sound")
    drain(function)
    assert function.tries.count("sound") == 1
    assert function.tries.count("poison") == 5
    assert messages.keys(messages.take_parked(SOURCE.queue)) == ["poison"]


def test_a_function_that_raises_has_done_nothing() -> None:
    function = _Function("poison", error=RuntimeError)
    put("poison")
    drain(function)
    assert function.tries == ["poison"] * 5
    assert messages.keys(messages.take_parked(SOURCE.queue)) == ["poison"]


def test_an_empty_queue_is_nothing_to_do() -> None:
    assert not Queued(SOURCE, _Function()).advance()
