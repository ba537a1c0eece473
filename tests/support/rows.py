"""Stored rows as they lie there: for tests that look at one, or damage it as nothing in the service ever would."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chalicelib.core import store
from chalicelib.core.store import Key, RawItem
from tests.support.rights import acting_as


def stored(key: Key[Any]) -> RawItem | None:
    """The item at a key, read consistently, or None."""
    request = {"TableName": key.row.physical_name(), "Key": key.raw(), "ConsistentRead": True}
    with acting_as(None):  # a test that looks in the middle of a request
        item: RawItem | None = store.connection().dispatch("GetItem", request).get("Item")
    return item


def put_raw(key: Key[Any], item: RawItem) -> None:
    """Put an item at a key, whatever is in it."""
    request = {"TableName": key.row.physical_name(), "Item": {**item, **key.raw()}}
    store.connection().dispatch("PutItem", request)


def spoil(key: Key[Any], attribute: str, value: dict[str, Any] | None = None) -> None:
    """Give an attribute of a stored row another value, or take it away."""
    item = stored(key)
    assert item is not None
    assert attribute in item
    rest = {name: old for name, old in item.items() if name != attribute}
    put_raw(key, rest if value is None else {**rest, attribute: value})


@contextmanager
def spoiled(key: Key[Any], attribute: str, value: dict[str, Any] | None = None) -> Iterator[None]:
    """Spoil a stored row until the block ends; then it is as it was before."""
    item = stored(key)
    spoil(key, attribute, value)
    yield
    put_raw(key, item or {})


def items_of(row: type[store.Row], hash_value: str) -> list[RawItem]:
    """Every item of a partition."""
    answer = row._get_connection().query(hash_value, consistent_read=True)  # noqa: SLF001
    items: list[RawItem] = answer["Items"]
    return items
