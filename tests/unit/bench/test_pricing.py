"""Capacity units by DynamoDB's rules, on items whose sizes are plain to see."""

from typing import Any

import pytest

import app
from bench.pricing import ENTRY_BYTES, READ_BYTES, WRITE_BYTES, Item, Units, Written, read_units
from bench.recorder import DYNAMODB, Call, Recorder
from chalicelib.groups.tables import MembershipRow
from chalicelib.people.tables.privacy import ReceiptRow

DECLARING = (app,)
"""Modules that import every module with rows in it."""


def item(size: int, name: str = "a") -> Item:
    """An item of exactly so many bytes."""
    return {name: {"S": "x" * (size - len(name))}}


@pytest.fixture
def receipts() -> str:
    """A table without indexes."""
    return ReceiptRow.physical_name()


@pytest.fixture
def memberships() -> str:
    """A table with four indexes."""
    return MembershipRow.physical_name()


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "é"}, 2),
        ({"S": ""}, 0),
        ({"B": b"123"}, 3),
        ({"N": "123"}, 3),
        ({"N": "-1200"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"L": [{"S": "ab"}, {"N": "1"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"k": {"S": "ab"}}}, 3 + 1 + 1 + 2),
    ],
)
def test_values_have_the_sizes_of_the_rules(value: dict[str, Any], size: int) -> None:
    exact = {"pad": {"S": "x" * (READ_BYTES - len("padv") - size)}, "v": value}
    assert read_units("GetItem", {"ConsistentRead": True}, {"Item": exact}) == Units(read=1)
    longer = {**exact, "pad": {"S": exact["pad"]["S"] + "x"}}
    assert read_units("GetItem", {"ConsistentRead": True}, {"Item": longer}) == Units(read=2)


def test_a_batch_is_priced_key_by_key_and_table_by_table() -> None:
    request = {"RequestItems": {"a": {"Keys": [{}, {}, {}], "ConsistentRead": True}, "b": {"Keys": [{}]}}}
    answer = {"Responses": {"a": [item(10), item(READ_BYTES + 1)], "b": [item(READ_BYTES)]}}
    assert read_units("BatchGetItem", request, answer) == Units(read=1 + 2 + 1 + 0.5)


def test_a_query_is_priced_by_all_that_it_reads_together() -> None:
    answer = {"Items": [item(READ_BYTES // 2)] * 3}
    assert read_units("Query", {"ConsistentRead": True}, answer) == Units(read=2)
    assert read_units("Query", {}, {"Items": []}) == Units(read=0.5)


def test_what_reads_nothing_costs_no_read() -> None:
    assert read_units("PutItem", {}, {}) == Units()


def test_a_write_costs_its_larger_side(receipts: str) -> None:
    assert Written(receipts, item(WRITE_BYTES + 1), item(5)).units() == Units(write=2)
    assert Written(receipts, None, item(5)).units() == Units(write=1)
    assert Written(receipts, item(5), None, times=2).units() == Units(write=2)
    assert Written(receipts, None, None).units() == Units(write=1)


def member(**values: str) -> Item:
    """A membership with these attributes."""
    return {name: {"S": value} for name, value in {"org_id": "o", "member_id": "m", **values}.items()}


def test_index_entries_are_written_where_they_change(memberships: str) -> None:
    listed = member(path="/", name_mac="n", label="1")
    assert Written(memberships, None, member()).units() == Units(write=1)
    assert Written(memberships, None, listed).units() == Units(write=3)
    assert Written(memberships, listed, listed).units() == Units(write=1)
    assert Written(memberships, listed, member(path="/", name_mac="n", label="2")).units() == Units(write=2)
    assert Written(memberships, listed, member(path="/x/", name_mac="n", label="1")).units() == Units(write=3)
    assert Written(memberships, listed, member(path="/", name_mac="n", label="1", text_version="2")).units() == Units(
        write=1
    )
    assert Written(memberships, listed, None, times=2).units() == Units(write=6)
    assert Written(memberships, listed, listed, times=2, is_check=True).units() == Units(write=2)


def test_what_stays_is_items_and_their_index_entries(receipts: str, memberships: str) -> None:
    assert Written(receipts, None, item(50)).stored() == 50 + ENTRY_BYTES
    assert Written(receipts, item(50), item(70)).stored() == 20
    assert Written(receipts, item(50), None, times=2).stored() == -(50 + ENTRY_BYTES)
    assert Written(receipts, item(50), item(50), is_check=True).stored() == 0
    # org_id o, member_id m: 17 bytes, and with a path they are in one index more, whole but for what it leaves out
    plain, listed = Written(memberships, None, member()).stored(), Written(memberships, None, member(path="/")).stored()
    assert plain == 17 + ENTRY_BYTES
    assert listed == 2 * (17 + 5 + ENTRY_BYTES)


def call(began: int, ended: int, service: str = DYNAMODB) -> Call:
    """A call in time."""
    return Call(service, "Query", began, ended, 0, 0, 0, 0, Units(read=1))


def test_calls_side_by_side_are_one_round_trip() -> None:
    one_after_another = [call(0, 1), call(2, 3), call(4, 5)]
    assert Recorder(one_after_another).round_trips == 3
    assert Recorder([call(0, 3), call(1, 2), call(4, 5)]).round_trips == 2
    assert Recorder([call(0, 1), call(2, 3, "kms"), call(4, 5)]).round_trips == 2
    assert Recorder(one_after_another).units == Units(read=3)
