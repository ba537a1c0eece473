"""The one place that knows how DynamoDB is spoken to.

Feature modules declare rows here-from and ask questions of them in domain words; keys and requests stay inside their `tables.py`.
pynamodb is the only definition of tables. Two things it lacks are added here: one batch read over several tables
(`read_together`) and a conditional put that hands back the row it met (`put_once`). See docs/decisions/0002.
"""

import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import Attribute, BinaryAttribute, ListAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import AttributeDeserializationError, PynamoDBException
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model

from chalicelib.core import aws
from chalicelib.core.errors import Broken, GatebookError, Unavailable
from chalicelib.core.settings import settings

STORAGE_ERRORS = (BotoCoreError, ClientError, PynamoDBException)
"""What a storage call may raise; for a user all of it means: try again in a moment."""

BATCH_READ_LIMIT = 100
BATCH_WRITE_LIMIT = 25
TRANSACTION_LIMIT = 100
"""Limits of BatchGetItem, BatchWriteItem and TransactWriteItems (DynamoDB service quotas)."""

ROUNDS = 4
"""How often unprocessed keys and conflicting transactions are tried in all."""

RawItem = dict[str, dict[str, Any]]
RowT = TypeVar("RowT", bound="Row")
ValueT = TypeVar("ValueT")


@cache
def connection() -> Connection:
    """The one DynamoDB connection of this process; all rows share its client, for a client costs 50 ms to make."""
    return Connection(
        region=settings().city.region,
        host=settings().endpoint_url,
        connect_timeout_seconds=aws.CONNECT_SECONDS,
        read_timeout_seconds=aws.READ_SECONDS,
        max_retry_attempts=aws.RETRIES,
        max_pool_connections=50,
        **cast("dict[str, Any]", aws.credentials()),
    )


def maybe(kind: Callable[..., Attribute[ValueT]]) -> Attribute[ValueT | None]:
    """An attribute that may be absent. pynamodb types it as if it never were."""
    return cast("Attribute[ValueT | None]", kind(null=True))


def list_of(kind: type[Attribute[ValueT]]) -> Attribute[list[ValueT]]:
    """An attribute that holds a list of values of one kind."""
    return cast("Attribute[list[ValueT]]", ListAttribute(of=kind))


def maybe_list_of(kind: type[Attribute[ValueT]]) -> Attribute[list[ValueT] | None]:
    """A list of values of one kind that may be absent."""
    return cast("Attribute[list[ValueT] | None]", ListAttribute(of=kind, null=True))


class SealedAttribute(BinaryAttribute):
    """Encrypted bytes, stored as DynamoDB stores bytes."""

    def __init__(self, *, null: bool = False) -> None:
        """Use the encoding that is not pynamodb's old one, which doubled base64."""
        super().__init__(legacy_encoding=False, null=null)


class TableMeta:
    """What a table says of itself beside its keys: its name in design §4 and whether it has a stream."""

    table: str
    stream_view_type: str


class Row(Model):
    """A stored row. A table is a subclass with `Meta` and keys; the kinds of rows in it are subclasses of that."""

    Meta: type[TableMeta]  # type: ignore[assignment]
    _table_connection: ClassVar[TableConnection | None] = None

    @classmethod
    def physical_name(cls) -> str:
        """The table's name in this city."""
        return settings().table(cls.Meta.table)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        """The table's view of the shared connection; names are known only once the settings are."""
        if cls._table_connection is None or cls._table_connection.table_name != cls.physical_name():
            cls._table_connection = _table_connection(cls)
        return cls._table_connection

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Self:
        """A row from its stored form. Raises Broken if a required attribute is missing or of another type."""
        try:
            row = super().from_raw_data(data)
        except (AttributeDeserializationError, ValueError, TypeError, KeyError) as error:
            raise Broken from error
        for name, attribute in cls.get_attributes().items():
            if not attribute.null and getattr(row, name) is None:
                raise Broken
        return row

    @classmethod
    def key(cls, hash_value: str, range_value: str | None = None, *, consistent: bool = True) -> "Key[Self]":
        """Where a row of this kind lies."""
        return Key(cls, hash_value, range_value, consistent)

    @property
    def own_key(self) -> "Key[Self]":
        """Where this row lies."""
        hash_value, range_value = self._get_hash_range_key_serialized_values()
        return Key(type(self), hash_value, range_value)


