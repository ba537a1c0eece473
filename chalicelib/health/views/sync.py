"""Runs of the nightly sync as the API shows them."""

from chalicelib.core.errors import Broken
from chalicelib.health.schemas import sync as schemas
from chalicelib.health.tables.sync import COUNTS, Phase, SyncRunRow
from chalicelib.people.service.privacy import Listed


def sync_run(row: SyncRunRow) -> schemas.SyncRun:
    """A run. Raises Broken."""
    if row.phase not in {phase.value for phase in Phase}:
        raise Broken
    amounts = {name: None if (found := getattr(row, name)) is None else int(found) for name in COUNTS}
    return schemas.SyncRun(
        run_id=row.run_id,
        phase=row.phase,  # type: ignore[arg-type]  # it is one of them, as was seen above
        started_at=row.started_at,
        decided_at=row.decided_at,
        done_at=row.done_at,
        released_by_officer=row.officer is not None,
        released_by_operator=row.operator is not None,
        **amounts,
    )


def sync_run_page(listed: Listed[SyncRunRow]) -> schemas.SyncRunPage:
    """A page of runs."""
    return schemas.SyncRunPage(items=[sync_run(row) for row in listed.rows], cursor=listed.cursor)
