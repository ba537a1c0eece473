"""Indexes that lag (H2): queries of global secondary indexes are answered from an older state of their table."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from botocore.exceptions import ClientError

from chalicelib.core import store
from chalicelib.core.store import Row
from infra.tables import table_definition
from tests.support.rights import acting_as
from tests.support.seam import Seam, put_in


class LaggingIndexes(Seam):
    """Answers queries of global indexes from copies of the tables; all else goes to the tables themselves.

    The copies are tables of the same engine with the same definition, so that it evaluates the queries itself. They stay
    as they are until `catch_up`.
    """

    def __init__(self) -> None:
        """Know which indexes are global."""
        super().__init__()
        self.asked: list[str] = []
        self._indexes: dict[str, set[str]] = {}
        for table in store.tables():
            definition = table_definition(table, table.physical_name())
            names = {index["IndexName"] for index in definition.get("GlobalSecondaryIndexes", [])}
            if names:
                self._indexes[table.physical_name()] = names

    def catch_up(self) -> None:
        """Let every global index see what its table holds now."""
        for table in store.tables():
            if table.physical_name() in self._indexes:
                _copy(table)

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """Send a query of a global index to the copy."""
        table = kwargs.get("TableName", "")
        if operation in {"Query", "Scan"} and kwargs.get("IndexName") in self._indexes.get(table, set()):
            self.asked.append(kwargs["IndexName"])
            with acting_as(None):  # no function's role knows the copies
                return super().call(original, client, operation, kwargs | {"TableName": _copy_of(table)})
        return super().call(original, client, operation, kwargs)


@contextmanager
def lagging_indexes() -> Iterator[LaggingIndexes]:
    """Put the seam under every AWS client; the indexes see what is stored now, and nothing that comes after."""
    lagging = LaggingIndexes()
    lagging.catch_up()
    with put_in(lagging):
        yield lagging


def _copy_of(table: str) -> str:
    return f"{table}-lagging"


def _copy(table: type[Row]) -> None:
    client = cast("Any", store.connection().client)
    name, copy = table.physical_name(), _copy_of(table.physical_name())
    try:
        client.delete_table(TableName=copy)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
    definition = table_definition(table, copy)
    definition.pop("StreamSpecification", None)
    client.create_table(**definition)
    for page in client.get_paginator("scan").paginate(TableName=name, **_indexed(definition)):
        items = page["Items"]
        for start in range(0, len(items), store.BATCH_WRITE_LIMIT):
            chunk = items[start : start + store.BATCH_WRITE_LIMIT]
            client.batch_write_item(RequestItems={copy: [{"PutRequest": {"Item": item}} for item in chunk]})


def _indexed(definition: dict[str, Any]) -> dict[str, Any]:
    """What a scan asks for: rows that stand in a global index. Most of a large table may stand in none, and is not copied."""
    keys = {index["KeySchema"][0]["AttributeName"] for index in definition["GlobalSecondaryIndexes"]}
    return {
        "FilterExpression": " OR ".join(f"attribute_exists(#{key})" for key in sorted(keys)),
        "ExpressionAttributeNames": {f"#{key}": key for key in keys},
    }
