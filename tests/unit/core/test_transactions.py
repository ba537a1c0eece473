"""Transactions: all or nothing, the right error, and patience with what passes (R-02, R-03, R-04, R-05)."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.core.errors import Conflict, GatebookError, NotFound, Unavailable
from chalicelib.core.store import Transaction
from chalicelib.people.tables.logins import CountRow
from tests.support.rows import stored
from tests.support.seam import Seam, aws_error
from tests.unit.core.counters import count_at, counter, put, short_waits

pytestmark = pytest.mark.usefixtures("whole_run", "waits")

waits = pytest.fixture(short_waits)


class Taken(Conflict):
    """What a failed condition of a test means."""


def cancelled(*reasons: str) -> ClientError:
    """A cancelled transaction with a reason for each part."""
    error = aws_error("TransactionCanceledException", "TransactWriteItems")
    error.response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return error


def test_a_transaction_does_all_of_it() -> None:
    old, new, checked = counter(1), counter(2), counter(3)
    put(old, checked)
    updated = counter(0)

    transaction = Transaction()
    transaction.put(new).delete(old.own_key).update(updated.own_key, [CountRow.counted.set(9)])
    transaction.check(checked.own_key, CountRow.counted == 3, NotFound())
    assert len(transaction) == 4
    transaction.commit()

    assert (count_at(old), count_at(new)) == (None, 2)
    assert (stored(updated.own_key) or {})["counted"] == {"N": "9"}


@pytest.mark.parametrize(("counts", "error"), [((1, 0), NotFound), ((0, 1), Taken), ((1, 1), NotFound)])
def test_a_failed_condition_is_the_error_of_the_first_part_that_failed_and_nothing_is_done(
    counts: tuple[int, int], error: type[GatebookError]
) -> None:
    first, second = (counter(count) for count in counts)
    put(first, second)
    bystander = counter()
    transaction = Transaction().put(bystander)
    transaction.update(first.own_key, [CountRow.counted.add(5)], CountRow.counted == 0, NotFound())
    transaction.update(second.own_key, [CountRow.counted.add(5)], CountRow.counted == 0, Taken())

    with pytest.raises(error):
        transaction.commit()

    assert (count_at(first), count_at(second), count_at(bystander)) == (*counts, None)


def test_a_failed_condition_without_a_meaning_is_unavailable() -> None:
    row = counter()
    put(row)

    with pytest.raises(Unavailable):
        Transaction().put(row, CountRow.subject.does_not_exist()).commit()


@pytest.mark.parametrize(
    "conflict",
    [
        aws_error("TransactionConflictException"),
        aws_error("TransactionInProgressException"),
        cancelled("TransactionConflict", "None"),
        cancelled("None", "ThrottlingError"),
        cancelled("ProvisionedThroughputExceeded", "None"),
    ],
    ids=lambda error: str(error.response.get("CancellationReasons", error)),
)
def test_a_passing_trouble_is_tried_again_with_the_same_token(faults: Seam, conflict: ClientError) -> None:
    row = counter()
    faults.fail("TransactWriteItems", conflict, times=3)

    Transaction().put(row, CountRow.subject.does_not_exist(), Taken()).commit()

    assert count_at(row) == 1
    tokens = {call["ClientRequestToken"] for operation, call in faults.calls if operation == "TransactWriteItems"}
    assert len(tokens) == 1


@pytest.mark.parametrize(
    ("code", "rounds"), [("TransactionConflictException", 4), ("TransactionInProgressException", 9)]
)
def test_a_trouble_that_stays_is_unavailable_after_some_patience(
    faults: Seam, waits: list[float], code: str, rounds: int
) -> None:
    faults.fail("TransactWriteItems", aws_error(code), times=20)

    with pytest.raises(Unavailable):
        Transaction().put(counter()).commit()

    assert faults.counts["TransactWriteItems"] == rounds
    assert len(waits) == rounds - 1
    if code == "TransactionInProgressException":
        assert sum(waits) / 2 > 5, "AWS asks to wait for five seconds at least"


def test_a_condition_that_failed_beside_a_conflict_is_the_answer(faults: Seam) -> None:
    faults.fail("TransactWriteItems", cancelled("TransactionConflict", "ConditionalCheckFailed"))

    with pytest.raises(Taken):
        Transaction().put(counter()).put(counter(), CountRow.subject.does_not_exist(), Taken()).commit()

    assert faults.counts["TransactWriteItems"] == 1


@pytest.mark.parametrize(
    "error",
    [aws_error("ValidationException"), cancelled("ValidationError"), cancelled("ItemCollectionSizeLimitExceeded")],
    ids=str,
)
def test_what_no_repetition_can_help_is_not_repeated(faults: Seam, error: ClientError) -> None:
    faults.fail("TransactWriteItems", error)

    with pytest.raises(ClientError):
        Transaction().put(counter()).commit()

    assert faults.counts["TransactWriteItems"] == 1


def test_a_transaction_whose_answer_was_lost_is_done_once_when_it_is_sent_again(faults: Seam) -> None:
    row = counter(0)
    put(row)
    transaction = Transaction().update(row.own_key, [CountRow.counted.add(1)], CountRow.counted == 0, Taken())
    faults.fail_after("TransactWriteItems", ReadTimeoutError(endpoint_url="http://127.0.0.1:1"))
    with pytest.raises(ReadTimeoutError):
        transaction.commit()

    transaction.commit()

    assert count_at(row) == 1
