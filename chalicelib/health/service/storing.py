"""Storing what a source delivered, so that any order and any repetition of deliveries ends in the same rows (R-14)."""

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


def store_newest(row: DeliveredRow) -> Outcome:
    """Store a row unless a newer one lies in its place. Raises Broken if what lies there can't be read."""
    kind: Any = type(row)
    newer = kind.version.does_not_exist() | (kind.version < row.version)
    stored = store.put_once(row, newer)
    if stored is None:
        return Outcome.STORED
    return Outcome.UNCHANGED if stored.version == row.version else Outcome.OLDER


def store_if_legible(row: DeliveredRow) -> tuple[Outcome, str | None]:
    """What became of a row, and the reason if it was refused: one unreadable row in its place holds up no other."""
    try:
        return store_newest(row), None
    except Broken:
        emit(Event.ROW_BROKEN, table=type(row).Meta.table, count=1)
        return Outcome.REFUSED, BROKEN
