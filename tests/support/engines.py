"""Storing elsewhere, and many at once: what tests of storage on several engines need."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Barrier
from typing import Any, Generic, TypeVar

import pytest

from chalicelib.core import store
from chalicelib.core.settings import Settings, settings

T = TypeVar("T")


@contextmanager
def storing_at(url: str) -> Iterator[None]:
    """Let this process keep its rows, and read its streams, at another address; keys and secrets stay where they are.

    Production has one endpoint for all of AWS and needs no setting for this, so only the two modules that speak
    DynamoDB are told. Connections are made as the service makes them.
    """
    elsewhere = Settings(city_name=settings().city_name, endpoint_url=url, in_lambda=False)
    with pytest.MonkeyPatch.context() as patch:
        for module in ("chalicelib.core.store.rows", "infra.local.pump"):
            patch.setattr(f"{module}.settings", lambda: elsewhere)
        store.forget_connections()
        try:
            yield
        finally:
            store.forget_connections()


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What one of many parallel calls came to."""

    value: T | None
    error: Exception | None


def at_once(calls: int, call: Callable[[int], T]) -> list[Outcome[T]]:
    """Make so many calls in as many threads, begun together; each is given its number."""
    store.connection().client  # noqa: B018  made before the threads would each make one
    start = Barrier(calls)

    def one(number: int) -> Outcome[T]:
        start.wait(30)
        try:
            return Outcome(call(number), None)
        except Exception as error:  # noqa: BLE001  the test says which errors may come
            return Outcome(None, error)

    with ThreadPoolExecutor(calls) as threads:
        return list(threads.map(one, range(calls)))


def errors(outcomes: list[Outcome[Any]]) -> set[str]:
    """The names of the errors among outcomes."""
    return {type(outcome.error).__name__ for outcome in outcomes if outcome.error is not None}