def _table_connection(row: type[Row]) -> TableConnection:
    schema = row._get_schema()  # noqa: SLF001
    indexes = {
        kind: [{"IndexName": index["index_name"], "KeySchema": index["key_schema"]} for index in schema[kind]]
        for kind in ("global_secondary_indexes", "local_secondary_indexes")
    }
    meta = MetaTable(
        {
            "TableName": row.physical_name(),
            "KeySchema": schema["key_schema"],
            "AttributeDefinitions": schema["attribute_definitions"],
            "GlobalSecondaryIndexes": indexes["global_secondary_indexes"],
            "LocalSecondaryIndexes": indexes["local_secondary_indexes"],
        }
    )
    table = TableConnection(row.physical_name())
    table.connection = connection()
    if row.physical_name() not in table.connection._tables:  # noqa: SLF001
        table.connection.add_meta_table(meta)
    return table


@dataclass(frozen=True)
class Key(Generic[RowT]):
    """The address of one row, and whether a read of it must see the latest write."""

    row: type[RowT]
    hash_value: str
    range_value: str | None = None
    consistent: bool = field(default=True, compare=False)

    def raw(self) -> RawItem:
        """The key as DynamoDB takes it."""
        names = self.row._hash_keyname, self.row._range_keyname  # noqa: SLF001
        attributes = self.row.get_attributes()
        values = zip(names, (self.hash_value, self.range_value), strict=True)
        return {attributes[name].attr_name: {"S": value} for name, value in values if name and value is not None}


class Rows:
    """What `read_together` found."""

    def __init__(self, found: Mapping[Key[Any], RawItem]) -> None:
        """Keep the raw items by key; a row is built, and found broken, only when it is asked for."""
        self._found = found

    def get(self, key: Key[RowT]) -> RowT | None:
        """The row at the key, or None. Raises Broken if it can't be read."""
        raw = self._found.get(key)
        return None if raw is None else key.row.from_raw_data(raw)


def read_together(keys: Iterable[Key[Any]]) -> Rows:
    """Read rows of several tables in one round trip, consistently where any key of the table asks for it.

    Raises Unavailable if DynamoDB leaves keys unread after four tries, and its own errors (STORAGE_ERRORS).
    """
    wanted = list(dict.fromkeys(keys))
    found: dict[Key[Any], RawItem] = {}
    for start in range(0, len(wanted), BATCH_READ_LIMIT):
        found.update(_read_batch(wanted[start : start + BATCH_READ_LIMIT]))
    return Rows(found)


def _read_batch(keys: Sequence[Key[Any]]) -> dict[Key[Any], RawItem]:
    request: dict[str, Any] = {}
    for key in keys:
        table = request.setdefault(key.row.physical_name(), {"Keys": [], "ConsistentRead": False})
        if key.raw() not in table["Keys"]:
            table["Keys"].append(key.raw())
        table["ConsistentRead"] = table["ConsistentRead"] or key.consistent
    items = _read_all(request)
    return {key: raw for key in keys if (raw := _matching(key, items.get(key.row.physical_name(), []))) is not None}


def _matching(key: Key[Any], items: Sequence[RawItem]) -> RawItem | None:
    wanted = key.raw().items()
    return next((item for item in items if wanted <= item.items()), None) if items else None


def _read_all(request: dict[str, Any]) -> dict[str, list[RawItem]]:
    items: dict[str, list[RawItem]] = {}
    for attempt in range(ROUNDS):
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        for table, rows in answer.get("Responses", {}).items():
            items.setdefault(table, []).extend(rows)
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return items
        wait_before(attempt)
    raise Unavailable


