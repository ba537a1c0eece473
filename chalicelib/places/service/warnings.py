"""Early warnings as officers read them (R2.7)."""

from dataclasses import dataclass

from chalicelib.core import clock, store
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit, where
from chalicelib.core.tokens import open_cursor, seal_cursor
from chalicelib.places.tables import PlaceRow
from chalicelib.places.tables.warnings import WarningRow


@dataclass(frozen=True)
class Warned:
    """A warning, and the place that it is about; None where it is about a sub-district, or the place can't be read."""

    row: WarningRow
    place: PlaceRow | None


@dataclass(frozen=True)
class WarningList:
    """A page of warnings, and how many more on it can't be read."""

    items: list[Warned]
    cursor: str | None
    unreadable: int


class EarlyWarnings:
    """Lists early warnings."""

    def latest(self, limit: int, cursor: str | None) -> WarningList:
        """The warnings that are kept, newest day first. Raises InvalidCursor."""
        start = open_cursor(WarningRow.KIND, cursor)
        page = store.query(WarningRow, WarningRow.KIND, limit=limit, start=start, newest_first=True)
        rows = [row for row in page.rows if row.expires_at > clock.now()]
        keys = {row.place_id: PlaceRow.of(row.place_id, consistent=False) for row in rows if row.place_id is not None}
        found = store.read_together(keys.values())
        items = [Warned(row, _place(found, keys.get(row.place_id or ""))) for row in rows]
        return WarningList(items, seal_cursor(WarningRow.KIND, page.next_key), page.unreadable)


def _place(found: store.Rows, key: store.Key[PlaceRow] | None) -> PlaceRow | None:
    try:
        return None if key is None else found.get(key)
    except Broken as error:
        emit(Event.ROW_BROKEN, table=PlaceRow.Meta.table, where=where(error))
        return None
