"""Filling the registry from files: who is who, and what is known of them. For cities that are not deployed.

Rows are canonical, keyed by the person and the fact, and replaced by their like: a file read twice, or read again from the
start after it was cut short, leaves the same rows. A bad row is reported by line and reason and stops nothing.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from chalicelib.core import clock, store
from chalicelib.core.crypto import IdentityMacs, held_key
from chalicelib.core.errors import Invalid
from chalicelib.core.fields import FieldCipher
from chalicelib.core.runs import mark_complete
from chalicelib.health.rows import RawRow, RowReader
from chalicelib.health.tables.deliveries import IdentitiesRow
from chalicelib.people.tables.people import SEGMENTS

BATCH = 100
IMPORT = "import"
"""Instead of a source's name, where a file said who is who."""

FIRST_LINE = 2
"""Line 1 of a file is its header."""

PEOPLE_COLUMNS = ("document_type", "document_number", "name", "phone", "guardian_document_number")
OPTIONAL_COLUMNS = frozenset({"guardian_document_number"})
"""Columns that a file may do without."""

FACT_COLUMNS = (
    "fact_id", "document_type", "document_number", "kind", "occurred_at", "result", "place", "source", "reported_at",
)  # fmt: skip


@dataclass(frozen=True)
class RowResult:
    """What became of one line of a file; `error` is None or the code of the reason it was refused for."""

    line: int
    error: str | None


class Importer:
    """Imports rows in batches. Holds the identity key for as long as it lives, since it needs it for every row."""

    def __init__(self) -> None:
        """Prepare keys."""
        self._reader = RowReader(IdentityMacs(held_key), FieldCipher())

    def people(self, rows: Iterable[RawRow]) -> Iterator[RowResult]:
        """Import people; yields a result for each row once its batch is stored."""
        return _in_batches(rows, self._reader.identity)

    def facts(self, rows: Iterable[RawRow]) -> Iterator[RowResult]:
        """Import facts; yields a result for each row once its batch is stored."""
        return _in_batches(rows, self._reader.imported_fact)

    def finish(self) -> None:
        """Record that every segment holds what was known now (design §4, "Freshness"), and that the city was told who is who."""
        mark_complete(SEGMENTS, clock.now())
        store.put(IdentitiesRow(IdentitiesRow.RUN, IMPORT))


def _in_batches(rows: Iterable[RawRow], parse: Callable[[RawRow], store.Row]) -> Iterator[RowResult]:
    numbered = enumerate(rows, start=FIRST_LINE)
    while batch := list(islice(numbered, BATCH)):
        parsed = [(line, _parsed(parse, raw)) for line, raw in batch]
        good = {
            (row.own_key.hash_value, row.own_key.range_value): row for _, row in parsed if isinstance(row, store.Row)
        }
        store.write_all(good.values())
        yield from (RowResult(line, row if isinstance(row, str) else None) for line, row in parsed)


def _parsed(parse: Callable[[RawRow], store.Row], raw: RawRow) -> store.Row | str:
    try:
        return parse(raw)
    except Invalid as error:
        return error.code