def wait_before(attempt: int) -> None:
    """Sleep a little before trying again, longer and more spread out each time, so that clients don't return in step."""
    time.sleep(random.uniform(0, 0.05 * 2**attempt))  # noqa: S311


def put_once(row: RowT, condition: Condition) -> RowT | None:
    """Put the row if the condition holds of what is stored; otherwise hand back what is stored, unchanged.

    Returns None when the row was put. pynamodb's `save` drops the stored row, which would cost a second read.
    """
    kwargs = row.get_save_kwargs_from_instance(condition=condition, return_values_on_condition_failure="ALL_OLD")
    try:
        connection().dispatch("PutItem", kwargs)
    except ClientError as error:
        return _stored_row(error, type(row))
    return None


def _stored_row(error: ClientError, row: type[RowT]) -> RowT:
    if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        raise error
    response = cast("ClientError", error.__cause__).response if error.__cause__ else error.response
    return row.from_raw_data(cast("dict[str, Any]", response)["Item"])


def update(key: Key[RowT], actions: Sequence[Action], condition: Condition | None = None) -> RowT | None:
    """Change one row where it lies and return it as it is now; None if the condition did not hold."""
    kwargs = key.row._get_connection().get_operation_kwargs(  # noqa: SLF001
        key.hash_value, range_key=key.range_value, actions=actions, condition=condition, return_values="ALL_NEW"
    )
    try:
        answer = connection().dispatch("UpdateItem", kwargs)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            return None
        raise
    return key.row.from_raw_data(answer["Attributes"])


def assign(row: type[Row], values: Mapping[str, Any]) -> list[Action]:
    """What an update does to give these attributes these values: set them, or remove those that are None."""
    attributes = row.get_attributes()
    return [
        attributes[name].remove() if value is None else attributes[name].set(value) for name, value in values.items()
    ]


def delete(key: Key[Any], condition: Condition | None = None) -> bool:
    """Remove one row; False if the condition did not hold. Removing what is not there is no error."""
    kwargs = key.row._get_connection().get_operation_kwargs(  # noqa: SLF001
        key.hash_value, range_key=key.range_value, condition=condition
    )
    try:
        connection().dispatch("DeleteItem", kwargs)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
            return False
        raise
    return True


@dataclass(frozen=True)
class Page(Generic[RowT]):
    """One page of a query: its rows, where the next page starts, and how many stored rows could not be read."""

    rows: list[RowT]
    next_key: RawItem | None
    unreadable: int = 0


def query(  # noqa: PLR0913
    row: type[RowT],
    hash_value: str,
    range_condition: Condition | None = None,
    *,
    index: str | None = None,
    limit: int | None = None,
    start: RawItem | None = None,
    consistent: bool = True,
    newest_first: bool = False,
) -> Page[RowT]:
    """Ask one partition for rows in key order, one page of DynamoDB (1 MB) or `limit` rows, whichever is less."""
    answer = row._get_connection().query(  # noqa: SLF001
        hash_value,
        range_key_condition=range_condition,
        index_name=index,
        limit=limit,
        exclusive_start_key=start,
        consistent_read=consistent,
        scan_index_forward=not newest_first,
    )
    rows: list[RowT] = []
    for raw in answer.get("Items", []):
        try:
            rows.append(row.from_raw_data(raw))
        except Broken:
            continue
    return Page(rows, answer.get("LastEvaluatedKey") or None, len(answer.get("Items", [])) - len(rows))


def query_all(row: type[RowT], hash_value: str, range_condition: Condition | None = None) -> Iterator[RowT]:
    """Every row of a partition that meets the condition, page after page, consistently."""
    start: RawItem | None = None
    while True:
        page = query(row, hash_value, range_condition, start=start)
        yield from page.rows
        if (start := page.next_key) is None:
            return


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
        answer = connection().dispatch("BatchWriteItem", {"RequestItems": batch})
        batch = answer.get("UnprocessedItems") or {}
        if not batch:
            return
        wait_before(attempt)
    raise Unavailable


