"""Deliveries and held batches as the API shows them."""

from typing import Any

from chalicelib.core.errors import Broken
from chalicelib.health.schemas import deliveries as schemas
from chalicelib.health.service.deliveries import Delivered
from chalicelib.health.tables.deliveries import BatchState, HeldBatchRow
from chalicelib.people.service.privacy import Listed


def batch_answer(delivered: Delivered) -> schemas.BatchAnswer:
    """What became of a batch."""
    state: Any = "stored" if delivered.state is None else delivered.state.value
    rows = [schemas.RowAnswer(outcome=one.outcome.value, reason=one.reason) for one in delivered.rows]
    return schemas.BatchAnswer(batch_id=delivered.batch_id, state=state, rows=rows)


def held_batch(row: HeldBatchRow) -> schemas.HeldBatch:
    """A batch that was held. Raises Broken."""
    if row.state not in {state.value for state in BatchState}:
        raise Broken
    return schemas.HeldBatch(
        batch_id=row.decision_id,
        source=row.source,
        reporter=row.reporter,
        at=row.at,
        rows=int(row.rows),
        people_turned=int(row.turned),
        state=row.state,  # type: ignore[arg-type]  # it is one of them, as was seen above
        decided_at=row.decided_at,
        done_at=row.done_at,
        expires_at=row.expires_at,
    )


def held_batch_page(listed: Listed[HeldBatchRow]) -> schemas.HeldBatchPage:
    """A page of batches."""
    return schemas.HeldBatchPage(items=[held_batch(row) for row in listed.rows], cursor=listed.cursor)
