"""Work that one delivery at a time may do: a claim, a fence behind it, and what follows the end (R-16, R-17)."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, ids, work
from chalicelib.core.work import CLAIM, Work, WorkRow
from tests.support import messages
from tests.support.lambdas import batch
from tests.support.seam import Killed, aws_error
from tests.support.working import Context, Counting, stored

pytestmark = pytest.mark.usefixtures("whole_run")


class OneAtATime(WorkRow):
    """A piece that only one delivery works on."""

    EXCLUSIVE = True


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    messages.take(work.QUEUE)
    yield
    messages.take(work.QUEUE)


class Ends:
    """A kind that counts, and remembers how often its end was told."""

    def __init__(self) -> None:
        self.counting, self.told = Counting(), list[str]()
        self.work = Work()
        self.work.on("alone", OneAtATime, self.counting.step, lambda row: self.told.append(str(row.run)))


def begun() -> tuple[OneAtATime, dict[str, Any]]:
    now = clock.now()
    row = OneAtATime(
        work.run_of("alone", ids.new_id()), work.SEGMENT, started_at=now, expires_at=now + timedelta(days=1)
    )
    work.start(row)
    (message,) = messages.take(work.QUEUE)
    return row, message


def test_it_is_done_and_its_end_is_told_and_again_to_who_asks_again() -> None:
    kind, (row, message) = Ends(), begun()

    kind.work.handle(batch(message), Context())
    kind.work.handle(batch(message), Context())

    found = stored(row)
    assert kind.counting.seen == list(range(10))
    assert kind.told == [row.run] * 2
    assert found.claimed_until is None


def test_another_delivery_leaves_alone_what_is_claimed_and_comes_by_when_the_claim_is_over() -> None:
    kind, (row, message) = Ends(), begun()
    with suppress(Killed):
        kind.counting.before = raising(Killed())
        kind.work.handle(batch(message), Context())
    assert stored(row).claimed_until is not None
    kind.counting.before = lambda: None

    assert kind.work.handle(batch(message), Context()) == {"batchItemFailures": []}
    assert kind.counting.seen == [0, 1, 2]
    assert kind.told == []

    with clock.frozen(clock.now() + CLAIM + timedelta(seconds=1)):
        kind.work.handle(batch(message), Context())
    assert kind.counting.seen == [0, 1, 2, *range(10)]
    assert kind.told == [row.run]


def test_whoever_lost_the_claim_stores_nothing_any_more() -> None:
    kind, other, (row, message) = Ends(), Ends(), begun()

    def meanwhile() -> None:
        kind.counting.before = lambda: None
        with clock.frozen(clock.now() + CLAIM + timedelta(seconds=1)):
            other.work.handle(batch(message), Context())

    kind.counting.before = meanwhile
    kind.work.handle(batch(message), Context())

    assert (kind.counting.seen, other.counting.seen) == ([0, 1, 2], list(range(10)))
    assert stored(row).done == 10
    assert (kind.told, other.told) == ([], [row.run])


def test_a_delivery_without_time_gives_the_claim_back_before_it_asks_for_another() -> None:
    kind, (row, message) = Ends(), begun()

    kind.work.handle(batch(message), Context(passes=100_000))

    assert stored(row).claimed_until is None
    (following,) = messages.take(work.QUEUE)
    kind.work.handle(batch(following), Context())
    assert kind.counting.seen == list(range(10))


def test_a_slice_that_fails_gives_the_claim_back() -> None:
    kind, (row, message) = Ends(), begun()
    for error in (aws_error("ThrottlingException"), ValueError()):
        kind.counting.before = raising(error)
        failed = kind.work.handle(batch(message), Context())
        assert failed["batchItemFailures"] != []
        assert stored(row).claimed_until is None
    assert stored(row).failure == "ValueError"


def raising(error: BaseException) -> Any:
    """Something that raises it."""

    def fail() -> None:
        raise error

    return fail
