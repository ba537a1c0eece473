"""Tables against the last release: what CloudFormation could not carry out fails here."""

from copy import deepcopy
from typing import Any

import pytest

from infra import released
from infra.released import obstacles

INDEX = {
    "IndexName": "by_place",
    "KeySchema": [{"AttributeName": "place", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}


def changed(**changes: Any) -> list[str]:
    before = {"t-v1": released.released()["memberships-v1"]}
    after = deepcopy(before)
    after["t-v1"].update(changes)
    return obstacles(before, after)


def test_the_tables_of_the_code_can_be_made_of_the_released_ones_in_one_update() -> None:
    assert set(obstacles(released.released(), released.present())) == set(released.MEANT)
    assert all(len(reason) > 20 for reason in released.MEANT.values())


def test_no_released_table_is_gone() -> None:
    assert released.released().keys() <= released.present().keys()


def test_keys_can_not_be_changed() -> None:
    assert changed(KeySchema=[{"AttributeName": "org_id", "KeyType": "HASH"}]) == ["t-v1: keys can't be changed"]


def test_local_indexes_can_not_be_changed() -> None:
    assert len(changed(LocalSecondaryIndexes=[])) == 1


def test_one_global_index_may_come_and_two_may_not() -> None:
    present = released.released()["memberships-v1"]["GlobalSecondaryIndexes"]

    assert changed(GlobalSecondaryIndexes=[*present, INDEX]) == []
    assert len(changed(GlobalSecondaryIndexes=[*present, INDEX, {**INDEX, "IndexName": "by_gate"}])) == 1
    assert len(changed(GlobalSecondaryIndexes=[INDEX])) == 1


def test_a_global_index_can_not_be_changed_where_it_is() -> None:
    present = released.released()["memberships-v1"]["GlobalSecondaryIndexes"][0]
    whole = {**present, "Projection": {"ProjectionType": "ALL"}}

    assert "by_due_day" in changed(GlobalSecondaryIndexes=[whole])[0]


def test_expiry_can_not_move_to_another_attribute_at_once() -> None:
    before = {"t-v1": released.released()["logins-v1"]}
    after = deepcopy(before)
    after["t-v1"]["TimeToLiveSpecification"]["AttributeName"] = "gone_at"

    assert obstacles(before, after) == ["t-v1: another attribute for expiry needs two updates an hour apart"]


def test_expiry_may_come_and_not_go() -> None:
    with_expiry = {"t-v1": released.released()["logins-v1"]}
    without = {"t-v1": {key: value for key, value in with_expiry["t-v1"].items() if key != "TimeToLiveSpecification"}}

    assert obstacles(without, with_expiry) == []
    assert obstacles(with_expiry, without) == ["t-v1: rows expire no longer, and are kept for longer than was promised"]


def test_a_stream_may_come_but_neither_change_nor_end_before_its_consumer() -> None:
    streaming = {"t-v1": released.released()["ledger-v1"]}
    without = {"t-v1": {key: value for key, value in streaming["t-v1"].items() if key != "StreamSpecification"}}
    other = deepcopy(streaming)
    other["t-v1"]["StreamSpecification"]["StreamViewType"] = "OLD_IMAGE"

    assert obstacles(without, streaming) == []
    assert "one release earlier" in obstacles(streaming, without)[0]
    assert "another stream" in obstacles(streaming, other)[0]
    assert len(obstacles(streaming, other)) == 1


@pytest.mark.parametrize("table", sorted(released.released()))
def test_a_new_table_is_no_obstacle(table: str) -> None:
    without = {name: value for name, value in released.released().items() if name != table}

    assert obstacles(without, released.released()) == []
