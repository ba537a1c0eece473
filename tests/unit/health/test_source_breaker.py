"""The breaker of a health source: when nobody is let through, and who finds out that it is back (R-18)."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import FrozenClock
from chalicelib.health.remote.breaker import FAILURES, OPEN, Breaker

HALF_A_MINUTE = OPEN.total_seconds()


@pytest.fixture
def now() -> Iterator[FrozenClock]:
    with clock.frozen(datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)) as frozen:
        yield frozen


@pytest.fixture
def opened(now: FrozenClock) -> Breaker:  # noqa: ARG001  it opens at a moment
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.lets_through()
        breaker.failed()
    return breaker


def test_it_opens_after_five_failures_in_a_row(now: FrozenClock) -> None:  # noqa: ARG001  time stands still
    breaker = Breaker()
    for _ in range(2):
        for _ in range(FAILURES - 1):
            breaker.failed()
        assert breaker.lets_through()
        breaker.succeeded()
    for _ in range(FAILURES):
        breaker.failed()
    assert not breaker.lets_through()


def test_after_half_a_minute_one_that_succeeds_closes_it(opened: Breaker, now: FrozenClock) -> None:
    now.tick(HALF_A_MINUTE - 1)
    assert not opened.lets_through()
    now.tick(1)
    assert opened.lets_through()
    opened.succeeded()
    assert [opened.lets_through() for _ in range(2)] == [True, True]
    opened.failed()
    assert opened.lets_through(), "it counts anew"


def test_after_half_a_minute_one_that_fails_opens_it_for_as_long_again(opened: Breaker, now: FrozenClock) -> None:
    now.tick(HALF_A_MINUTE)
    assert opened.lets_through()
    now.tick(2)
    opened.failed()
    now.tick(HALF_A_MINUTE - 1)
    assert not opened.lets_through()
    now.tick(1)
    assert opened.lets_through()


def test_one_alone_tries_and_if_nothing_is_heard_of_it_another_does(opened: Breaker, now: FrozenClock) -> None:
    now.tick(HALF_A_MINUTE)
    assert [opened.lets_through() for _ in range(3)] == [True, False, False]
    now.tick(HALF_A_MINUTE)
    assert opened.lets_through()


def test_of_many_threads_one_alone_tries(opened: Breaker, now: FrozenClock) -> None:
    now.tick(HALF_A_MINUTE)
    gate, through = threading.Barrier(8), list[bool]()

    def ask() -> None:
        gate.wait(5)
        through.append(opened.lets_through())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(through) == [False] * 7 + [True]
