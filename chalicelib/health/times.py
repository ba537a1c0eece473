"""Where messages, held batches and runs of the sync lie, for the sweep of what is past its time (B13)."""

from collections.abc import Iterator

from chalicelib.core import clock, store
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.retention import Partition, RunsTime
from chalicelib.core.work import run_of
from chalicelib.health.tables.deliveries import HeldBatchRow, HeldPartRow, SeenBatchRow, TurnedRow
from chalicelib.health.tables.messages import MessageRow
from chalicelib.health.tables.sync import LOOK, SETTLE, WRITE, StagedRow, SyncRunRow
from chalicelib.people.tables.people import SEGMENTS

KINDS = (
    MessageRow.WAITING,
    MessageRow.ANSWERED,
    HeldBatchRow.KIND,
    HeldPartRow.KIND,
    SeenBatchRow.KIND,
    TurnedRow.KIND,
)
"""What of `decisions` is swept here."""


def of_city() -> Iterator[Partition]:
    """All of these; of a run that is over first what belongs to it, for without the run nobody knows where that lies."""
    yield from (Partition(DecisionsTable, kind) for kind in KINDS)
    for run in store.query_all(RunsTime, SyncRunRow.RUN):
        if run.expires_at is not None and run.expires_at <= clock.now():
            yield from _of_run(run.segment)
    yield Partition(RunsTime, SyncRunRow.RUN)


def _of_run(run_id: str) -> Iterator[Partition]:
    yield from (Partition(RunsTime, run_of(kind, run_id)) for kind in (LOOK, WRITE, SETTLE))
    for segment in range(SEGMENTS):
        yield Partition(RunsTime, StagedRow.run_of(run_id, str(segment)))
