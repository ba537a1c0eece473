"""Where proposals lie, for the sweep of what is past its time: no function may remove what operators decide (B13)."""

from collections.abc import Iterator

from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.retention import Partition
from chalicelib.tracing.tables import ProposalRow


def of_city() -> Iterator[Partition]:
    """All proposals."""
    yield Partition(DecisionsTable, ProposalRow.KIND, is_swept=False)
