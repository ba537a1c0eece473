"""What calls cost, by DynamoDB's rules for capacity units and item sizes.

A read unit is 4 KB of one item read consistently; read eventually it is a half. A query is priced by all that it reads together.
A write unit is 1 KB of one item, the larger of before and after; each index entry that changes is a write of its own. A transaction
prepares and commits, so each of its parts costs twice as much; that holds for condition checks and index entries too here,
where the rules leave room: emulators' own figures are of no use (design §8).
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core import store
from infra.tables import table_definition

Item = Mapping[str, Mapping[str, Any]]

READ_BYTES = 4096
WRITE_BYTES = 1024
TRANSACTION = 2
ENTRY_BYTES = 100
"""What DynamoDB adds to the size of each item and index entry that it stores (DynamoDB pricing, "Data storage")."""


@dataclass(frozen=True)
class Units:
    """Read and write units."""

    read: float = 0.0
    write: float = 0.0

    def __add__(self, other: "Units") -> "Units":
        """Both together."""
        return Units(self.read + other.read, self.write + other.write)


@dataclass(frozen=True)
class Written:
    """One item that a call wrote or checked: what lay there before and after. `times` is 2 within a transaction."""

    table: str
    before: Item | None
    after: Item | None
    times: int = 1
    is_check: bool = False

    def units(self) -> Units:
        """The item's own write and those of its index entries."""
        own = _write_units(max(_size(self.before), _size(self.after)))
        entries = 0 if self.is_check else sum(_entry_units(self, index) for index in _indexes(self.table))
        return Units(write=self.times * (own + entries))

    def stored(self) -> int:
        """The bytes by which the table is larger afterwards, index entries and DynamoDB's own share included."""
        return _stored_bytes(self.after, self.table) - _stored_bytes(self.before, self.table)


def read_units(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Units:
    """What a reading call costs; nothing for any other."""
    if operation == "BatchGetItem":
        return sum((_batch_units(table, asked, answer) for table, asked in request["RequestItems"].items()), Units())
    if operation == "Query":
        return Units(read=_read_units(listed_bytes(answer), consistent=request.get("ConsistentRead", False)))
    if operation == "GetItem":
        size = _size(answer.get("Item"))
        return Units(read=_read_units(size, consistent=request.get("ConsistentRead", False)))
    return Units()


def listed_bytes(answer: Mapping[str, Any]) -> int:
    """The bytes of all items that a query found."""
    return sum(_size(item) for item in answer.get("Items", ()))


def _batch_units(table: str, asked: Mapping[str, Any], answer: Mapping[str, Any]) -> Units:
    """Each key by itself; one that is not there costs as much as the smallest item."""
    found = [_size(item) for item in answer.get("Responses", {}).get(table, ())]
    missing = [0] * (len(asked["Keys"]) - len(found))
    consistent = asked.get("ConsistentRead", False)
    return Units(read=sum(_read_units(size, consistent=consistent) for size in (*found, *missing)))


def _read_units(size: int, *, consistent: bool) -> float:
    return max(1, math.ceil(size / READ_BYTES)) * (1.0 if consistent else 0.5)


def _write_units(size: int) -> int:
    return max(1, math.ceil(size / WRITE_BYTES))


def _entry_units(written: Written, index: Mapping[str, Any]) -> int:
    """The writes of one index: none if its entry stays as it is, two if it moves."""
    before, after = _entry(written.before, index, written.table), _entry(written.after, index, written.table)
    if before == after:
        return 0
    if before is None or after is None or _place(before, index) == _place(after, index):
        return _write_units(max(_size(before), _size(after)))
    return _write_units(_size(before)) + _write_units(_size(after))


def _entry(item: Item | None, index: Mapping[str, Any], table: str) -> Item | None:
    """What an index holds of an item; None if the item lacks a key of it."""
    keys = {key["AttributeName"] for key in index["KeySchema"]}
    if item is None or not keys <= item.keys():
        return None
    if index["Projection"]["ProjectionType"] == "ALL":
        return item
    held = keys | key_names(table) | set(index["Projection"].get("NonKeyAttributes", ()))
    return {name: value for name, value in item.items() if name in held}


def _place(entry: Item, index: Mapping[str, Any]) -> list[Any]:
    return [entry[key["AttributeName"]] for key in index["KeySchema"]]


def _stored_bytes(item: Item | None, table: str) -> int:
    held = [item, *(_entry(item, index, table) for index in _indexes(table))]
    return sum(_size(one) + ENTRY_BYTES for one in held if one is not None)


def key_names(table: str) -> set[str]:
    """The attributes of a table's key, by its physical name."""
    return {key["AttributeName"] for key in _definitions()[table]["KeySchema"]}


def _indexes(table: str) -> Iterator[Mapping[str, Any]]:
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        yield from _definitions()[table].get(kind, ())


def _definitions() -> dict[str, dict[str, Any]]:
    return {row.physical_name(): table_definition(row, row.physical_name()) for row in store.tables()}


def _size(item: Item | None) -> int:
    """Bytes of an item: names and values (DynamoDB item sizes and formats)."""
    return sum(len(name.encode()) + _value_size(value) for name, value in (item or {}).items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    size: int = SIZES[kind](content)
    return size


def _list_size(content: Sequence[Any]) -> int:
    return 3 + sum(1 + _value_size(one) for one in content)


def _map_size(content: Mapping[str, Any]) -> int:
    return 3 + sum(1 + len(name.encode()) + _value_size(one) for name, one in content.items())


SIZES: dict[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "B": len,
    "N": lambda digits: 1 + math.ceil(len(digits.strip("-0.")) / 2),
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "L": _list_size,
    "M": _map_size,
}
"""Bytes of a value by its type. Gatebook stores no sets."""
