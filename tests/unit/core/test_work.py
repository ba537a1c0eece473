"""Long work: slice by slice, once each, whatever comes twice, late or dies (R-13, R-16, R-17)."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

import app
from chalicelib.core import store, work
from chalicelib.core.work import Step, Work, WorkRow
from tests.support import messages
from tests.support.events import Events
from tests.support.lambdas import batch
from tests.support.rights import acting_as
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error
from tests.support.working import Context, Counting, Cuts, piece, stored, with_each_fault, work_off

pytestmark = pytest.mark.usefixtures("whole_run")

DONE: dict[str, list[Any]] = {"batchItemFailures": []}


@pytest.fixture(autouse=True)
def _nothing_waits() -> Iterator[None]:
    messages.take(work.QUEUE)
    yield
    messages.take(work.QUEUE)


def begun(row: WorkRow) -> dict[str, Any]:
    """The message with which a piece of work begins."""
    work.start(row)
    (message,) = messages.take(work.QUEUE)
    return message


def test_it_goes_on_slice_by_slice_until_it_is_done() -> None:
    counting, row = Counting(), piece()

    assert work_off(counting.work, begun(row)) == 1

    found = stored(row)
    assert counting.seen == list(range(10))
    assert (found.done, found.cursor, found.failure) == (10, None, None)
    assert found.done_at is not None


def test_it_says_how_far_it_is() -> None:
    counting, row = Counting(), piece()

    counting.work.handle(batch(begun(row)), Context(passes=100_000))

    found = stored(row)
    assert (found.kind, found.done, found.position, found.done_at) == ("count", 3, {"next": 3}, None)


def test_when_the_time_is_over_it_goes_on_in_another_call() -> None:
    counting, row = Counting(), piece()

    calls = work_off(counting.work, begun(row), passes=40_000)  # after the second slice a fifth of the time is left

    assert calls == 2
    assert counting.seen == list(range(10))


def test_beginning_it_twice_does_it_once() -> None:
    counting, row = Counting(), piece()
    work.start(row)
    work.start(piece_again(row))

    work_off(counting.work)

    assert stored(row).done == 10
    work.start(piece_again(row))
    assert messages.take(work.QUEUE) == [], "what is done does not begin again"


def piece_again(row: WorkRow) -> WorkRow:
    """The same piece, made anew by an entry of the ledger that came twice."""
    return WorkRow(row.run, row.segment, started_at=row.started_at, expires_at=row.expires_at)


def test_a_message_that_comes_late_finds_it_done() -> None:
    counting, row = Counting(), piece()
    message = begun(row)

    for _ in range(2):
        assert counting.work.handle(batch(message), Context()) == DONE

    assert counting.seen == list(range(10))


def test_the_slower_of_two_deliveries_stops_and_no_slice_counts_twice() -> None:
    counting, row = Counting(), piece()
    message = begun(row)
    twice = [message]

    def overtake() -> None:
        if twice:
            twice.pop()
            counting.work.handle(batch(message), Context())

    counting.before = overtake
    assert counting.work.handle(batch(message), Context()) == DONE

    assert stored(row).done == 10
    assert counting.seen == [0, 1, 2, *range(10)]


def test_a_write_whose_answer_was_lost_is_its_own(faults: Seam) -> None:
    """botocore asks again by itself, and then the condition does not hold any more."""
    counting, row = Counting(), piece()
    message = begun(row)

    faults.fail_after("UpdateItem", aws_error("ConditionalCheckFailedException"))
    assert counting.work.handle(batch(message), Context()) == DONE

    assert counting.seen == list(range(10))
    assert stored(row).done == 10


def test_what_is_gone_is_done() -> None:
    counting, row = Counting(), piece()
    message = begun(row)
    store.delete(row.own_key)

    assert counting.work.handle(batch(message), Context()) == DONE
    assert counting.seen == []


def test_what_goes_while_it_is_worked_on_does_not_come_back() -> None:
    counting, row = Counting(), piece()
    message = begun(row)
    counting.before = lambda: store.write_all(deletes=[row.own_key])

    assert counting.work.handle(batch(message), Context()) == DONE
    assert store.read_together([row.own_key]).get(row.own_key) is None


def test_what_fails_says_so_and_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    events, counting, row = Events(monkeypatch), Counting(), piece()
    message = begun(row)

    def fail() -> None:
        raise ValueError("13800000000")

    counting.before = fail
    assert counting.work.handle(batch(message), Context()) == {
        "batchItemFailures": [{"itemIdentifier": message["messageId"]}]
    }
    failed = stored(row)
    assert (failed.failure, failed.failed_at is not None, failed.done) == ("ValueError", True, 0)
    (line,) = events.of("stream.record_failed")
    assert "13800000000" not in str(line)

    counting.before = lambda: None
    assert counting.work.handle(batch(message), Context()) == DONE
    mended = stored(row)
    assert (mended.failure, mended.failed_at, mended.done) == (None, None, 10)


def test_a_storage_that_does_not_answer_is_no_failure_of_the_work() -> None:
    counting, row = Counting(), piece()
    message = begun(row)

    def fail() -> None:
        raise aws_error("ThrottlingException")

    counting.before = fail
    assert counting.work.handle(batch(message), Context()) != DONE
    assert stored(row).failure is None


def test_a_step_may_change_more_of_its_row() -> None:
    row, works = piece(), Work()
    works.on("count", WorkRow, lambda _: Step(1, None, [WorkRow.org_id.set("o")]))

    works.handle(batch(begun(row)), Context())

    assert stored(row).org_id == "o"


@pytest.mark.parametrize("body", ["nonsense", "{}", '{"keys": {"run": {"S": "unknown#1"}, "segment": {"S": "work"}}}'])
def test_what_cannot_be_read_or_is_unknown_fails_by_itself(body: str) -> None:
    message = {"messageId": "1", "eventSource": "aws:sqs", "body": body}

    assert Counting().work.handle(batch(message), Context()) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_a_row_that_cannot_be_read_fails_and_stays() -> None:
    counting, row = Counting(), piece()
    message = begun(row)
    spoil(row.own_key, "done")

    assert counting.work.handle(batch(message), Context()) != DONE
    assert counting.seen == []


def test_wherever_it_dies_it_ends_right() -> None:
    def once(cuts: Cuts) -> None:
        counting, row = Counting(last=5, width=2), piece()
        for _ in range(2):  # as the ledger's consumer does: its record comes again
            with suppress(ClientError), cuts.here():
                work.start(piece_again(row))
        work_off(counting.work, passes=40_000, cuts=cuts)
        assert sorted(set(counting.seen)) == list(range(5))
        assert stored(row).done == 5

    assert with_each_fault(once) > 8


def test_the_function_of_the_app_goes_on_under_its_own_rights() -> None:
    counting, row = Counting(), piece()
    app.services.get(Work).on("count", WorkRow, counting.step)
    work.start(row)

    for message in messages.take(work.QUEUE):
        with acting_as("worker"):
            assert app.worker(batch(message), Context()) == DONE

    assert stored(row).done == 10
