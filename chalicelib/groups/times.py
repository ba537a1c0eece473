"""Where exports and reports of reminders lie, for the sweep of what is past its time (B13)."""

from collections.abc import Iterator

from chalicelib.core.retention import Partition, RunsTime
from chalicelib.groups.tables import ExportRow
from chalicelib.groups.tables.reminders import REPORTS


def of_book(org_id: str) -> Iterator[Partition]:
    """An organization's exports."""
    yield Partition(RunsTime, ExportRow.partition(org_id))


def of_city() -> Iterator[Partition]:
    """The reports of the reminders."""
    yield Partition(RunsTime, REPORTS)
