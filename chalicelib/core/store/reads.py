"""Reading: several rows of several tables in one batch, or a partition in key order."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from pynamodb.expressions.condition import Condition

from chalicelib.core.errors import Broken, Unavailable
from chalicelib.core.log import Event, emit
from chalicelib.core.store.retries import ROUNDS, wait_before
from chalicelib.core.store.rows import Key, RawItem, RowT, connection

BATCH_READ_LIMIT = 100
"""Keys of one BatchGetItem (DynamoDB service quotas)."""

Address = tuple[str, ...]
"""The values of a key: what tells rows of one table apart."""


class Rows:
    """What `read_together` found."""

    def __init__(self, found: Mapping[Key[Any], RawItem], left_out: Collection[Key[Any]] = ()) -> None:
        """Keep the raw items by key; a row is built, and found broken, only when it is asked for."""
        self._found = found
        self._left_out = frozenset(left_out)

    def get(self, key: Key[RowT]) -> RowT | None:
        """The row at the key, or None. Raises Broken if it can't be read."""
        raw = self._found.get(key)
        return None if raw is None else key.row.from_raw_data(raw)

    def left_out(self, key: Key[Any]) -> bool:
        """Whether an optional row was not read, since storage was busy: nobody knows whether it is there."""
        return key in self._left_out


def read_together(keys: Iterable[Key[Any]]) -> Rows:
    """Read rows of several tables in one round trip, consistently where any key of the table asks for it.

    Raises Unavailable if DynamoDB leaves keys unread after four tries, and its own errors (STORAGE_ERRORS). For optional keys
    it is asked no second time.
    """
    wanted = list(dict.fromkeys(keys))
    found: dict[Key[Any], RawItem] = {}
    left_out: list[Key[Any]] = []
    for start in range(0, len(wanted), BATCH_READ_LIMIT):
        batch, unread = _read_batch(wanted[start : start + BATCH_READ_LIMIT])
        found |= batch
        left_out += unread
    return Rows(found, left_out)


def _read_batch(keys: Sequence[Key[Any]]) -> tuple[dict[Key[Any], RawItem], list[Key[Any]]]:
    raws = [(key, key.row.physical_name(), key.raw()) for key in keys]
    wanted: dict[str, dict[Address, RawItem]] = {}
    for _, table, raw in raws:
        wanted.setdefault(table, {})[_address(raw, raw)] = raw
    consistent = {table for key, table, _ in raws if key.consistent}
    request = {
        table: {"Keys": list(of.values()), "ConsistentRead": table in consistent} for table, of in wanted.items()
    }
    optional = [key for key in keys if key.optional]
    items, unread = _read_all(request, optional)
    rows: dict[tuple[str, ...], RawItem] = {}
    for table, of in items.items():
        names = next(iter(wanted[table].values()))
        rows |= {(table, *_address(item, names)): item for item in of}
    found = {key: row for key, table, raw in raws if (row := rows.get((table, *_address(raw, raw)))) is not None}
    return found, [key for key in optional if _is_in(key, unread)]


def _address(item: RawItem, names: Iterable[str]) -> Address:
    return tuple([item[name]["S"] for name in names])


def _is_in(key: Key[Any], request: Mapping[str, Any]) -> bool:
    return key.raw() in request.get(key.row.physical_name(), {}).get("Keys", ())


def _read_all(request: dict[str, Any], optional: Sequence[Key[Any]]) -> tuple[dict[str, list[RawItem]], dict[str, Any]]:
    """What was read, and what was not, of which all is optional."""
    items: dict[str, list[RawItem]] = {}
    for attempt in range(ROUNDS):
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        for table, rows in answer.get("Responses", {}).items():
            items.setdefault(table, []).extend(rows)
        request = answer.get("UnprocessedKeys") or {}
        if sum(_is_in(key, request) for key in optional) == sum(len(one["Keys"]) for one in request.values()):
            return items, request
        wait_before(attempt)
    raise Unavailable


@dataclass(frozen=True)
class Page(Generic[RowT]):
    """One page of a query: its rows, where the next page starts, and where stored rows lie that could not be read."""

    rows: list[RowT]
    next_key: RawItem | None
    broken: tuple[Key[RowT], ...] = ()

    @property
    def unreadable(self) -> int:
        """How many stored rows could not be read."""
        return len(self.broken)


def query(  # noqa: PLR0913  what a Query of DynamoDB takes
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
    answer = row._get_connection().query(
        hash_value,
        range_key_condition=range_condition,
        index_name=index,
        limit=limit,
        exclusive_start_key=start,
        consistent_read=consistent,
        scan_index_forward=not newest_first,
    )
    rows: list[RowT] = []
    broken: list[Key[RowT]] = []
    for raw in answer.get("Items", []):
        try:
            rows.append(row.from_raw_data(raw))
        except Broken:
            broken.append(row.key_in(raw))
    if broken:
        emit(Event.ROW_BROKEN, table=row.Meta.table, count=len(broken))
    return Page(rows, answer.get("LastEvaluatedKey") or None, tuple(broken))


def query_keys(
    row: type[RowT], hash_value: str, *, index: str, limit: int, start: RawItem | None = None
) -> tuple[list[Key[RowT]], RawItem | None]:
    """Where the rows lie that a page of a keys-only index holds, read eventually, and where the next page starts.

    For walks over many rows: to make a row of each entry would cost more than to read it.
    """
    answer = row._get_connection().query(
        hash_value, index_name=index, limit=limit, exclusive_start_key=start, consistent_read=False
    )
    return [row.key_in(raw) for raw in answer.get("Items", [])], answer.get("LastEvaluatedKey") or None


def query_all(  # noqa: PLR0913  what a Query takes, but for where it starts and how it ends
    row: type[RowT],
    hash_value: str,
    range_condition: Condition | None = None,
    *,
    on_broken: Callable[[Key[RowT]], object] = lambda _: None,
    page: int | None = None,
    consistent: bool = True,
    newest_first: bool = False,
) -> Iterator[RowT]:
    """Every row of a partition that meets the condition, page after page as they are asked for.

    Rows that can't be read are logged and left out; `on_broken` is told where each lies. Whoever may stop early says how many
    rows a `page` has.
    """
    start: RawItem | None = None
    while True:
        found = query(
            row, hash_value, range_condition, limit=page, start=start, consistent=consistent, newest_first=newest_first
        )
        for key in found.broken:
            on_broken(key)
        yield from found.rows
        if (start := found.next_key) is None:
            return
