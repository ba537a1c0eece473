"""Numbers under a cursor: each step once, whatever lies there, on each engine; and the streams that the cursor relies on."""

from typing import Any

import boto3
import pytest

from chalicelib.core import aws, counters, ids, store
from chalicelib.core.counters import CounterRow, CursorRow, MarkPassed, Step, position_of
from chalicelib.core.settings import settings
from chalicelib.groups.counting import RecountMark
from infra.local.delivery import lambda_record
from tests.engines.conftest import Engine
from tests.support.anew import newest_stream
from tests.support.rows import spoil, stored
from tests.support.seam import Seam

STREAM = "2026-11-22T00:00:00.000"


def step(number: int, **changes: int) -> Step:
    return Step(position_of(STREAM, str(number)), changes)


def found(scope: str) -> dict[str, int]:
    return dict(counters.numbers(scope).found)


@pytest.fixture
def scope(engine: Engine) -> str:  # noqa: ARG001  tables lie on the engine
    """A scope of which nothing is counted."""
    return f"members#{ids.new_id()}"


def test_steps_are_counted_once_and_in_parts(scope: str) -> None:
    counters.count(scope, [step(1, a=1), step(2, a=1, b=-1)])
    counters.count(scope, [step(1, a=1), step(2, a=1, b=-1), step(10, b=5)])
    counters.count(scope, [step(9, a=1)])
    assert found(scope) == {"a": 2, "b": 4}
    row = counters.cursor(scope)
    assert row is not None
    assert (row.counted, row.position) == (3, position_of(STREAM, "10"))


def test_two_copies_that_count_the_same_count_it_once(scope: str, faults: Seam) -> None:
    """One copy took its time, and Lambda called another: whoever is second finds the cursor moved."""
    steps = [step(number, **{f"c{number % 3}": 1}) for number in range(1, 9)]
    original = counters._counting  # noqa: SLF001  what comes in between is put into the middle of it
    with pytest.MonkeyPatch.context() as patch:

        def another_is_faster(*arguments: Any) -> Any:
            transaction = original(*arguments)
            patch.setattr(counters, "_counting", original)
            counters.count(scope, steps[:5])
            return transaction

        patch.setattr(counters, "_counting", another_is_faster)
        counters.count(scope, steps)
    assert sum(found(scope).values()) == len(steps)
    assert faults.counts["TransactWriteItems"] == 3


@pytest.mark.parametrize("broken", [{"N": "7"}, {"NULL": True}, None], ids=str)
def test_a_cursor_without_a_place_counts_as_none(scope: str, broken: dict[str, Any] | None) -> None:
    counters.count(scope, [step(5, a=1)])
    spoil(CursorRow.of(scope), "position", broken)
    counters.count(scope, [step(6, a=1)])
    counters.count(scope, [step(6, a=1)])
    assert found(scope) == {"a": 2}


def test_a_number_that_is_none_is_nobody_s_outage(scope: str) -> None:
    counters.count(scope, [step(1, a=1, b=1)])
    spoil(CounterRow.of(scope, "a"), "amount", {"S": "one"})
    with pytest.raises(store.STORAGE_ERRORS) as refused:
        counters.count(scope, [step(2, a=1, b=1)])
    assert not store.is_passing(refused.value)
    assert counters.numbers(scope) == counters.Numbers({"b": 1}, ["a"])


def test_a_closed_scope_stays_empty(scope: str) -> None:
    counters.count(scope, [step(1, a=1)])
    counters.close(scope)
    counters.close(scope)
    counters.count(scope, [step(2, a=1)])
    assert found(scope) == {}
    assert (stored(CursorRow.of(scope)) or {}).keys() >= {"expires_at"}


def test_a_correction_adds_and_sets_unless_another_mark_was_passed(scope: str) -> None:
    counters.count(
        scope, [step(1, **{f"c{number}": 1 for number in range(98)}), Step(position_of(STREAM, "2"), {}, "m1")]
    )
    differences = {f"c{number}": 1 for number in range(120)}
    spoil(CounterRow.of(scope, "c7"), "amount", {"S": "one"})
    counters.correct(scope, "m1", {**differences, "c7": 9}, ["c7"])
    assert found(scope) == {**{f"c{number}": 2 if number < 98 else 1 for number in range(120)}, "c7": 9}
    counters.count(scope, [Step(position_of(STREAM, "3"), {}, "m2")])
    with pytest.raises(MarkPassed):
        counters.correct(scope, "m1", {"c0": 1}, [])
    assert found(scope)["c0"] == 2


def test_records_of_a_book_come_in_one_order_and_name_their_stream(engine: Engine) -> None:
    """What the cursor relies on: numbers rise, in the order of the writes, under a label that sorts by time."""
    org_id = ids.new_id()
    marks = [str(number) for number in range(12)]
    for mark in marks:
        store.put(RecountMark(org_id, RecountMark.MEMBER_ID, mark=mark))
    records = [one for one in records_of("memberships") if one["dynamodb"]["Keys"]["org_id"]["S"] == org_id]
    assert [one["dynamodb"]["NewImage"]["mark"]["S"] for one in records] == marks, engine.name
    numbers = [one["dynamodb"]["SequenceNumber"] for one in records]
    assert numbers == sorted(numbers, key=int)
    assert all(number.isdigit() and len(number) <= counters.SEQUENCE_DIGITS for number in numbers)
    label = records[0]["eventSourceARN"].rpartition("/")[2]
    assert "2026-01-01" < label < counters.CLOSED


def records_of(table: str) -> list[dict[str, Any]]:
    """Every record that a table's stream holds, as Lambda hands it over."""
    url = store.connection().client.meta.endpoint_url
    session = boto3.Session(region_name=settings().city.region, **aws.credentials())  # type: ignore[arg-type]  # as core.aws makes its own
    streams = session.client("dynamodbstreams", endpoint_url=url)
    arn = newest_stream(table)
    found: list[dict[str, Any]] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
        place: str | None = start["ShardIterator"]
        while place is not None:
            page = streams.get_records(ShardIterator=place)
            found += [lambda_record(one, arn) for one in page["Records"]]
            place = page.get("NextShardIterator") if page["Records"] else None
    return found
