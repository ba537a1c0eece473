"""Storing what a source delivered, so that any order and any repetition of deliveries ends in the same rows (R-14)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit
from chalicelib.health.tables import DeliveredRow


class Outcome(StrEnum):
    """What became of one row of a batch."""

    STORED = "stored"
    UNCHANGED = "unchanged"
    """Was stored before, just so."""
    OLDER = "older"
    """Something newer of the same fact or person is stored, which stays."""
    REFUSED = "refused"
    """Is not valid; the reason says why."""
    HELD = "held"
    """Waits with its batch for an officer."""
    DROPPED = "dropped"
    """An officer decided that its batch is not stored."""


BROKEN = "broken_record"
"""The reason for a row in whose place something lies that can't be read; operators are told."""


Answer = tuple[Outcome, str | None]
"""What became of a row, and the code of why if it was refused."""


class Places:
    """What lay in the places of delivered rows, read a hundred at a time before any of them is written.

    A delivery that was cut short is sent again whole. What was stored of it costs no call of its own the second time, so
    each try comes further, however slow storage is just then.
    """

    def __init__(self, rows: Iterable[DeliveredRow]) -> None:
        """Read them all."""
        self._found = store.read_together(row.own_key for row in rows)

    def is_taken(self, row: DeliveredRow) -> bool:
        """Whether anything lay in the place of a row, though it be unreadable."""
        try:
            return self._found.get(row.own_key) is not None
        except Broken:
            return True

    def settled(self, row: DeliveredRow) -> Outcome | None:
        """What becomes of a row that need not be written, since what lay there is as new; versions only grow."""
        try:
            stored = self._found.get(row.own_key)
        except Broken:
            return None
        version = "" if stored is None else stored.version or ""
        return None if version < (row.version or "") else _beaten(row, version)

    def store(self, row: DeliveredRow) -> Answer:
        """Store a row unless a newer one lies in its place: one unreadable row there holds up no other."""
        settled = self.settled(row)
        return (settled, None) if settled is not None else _store_if_legible(row)


def _beaten(row: DeliveredRow, by: str) -> Outcome:
    return Outcome.UNCHANGED if by == row.version else Outcome.OLDER


def _store_newest(row: DeliveredRow) -> Outcome:
    """Store a row unless a newer one lies in its place by now. Raises Broken if what lies there can't be read."""
    kind: Any = type(row)
    newer = kind.version.does_not_exist() | (kind.version < row.version)
    stored = store.put_once(row, newer)
    return Outcome.STORED if stored is None else _beaten(row, stored.version or "")


def _store_if_legible(row: DeliveredRow) -> Answer:
    try:
        return _store_newest(row), None
    except Broken:
        emit(Event.ROW_BROKEN, table=type(row).Meta.table, count=1)
        return Outcome.REFUSED, BROKEN