class Transaction:
    """All of it or nothing. Each part names the domain error that a failed condition of it means.

    The parts are sent in the order they were added; the first failed one's error is raised. A conflict with another
    transaction is tried again with the same token, so that a lost answer can't apply it twice (R-02, R-04).
    """

    def __init__(self) -> None:
        """Start an empty transaction."""
        self._items: list[dict[str, Any]] = []
        self._errors: list[GatebookError | None] = []
        self._token = str(uuid.uuid4())

    def __len__(self) -> int:
        """How many parts it has; DynamoDB takes a hundred."""
        return len(self._items)

    def put(self, row: Row, condition: Condition | None = None, otherwise: GatebookError | None = None) -> Self:
        """Put a row, replacing what is there if the condition allows it."""
        return self._add("Put", row.get_save_kwargs_from_instance(condition=condition), otherwise)

    def update(
        self,
        key: Key[Any],
        actions: Sequence[Action],
        condition: Condition | None = None,
        otherwise: GatebookError | None = None,
    ) -> Self:
        """Change a row where it lies; a row that is not there is made, unless the condition asks for it."""
        table = key.row._get_connection()  # noqa: SLF001
        kwargs = table.get_operation_kwargs(
            key.hash_value, range_key=key.range_value, actions=actions, condition=condition
        )
        return self._add("Update", kwargs, otherwise)

    def delete(self, key: Key[Any], condition: Condition | None = None, otherwise: GatebookError | None = None) -> Self:
        """Remove a row."""
        table = key.row._get_connection()  # noqa: SLF001
        kwargs = table.get_operation_kwargs(key.hash_value, range_key=key.range_value, condition=condition)
        return self._add("Delete", kwargs, otherwise)

    def check(self, key: Key[Any], condition: Condition, otherwise: GatebookError) -> Self:
        """Demand that a condition holds of a row that is not changed."""
        table = key.row._get_connection()  # noqa: SLF001
        kwargs = table.get_operation_kwargs(key.hash_value, range_key=key.range_value, condition=condition)
        return self._add("ConditionCheck", kwargs, otherwise)

    def _add(self, kind: str, kwargs: dict[str, Any], otherwise: GatebookError | None) -> Self:
        self._items.append({kind: kwargs})
        self._errors.append(otherwise)
        return self

    def commit(self) -> None:
        """Carry it out. Raises the domain error of the first failed condition, or Unavailable after four conflicts."""
        request = {"TransactItems": self._items, "ClientRequestToken": self._token}
        for attempt in range(ROUNDS):
            try:
                connection().dispatch("TransactWriteItems", request)
            except ClientError as error:
                self._raise_unless_conflict(error)
                wait_before(attempt)
            else:
                return
        raise Unavailable

    def _raise_unless_conflict(self, error: ClientError) -> None:
        code = error.response.get("Error", {}).get("Code")
        if code in {"TransactionInProgressException", "TransactionConflictException"}:
            return
        if code != "TransactionCanceledException":
            raise error
        reasons = [reason.code if reason else "None" for reason in getattr(error, "cancellation_reasons", [])]
        for reason, meaning in zip(reasons, self._errors, strict=False):
            if reason == "ConditionalCheckFailed":
                raise (meaning or Unavailable()) from error
        if "TransactionConflict" not in reasons and "ThrottlingError" not in reasons:
            raise error


def tables() -> list[type[Row]]:
    """Every table of the modules that are imported: the direct subclasses of Row, by name."""
    return sorted(Row.__subclasses__(), key=lambda row: row.Meta.table)


def probe_keys() -> list[Key[Any]]:
    """A key in each table that holds nothing; reading them all shows in one call that every table answers."""
    return [Key(row, "probe", "probe" if row._range_keyname else None, consistent=False) for row in tables()]  # noqa: SLF001


def forget_connections() -> None:
    """Drop the shared connection, after the settings of the process were changed."""
    connection.cache_clear()
    kinds: list[type[Row]] = [Row]
    while kinds:
        kind = kinds.pop()
        kind._table_connection = None  # noqa: SLF001
        kinds.extend(kind.__subclasses__())
