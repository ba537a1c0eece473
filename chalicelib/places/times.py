"""Where early warnings and reports of sweeps lie, for the sweep of what is past its time (B13)."""

from collections.abc import Iterator

from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.retention import Partition, RunsTime
from chalicelib.places.tables import SWEEPS
from chalicelib.places.tables.warnings import WarningRow


def of_city() -> Iterator[Partition]:
    """Both of them."""
    yield Partition(DecisionsTable, WarningRow.KIND)
    yield Partition(RunsTime, SWEEPS)
