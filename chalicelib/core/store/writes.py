"""Writing single rows with a condition, and many without."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any, cast

from botocore.exceptions import ClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.core.aws import error_code
from chalicelib.core.errors import Unavailable
from chalicelib.core.store.retries import ROUNDS, wait_before
from chalicelib.core.store.rows import Key, RawItem, Row, RowT, connection, write

BATCH_WRITE_LIMIT = 25
"""Rows of one BatchWriteItem (DynamoDB service quotas)."""


def put_once(row: RowT, condition: Condition) -> RowT | None:
    """Put the row if the condition holds of what is stored; otherwise hand back what is stored, unchanged.

    Returns None when the row was put. pynamodb's `save` drops the stored row, which would cost a second read. Raises
    ClientError if the condition asks for a row and there is none.
    """
    kwargs = row.get_save_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD")
    try:
        write("PutItem", kwargs)
    except ClientError as error:
        return _stored_row(error, type(row))
    return None


def _stored_row(error: ClientError, row: type[RowT]) -> RowT:
    if error_code(error) != "ConditionalCheckFailedException":
        raise error
    response = cast("ClientError", error.__cause__).response if error.__cause__ else error.response
    stored: RawItem | None = cast("dict[str, Any]", response).get("Item")
    if stored is None:
        raise error
    return row.from_raw_data(stored)


def update(key: Key[RowT], actions: Sequence[Action], condition: Condition | None = None) -> RowT | None:
    """Change one row where it lies and return it as it is now; None if the condition did not hold."""
    kwargs = key.row._get_connection().get_operation_kwargs(
        key.hash_value, range_key=key.range_value, actions=actions, condition=condition, return_values="ALL_NEW"
    )
    try:
        answer = write("UpdateItem", kwargs)
    except ClientError as error:
        if error_code(error) == "ConditionalCheckFailedException":
            return None
        raise
    return key.row.from_raw_data(answer["Attributes"])


def assign(row: type[Row], values: Mapping[str, Any]) -> list[Action]:
    """What an update does to give these attributes these values: set them, or remove those that are None."""
    attributes = row.get_attributes()
    return [
        attributes[name].remove() if value is None else attributes[name].set(value) for name, value in values.items()
    ]


def unchanged(row: Row, *names: str) -> Condition:
    """That the stored row says in these attributes what it said when this one was read."""
    attributes = type(row).get_attributes()
    conditions = [
        attributes[name].does_not_exist() if (value := getattr(row, name)) is None else attributes[name] == value
        for name in names
    ]
    return reduce(and_, conditions)


def delete(key: Key[Any], condition: Condition | None = None) -> bool:
    """Remove one row; False if the condition did not hold. Removing what is not there is no error."""
    kwargs = key.row._get_connection().get_operation_kwargs(
        key.hash_value, range_key=key.range_value, condition=condition
    )
    try:
        connection().dispatch("DeleteItem", kwargs)
    except ClientError as error:
        if error_code(error) == "ConditionalCheckFailedException":
            return False
        raise
    return True


def put(row: Row) -> None:
    """Put one row, whatever is stored there. For tables that roles may add to but not take from.

    A role that may call BatchWriteItem may also delete by it, so `write_all` is not for those tables.
    """
    write("PutItem", row.get_save_kwargs_from_instance())


def write_all(puts: Iterable[Row] = (), deletes: Iterable[Key[Any]] = ()) -> None:
    """Put and delete rows unconditionally, 25 a call; every row is written once or Unavailable is raised.

    Writing the same rows again is harmless. pynamodb's `batch_write` would commit even when its body raised.
    """
    requests = [(row.physical_name(), {"PutRequest": {"Item": row.serialize()}}) for row in puts]
    requests += [(key.row.physical_name(), {"DeleteRequest": {"Key": key.raw()}}) for key in deletes]
    for start in range(0, len(requests), BATCH_WRITE_LIMIT):
        batch: dict[str, list[dict[str, Any]]] = {}
        for table, request in requests[start : start + BATCH_WRITE_LIMIT]:
            batch.setdefault(table, []).append(request)
        _write_batch(batch)


def _write_batch(batch: dict[str, list[dict[str, Any]]]) -> None:
    for attempt in range(ROUNDS):
        answer = write("BatchWriteItem", {"RequestItems": batch})
        batch = answer.get("UnprocessedItems") or {}
        if not batch:
            return
        wait_before(attempt)
    raise Unavailable
