"""Tables as CreateTable takes them."""

from typing import cast

import pytest
from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection, LocalSecondaryIndex
from pynamodb.models import Model

import app
from chalicelib.core.store import Row, tables
from infra.tables import table_definition, ttl_attribute
from infra.wiring import STREAMS


def _by_name() -> dict[str, type[Row]]:
    return {table.Meta.table: table for table in tables()}


def test_keys_indexes_and_stream_come_from_the_rows() -> None:
    definition = table_definition(_by_name()["memberships"], "demo-memberships-v1")

    assert definition["TableName"] == "demo-memberships-v1"
    assert definition["BillingMode"] == "PAY_PER_REQUEST"
    assert definition["KeySchema"] == [
        {"AttributeName": "org_id", "KeyType": "HASH"},
        {"AttributeName": "member_id", "KeyType": "RANGE"},
    ]
    assert [index["IndexName"] for index in definition["LocalSecondaryIndexes"]] == [
        "by_attention",
        "by_name",
        "by_path",
    ]
    assert [index["IndexName"] for index in definition["GlobalSecondaryIndexes"]] == ["by_due_day"]
    assert definition["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


@pytest.mark.parametrize("table", tables(), ids=lambda table: table.Meta.table)
def test_every_definition_is_one_that_dynamodb_takes(table: type[Row]) -> None:
    definition = table_definition(table, "name")
    schemas = [definition["KeySchema"]]
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        schemas += [index["KeySchema"] for index in definition.get(kind, [])]

    assert all([key["KeyType"] for key in schema] in (["HASH"], ["HASH", "RANGE"]) for schema in schemas)
    defined = [attribute["AttributeName"] for attribute in definition["AttributeDefinitions"]]
    assert set(defined) == {key["AttributeName"] for schema in schemas for key in schema}
    assert len(defined) == len(set(defined))


def test_a_table_expires_by_the_attribute_of_any_kind_of_row_in_it() -> None:
    assert ttl_attribute(_by_name()["logins"]) == "expires_at"
    assert ttl_attribute(_by_name()["runs"]) == "expires_at"
    assert ttl_attribute(_by_name()["registry"]) is None


def test_every_wired_stream_exists_and_its_function_too() -> None:
    for source in STREAMS:
        assert "StreamSpecification" in table_definition(_by_name()[source.table], "name")
        assert callable(getattr(app, source.function))


class _DueIndex(GlobalSecondaryIndex["_Kind"]):
    class Meta:
        index_name = "by_due"
        projection = IncludeProjection(["note"])

    a_due = UnicodeAttribute(range_key=True)
    z_shard = NumberAttribute(hash_key=True)


class _SideIndex(LocalSecondaryIndex["_Kind"]):
    class Meta:
        index_name = "by_side"
        projection = KeysOnlyProjection()

    pk = UnicodeAttribute(hash_key=True)
    side = UnicodeAttribute(range_key=True)


class _Table(Model):
    """Not a Row: those are tables of the city wherever they are declared."""

    class Meta:
        table = "testing"

    a_range = UnicodeAttribute(range_key=True)
    pk = UnicodeAttribute(hash_key=True)


class _Kind(_Table):
    by_due = _DueIndex()
    by_side = _SideIndex()
    ends = TTLAttribute()


class _Other(_Table):
    ends_otherwise = TTLAttribute()


_TABLE = cast("type[Row]", _Table)


def test_hash_comes_before_range_and_a_kind_may_bring_indexes() -> None:
    definition = table_definition(_TABLE, "name")

    assert [key["AttributeName"] for key in definition["KeySchema"]] == ["pk", "a_range"]
    [index] = definition["GlobalSecondaryIndexes"]
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["z_shard", "a_due"]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["note"]}
    assert {"AttributeName": "z_shard", "AttributeType": "N"} in definition["AttributeDefinitions"]
    assert "StreamSpecification" not in definition


def test_two_expiries_in_one_table_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="testing"):
        ttl_attribute(_TABLE)
