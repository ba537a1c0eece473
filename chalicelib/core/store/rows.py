"""Rows, their keys, and the one connection to DynamoDB that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar, cast

from botocore.exceptions import ClientError
from pynamodb.attributes import Attribute, BinaryAttribute, ListAttribute
from pynamodb.connection import Connection
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import AttributeDeserializationError
from pynamodb.models import Model

from chalicelib.core import aws
from chalicelib.core.errors import Broken, TooLarge
from chalicelib.core.settings import settings

RawItem = dict[str, dict[str, Any]]
RowT = TypeVar("RowT", bound="Row")
ValueT = TypeVar("ValueT")

_OVERSIZE = "has exceeded the maximum allowed size"
"""How DynamoDB words its refusal of a row above 400 KB; it has no code of its own for it."""


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


def write(operation: str, request: dict[str, Any]) -> dict[str, Any]:
    """Send one write. Raises TooLarge for a row above DynamoDB's 400 KB: trying that again would never help (R-11)."""
    try:
        return connection().dispatch(operation, request)
    except ClientError as error:
        answered = error.response.get("Error", {})
        if answered.get("Code") == "ValidationException" and _OVERSIZE in answered.get("Message", ""):
            raise TooLarge from error
        if any(reason and _OVERSIZE in (reason.message or "") for reason in getattr(error, "cancellation_reasons", [])):
            raise TooLarge from error
        raise


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

    Meta: type[TableMeta]  # type: ignore[assignment]  # pynamodb types it as its own, without our field
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
        """A row from its stored form. Raises Broken if a required attribute is missing, of another type, or nested without end."""
        try:
            row = super().from_raw_data(data)
        except (AttributeDeserializationError, ValueError, TypeError, KeyError, RecursionError) as error:
            raise Broken from error
        for name, attribute in cls.get_attributes().items():
            if not attribute.null and getattr(row, name) is None:
                raise Broken
        return row

    @classmethod
    def key(cls, hash_value: str, range_value: str | None = None, *, consistent: bool = True) -> "Key[Self]":
        """Where a row of this kind lies."""
        return Key(cls, hash_value, range_value, consistent)

    @classmethod
    def key_in(cls, data: RawItem) -> "Key[Self]":
        """Where a stored item of this table lies, also one that can't be read. Every key is text (see `Key.raw`)."""
        attributes = cls.get_attributes()
        names = filter(None, (cls._hash_keyname, cls._range_keyname))
        hash_value, *rest = (str(data[attributes[name].attr_name]["S"]) for name in names)
        return Key(cls, hash_value, rest[0] if rest else None)

    @property
    def own_key(self) -> "Key[Self]":
        """Where this row lies."""
        hash_value, range_value = self._get_hash_range_key_serialized_values()
        return Key(type(self), hash_value, range_value)


def _table_connection(row: type[Row]) -> TableConnection:
    schema = row._get_schema()
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
    if row.physical_name() not in table.connection._tables:
        table.connection.add_meta_table(meta)
    return table


@dataclass(frozen=True)
class Key(Generic[RowT]):
    """The address of one row, whether a read of it must see the latest write, and whether an answer can do without it.

    What is `optional` is left out while storage is busy (R-25); `Rows.left_out` says so.
    """

    row: type[RowT]
    hash_value: str
    range_value: str | None = None
    consistent: bool = field(default=True, compare=False)
    optional: bool = field(default=False, compare=False)

    def raw(self) -> RawItem:
        """The key as DynamoDB takes it."""
        names = self.row._hash_keyname, self.row._range_keyname
        attributes = self.row.get_attributes()
        values = zip(names, (self.hash_value, self.range_value), strict=True)
        return {attributes[name].attr_name: {"S": value} for name, value in values if name and value is not None}


def tables() -> list[type[Row]]:
    """Every table of the modules that are imported: the direct subclasses of Row, by name."""
    return sorted(Row.__subclasses__(), key=lambda row: row.Meta.table)


def probe_keys() -> list[Key[Any]]:
    """A key in each table that holds nothing; reading them all shows in one call that every table answers."""
    return [Key(row, "probe", "probe" if row._range_keyname else None, consistent=False) for row in tables()]


def forget_connections() -> None:
    """Drop the shared connection, after the settings of the process were changed."""
    connection.cache_clear()
    kinds: list[type[Row]] = [Row]
    while kinds:
        kind = kinds.pop()
        kind._table_connection = None
        kinds.extend(kind.__subclasses__())
