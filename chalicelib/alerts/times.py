"""Where alerts lie, for the sweep of what is past its time (B13)."""

from collections.abc import Iterator

from chalicelib.alerts.tables import CITY, AlertsTable, BreakerRow, partition_of
from chalicelib.core import store
from chalicelib.core.retention import Partition


def of_book(org_id: str) -> Iterator[Partition]:
    """An organization's alerts."""
    yield Partition(AlertsTable, org_id)


def of_city() -> Iterator[Partition]:
    """What counts the city's alerts, and what lists those of the present hold and of the last one."""
    yield Partition(AlertsTable, CITY)
    breaker = store.read_together([BreakerRow.here()]).get(BreakerRow.here())
    holds = set() if breaker is None else {breaker.hold, breaker.last} - {None}
    yield from (Partition(AlertsTable, partition_of(str(hold))) for hold in sorted(map(str, holds)))
