"""Counts members of a book, or check-ins of a day, anew, compares with the numbers that a stream keeps, and puts these right.

The stream goes on meanwhile. To know that what was walked through is what was counted, a recount puts a mark into the
stream before and after: if nothing was counted between the two, both tell of the same moment (decision 0015).
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from chalicelib.core import counters, ids, store
from chalicelib.core.counters import CLOSED, CursorRow, MarkPassed, Numbers
from chalicelib.core.errors import Broken
from chalicelib.core.store import RawItem, Row
from chalicelib.groups.counting import UNREADABLE_ONE, CountedMember, RecountMark, counted, scope_of
from chalicelib.groups.tables import OrganizationRow, OrganizationsTable

ATTEMPTS = 5
"""How often a book is counted in which something is counted meanwhile."""

WAIT_SECONDS = 60
"""How long a mark may take through the stream. Deployed it takes about a second."""

POLL_SECONDS = 0.25
"""How often the consumer's cursor is looked at meanwhile: nothing tells of a stream that was read."""


class NoSuchBook(Exception):
    """There is no such book, or it is deleted."""


class NoSuchPlace(Exception):
    """There never was such a place."""


class TooBusy(Exception):
    """Something was counted in the book during each attempt, so no two moments could be compared."""


class StreamBehind(Exception):
    """A mark did not come through the stream: its consumer is behind, or another recount of this book runs."""


class NoCursor(Exception):
    """How far the book is counted can't be read; a repair sets it anew."""


@dataclass(frozen=True)
class Difference:
    """A number as it is kept (None: it can't be read), and as it is counted."""

    kept: int | None
    true: int


@dataclass(frozen=True)
class Recount:
    """What was found of a book, by the numbers' names, and whether it was put right."""

    differences: Mapping[str, Difference]
    repaired: bool = False


def books() -> Iterator[str]:
    """The ids of all books, deleted ones left out. It reads the whole table, which is for operators alone."""
    request = {
        "TableName": OrganizationsTable.physical_name(),
        "FilterExpression": "sk = :sk AND attribute_not_exists(deleted_at)",
        "ExpressionAttributeValues": {":sk": {"S": str(OrganizationRow.of("").range_value)}},
        "ProjectionExpression": "org_id",
    }
    while True:
        answer = store.connection().dispatch("Scan", request)
        yield from (str(item["org_id"]["S"]) for item in answer["Items"])
        if (start := answer.get("LastEvaluatedKey")) is None:
            return
        request["ExclusiveStartKey"] = start


@dataclass(frozen=True)
class Counted:
    """What is recounted: the scope of its numbers, how a mark is put among its rows, and what these make, walked through."""

    scope: str
    marked: Callable[[str], Row]
    walk: Callable[[], Counter[str]]


def recount(org_id: str, *, repair: bool) -> Recount:
    """Count the members of a book. Raises NoSuchBook and what `recounted` raises."""
    _refuse_unless_there(org_id)
    book = Counted(
        scope_of(org_id), lambda mark: RecountMark(org_id, RecountMark.MEMBER_ID, mark=mark), lambda: _walk(org_id)
    )
    return recounted(book, repair=repair)


def recounted(counted: Counted, *, repair: bool) -> Recount:
    """Count it. Raises TooBusy, StreamBehind, NoCursor, or STORAGE_ERRORS.

    A repair adds what is lacking, so it may run while rows come and go; it changes nothing that is right.
    """
    if not (quick := _differences(counters.numbers(counted.scope), counted.walk())):
        return Recount(quick)
    _see_cursor(counted.scope, repair=repair)
    for _ in range(ATTEMPTS):
        mark, differences = _compare(counted)
        if differences is None:
            continue
        if not repair or not differences:
            return Recount(differences)
        try:
            _repair(counted.scope, mark, differences)
        except MarkPassed:
            continue
        return Recount(differences, repaired=True)
    raise TooBusy


def _refuse_unless_there(org_id: str) -> None:
    key = OrganizationRow.of(org_id)
    row = store.read_together([key]).get(key)
    if row is None or row.deleted_at is not None:
        raise NoSuchBook


def _see_cursor(scope: str, *, repair: bool) -> None:
    """Take away a cursor at which nothing can be counted; the next change makes a new one."""
    try:
        row = counters.cursor(scope)
        if row is None or row.position != CLOSED:
            return
    except Broken:
        pass
    if not repair:
        raise NoCursor
    store.delete(CursorRow.of(scope))


def _compare(counted: Counted) -> tuple[str, dict[str, Difference] | None]:
    """The last mark, and the differences; None if something was counted while the rows were walked through."""
    _, before = _pass_mark(counted)
    true = counted.walk()
    mark, _ = _pass_mark(counted)
    kept = counters.numbers(counted.scope)
    after = counters.cursor(counted.scope)
    is_quiet = after is not None and (after.mark, after.counted) == (mark, before.counted)
    return mark, _differences(kept, true) if is_quiet else None


def _pass_mark(counted: Counted) -> tuple[str, CursorRow]:
    """Put a mark into the stream and wait until it is counted. It lies among the rows for a moment only."""
    mark = ids.new_id()
    row = counted.marked(mark)
    store.put(row)
    store.delete(row.own_key)
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        cursor = counters.cursor(counted.scope)
        if cursor is not None and cursor.mark == mark:
            return mark, cursor
        time.sleep(POLL_SECONDS)
    raise StreamBehind


def _walk(org_id: str) -> Counter[str]:
    """What the members make, page by page, consistently."""
    true = Counter[str]()
    start: RawItem | None = None
    while True:
        page = store.query(CountedMember, org_id, start=start)
        for member in page.rows:
            true.update(counted(member))
        for key in page.broken:
            true.update({} if key.range_value == RecountMark.MEMBER_ID else UNREADABLE_ONE)
        if (start := page.next_key) is None:
            return true


def _differences(kept: Numbers, true: Counter[str]) -> dict[str, Difference]:
    names = sorted({*kept.found, *kept.broken, *true})
    pairs = {name: Difference(None if name in kept.broken else kept.found.get(name, 0), true[name]) for name in names}
    return {name: pair for name, pair in pairs.items() if pair.kept != pair.true}


def _repair(scope: str, mark: str, differences: Mapping[str, Difference]) -> None:
    """Raises MarkPassed if another recount began meanwhile."""
    broken = [name for name, one in differences.items() if one.kept is None]
    counters.correct(scope, mark, {name: one.true - (one.kept or 0) for name, one in differences.items()}, broken)
