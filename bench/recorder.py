"""Records every AWS call at the one place that all of them pass, boto3's and pynamodb's alike, and what it cost."""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from bench.pricing import TRANSACTION, Item, Units, Written, key_names, listed_bytes, read_units
from chalicelib.core import store

DYNAMODB = "dynamodb"
SEAM = "_make_api_call"
ORIGINAL: Callable[..., Any] = vars(BaseClient)[SEAM]
PARTS = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}
SINGLE = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}


@dataclass(frozen=True)
class Call:
    """One call: when it began and ended, in ticks; keys it touched; bytes sent, received, and of items listed; its cost.

    With what is needed to make it again: its client, its request, and what lay at the keys that it wrote to. `stored` is by table.
    """

    service: str
    operation: str
    began: int
    ended: int
    keys: int
    sent: int
    received: int
    listed: int
    units: Units
    stored: Mapping[str, int] = field(default_factory=dict)
    client: Any = None
    request: Mapping[str, Any] = field(default_factory=dict)
    before: tuple[tuple["Target", Item | None], ...] = ()


@dataclass(frozen=True)
class Target:
    """One item that a request means to write or to check."""

    table: str
    key: Item
    times: int = 1
    is_check: bool = False


@dataclass
class Recorder:
    """The calls of one operation."""

    calls: list[Call] = field(default_factory=list)
    _ticks: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, *services: str) -> list[Call]:
        """The calls of these services; of all if none is named."""
        return [call for call in self.calls if not services or call.service in services]

    @property
    def round_trips(self) -> int:
        """How many calls to DynamoDB wait for each other: the longest chain of which none began before the last ended."""
        chain, free_from = 0, -1
        for call in sorted(self.of(DYNAMODB), key=lambda call: call.ended):
            if call.began > free_from:
                chain, free_from = chain + 1, call.ended
        return chain

    @property
    def units(self) -> Units:
        """What all of it cost."""
        return sum((call.units for call in self.calls), Units())

    @property
    def stored(self) -> Mapping[str, int]:
        """The bytes that stay in each table; negative where rows were removed."""
        changes: Counter[str] = Counter()
        for call in self.calls:
            changes.update(call.stored)
        return {table: size for table, size in sorted(changes.items()) if size}

    def call(self, client: Any, operation: str, request: Mapping[str, Any]) -> Any:
        """Make a call and record it, also if it fails."""
        service = client.meta.service_model.service_name
        targets = list(_targets(operation, request)) if service == DYNAMODB else []
        before = tuple((target, _stored(client, target)) for target in targets)
        asked = deepcopy(request)  # botocore may add to what it is given
        began, answer = next(self._ticks), {}
        try:
            answer = ORIGINAL(client, operation, request)
        finally:
            ended = next(self._ticks)
            written = [
                Written(target.table, old, _stored(client, target), target.times, target.is_check)
                for target, old in before
            ]
            read = read_units(operation, request, answer) if service == DYNAMODB else Units()
            self._add(
                Call(
                    service,
                    operation,
                    began,
                    ended,
                    keys=len(targets) + _keys_read(operation, request, answer),
                    sent=_bytes(request),
                    received=_bytes(answer),
                    listed=listed_bytes(answer),
                    units=sum((one.units() for one in written), read),
                    stored=_stored_bytes(written),
                    client=client,
                    request=asked,
                    before=before,
                )
            )
        return answer

    def _add(self, call: Call) -> None:
        with self._lock:
            self.calls.append(call)


@contextmanager
def recorded() -> Iterator[Recorder]:
    """Record every call of this process until the block ends."""
    recorder = Recorder()

    def through(client: Any, operation: str, request: Mapping[str, Any]) -> Any:
        return recorder.call(client, operation, request)

    with patch.object(BaseClient, SEAM, through):
        yield recorder


def _targets(operation: str, request: Mapping[str, Any]) -> Iterator[Target]:
    if operation in SINGLE:
        yield _target(request, SINGLE[operation])
    if operation == "TransactWriteItems":
        for part in request["TransactItems"]:
            ((kind, content),) = part.items()
            yield _target(content, PARTS[kind], TRANSACTION, is_check=kind == "ConditionCheck")
    if operation == "BatchWriteItem":
        for table, requests in request["RequestItems"].items():
            for one in requests:
                content = one.get("PutRequest") or one["DeleteRequest"]
                yield _target({"TableName": table, **content}, "Item" if "Item" in content else "Key")


def _target(content: Mapping[str, Any], holder: str, times: int = 1, *, is_check: bool = False) -> Target:
    table, names = content["TableName"], key_names(content["TableName"])
    return Target(table, {name: value for name, value in content[holder].items() if name in names}, times, is_check)


def _stored(client: Any, target: Target) -> Item | None:
    """What lies at a target now, read beside the record."""
    asked = {"TableName": target.table, "Key": target.key, "ConsistentRead": True}
    item: Item | None = ORIGINAL(client, "GetItem", asked).get("Item")
    return item


def _stored_bytes(written: list[Written]) -> Mapping[str, int]:
    """By the table's name in the code."""
    names = {table.physical_name(): str(table.Meta.table) for table in store.tables()}
    changes: Counter[str] = Counter()
    for one in written:
        changes[names[one.table]] += one.stored()
    return changes


def _keys_read(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> int:
    if operation == "BatchGetItem":
        return sum(len(asked["Keys"]) for asked in request["RequestItems"].values())
    return len(answer.get("Items", ())) if operation == "Query" else int(operation == "GetItem")


def _bytes(content: Mapping[str, Any]) -> int:
    """The length of a request or an answer as JSON, without botocore's own notes."""
    plain = {name: value for name, value in content.items() if name != "ResponseMetadata"}
    return len(json.dumps(plain, default=lambda value: value.hex() if isinstance(value, bytes) else str(value)))
