"""The tables of a city as CreateTable takes them, made from the pynamodb rows, their only definition (design §3).

The local provisioning creates tables from this, and the deployment makes its templates from it.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pynamodb.attributes import TTLAttribute

from chalicelib.core.store import Row

RECOVERY_DAYS = 35
"""How far back a deployed table can be restored, by the second; the most that DynamoDB offers."""

Definition = dict[str, Any]


def table_definition(table: type[Row], name: str) -> Definition:
    """The parameters of CreateTable for a table under a physical name: keys, indexes, stream; billed on demand."""
    schemas = [row._get_schema() for row in _kinds(table)]  # noqa: SLF001  pynamodb has no public form of it
    definition: Definition = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _key_schema(schemas[0]["key_schema"]),
    }
    used = {key["AttributeName"] for key in definition["KeySchema"]}
    for kind, parameter in _INDEX_KINDS.items():
        indexes = _indexes([index for schema in schemas for index in schema[kind]])  # type: ignore[literal-required]
        if indexes:
            definition[parameter] = indexes
            used |= {key["AttributeName"] for index in indexes for key in index["KeySchema"]}
    definition["AttributeDefinitions"] = _attributes(schemas, used)
    if view := getattr(table.Meta, "stream_view_type", None):
        definition["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    return definition


def table_properties(table: type[Row], name: str) -> Definition:
    """A table's shape as CloudFormation takes it: CreateTable's words, but for stream and expiry."""
    definition = table_definition(table, name)
    if stream := definition.get("StreamSpecification"):
        definition["StreamSpecification"] = {"StreamViewType": stream["StreamViewType"]}
    if attribute := ttl_attribute(table):
        definition["TimeToLiveSpecification"] = {"AttributeName": attribute, "Enabled": True}
    return definition


def ttl_attribute(table: type[Row]) -> str | None:
    """The attribute by which rows of the table expire, or None. Any kind of row in it may be the one that has it."""
    names = {
        attribute.attr_name
        for row in _kinds(table)
        for attribute in row.get_attributes().values()
        if isinstance(attribute, TTLAttribute)
    }
    if len(names) > 1:
        raise ValueError(f"table {table.Meta.table} would expire by several attributes: {sorted(names)}")
    return next(iter(names), None)


_INDEX_KINDS = {
    "global_secondary_indexes": "GlobalSecondaryIndexes",
    "local_secondary_indexes": "LocalSecondaryIndexes",
}


def _kinds(table: type[Row]) -> Iterator[type[Row]]:
    """The table class itself and every kind of row in it: a kind may bring an index or an expiry of its own."""
    yield table
    for kind in table.__subclasses__():
        yield from _kinds(kind)


def _key_schema(keys: Sequence[Any]) -> list[dict[str, str]]:
    """HASH first, then RANGE, as DynamoDB demands; pynamodb lists them in the order of the attributes' names."""
    found = [{"AttributeName": key["AttributeName"], "KeyType": key["KeyType"]} for key in keys]
    return sorted(found, key=lambda key: key["KeyType"])


def _indexes(schemas: Sequence[Any]) -> list[Definition]:
    by_name = {
        schema["index_name"]: {
            "IndexName": schema["index_name"],
            "KeySchema": _key_schema(schema["key_schema"]),
            "Projection": dict(schema["projection"]),
        }
        for schema in schemas
    }
    return [by_name[name] for name in sorted(by_name)]


def _attributes(schemas: Sequence[Any], used: set[str]) -> list[dict[str, str]]:
    """The types of exactly the attributes that keys name; DynamoDB refuses a definition that it has no use for."""
    found = [attribute for schema in schemas for attribute in schema["attribute_definitions"]]
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in found}
    return [{"AttributeName": name, "AttributeType": types[name]} for name in sorted(used)]
