"""What an erasure leaves behind at places: the visits of the lives that ended."""

from collections.abc import Iterator

from chalicelib.core import store
from chalicelib.core.store import Key, RawItem
from chalicelib.groups.legible import legible
from chalicelib.people.service.restore import lives_in
from chalicelib.people.tables.privacy import LedgerRow
from chalicelib.places.tables import CheckinsTable, VisitIndex, VisitorTrace

PAGE = 100
"""Visits that are read at a time."""


def sweep_visits(entry: LedgerRow, *, write: bool = True) -> int:
    """Remove the visits of the ended lives of an ERASURE entry; nobody was shown them since. Twice, it removes none more.

    Returns how many there are, which without `write` stay. What the index does not know yet is shown to nobody and goes
    when its time is over.
    """
    return sum(
        _swept(keys, enrolment, write=write)
        for person_id, enrolment in lives_in(entry)
        for keys in _visits_of(person_id)
    )


def _visits_of(person_id: str) -> Iterator[list[Key[VisitorTrace]]]:
    start: RawItem | None = None
    while True:
        index = VisitIndex.Meta.index_name
        page = store.query(CheckinsTable, person_id, index=index, limit=PAGE, start=start, consistent=False)
        yield [VisitorTrace.key(row.part, row.sk) for row in page.rows]
        if (start := page.next_key) is None:
            return


def _swept(keys: list[Key[VisitorTrace]], enrolment: int, *, write: bool) -> int:
    """The index lags and knows no lives, so the rows themselves are read."""
    rows = store.read_together(keys)
    found = [key for key in keys if (row := legible(rows, key)) is not None and row.enrolment <= enrolment]
    for key in found if write else ():
        store.delete(key, VisitorTrace.enrolment <= enrolment)
    return len(found)
