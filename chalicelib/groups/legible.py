"""Rows that can't be read must not stand in the way of others: they are passed over, and the operators are told."""

from typing import Any

from chalicelib.core import store
from chalicelib.core.errors import Broken
from chalicelib.core.log import Event, emit, where


def legible(rows: store.Rows, key: store.Key[store.RowT]) -> store.RowT | None:
    """The row at the key; one that can't be read counts as none where it must not stand in the way of others."""
    try:
        return rows.get(key)
    except Broken as error:
        report_broken(key, error)
        return None


def report_broken(key: store.Key[Any], error: Broken) -> None:
    """Tell the operators of a row that was passed over."""
    emit(Event.ROW_BROKEN, table=key.row.Meta.table, where=where(error))
