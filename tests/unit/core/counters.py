"""Rows to read and write in tests of the storage module."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.core import clock, ids, store
from chalicelib.core.store import Row
from chalicelib.people.tables.logins import CountRow


def counter(count: int = 1) -> CountRow:
    """A new row that is not stored yet."""
    key = CountRow.of(f"test#{ids.new_id()}", "hour")
    return CountRow(key.hash_value, key.range_value, counted=count, expires_at=clock.now() + timedelta(days=1))


def put(*rows: Row) -> None:
    """Store rows."""
    store.write_all(rows)


def count_at(row: CountRow) -> int | None:
    """What is stored of a counter; None if nothing is."""
    found = store.read_together([row.own_key]).get(row.own_key)
    return None if found is None else int(found.counted)


def short_waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """Sleeps take no time; the longest that each could have been is kept."""
    waits: list[float] = []

    def longest(_: float, most: float) -> float:
        waits.append(most)
        return most

    monkeypatch.setattr("chalicelib.core.store.retries.time.sleep", lambda _: None)
    monkeypatch.setattr("chalicelib.core.store.retries.random.uniform", longest)
    yield waits
