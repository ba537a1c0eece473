"""Exports as managers see them."""

from chalicelib.groups.schemas import exports as schemas
from chalicelib.groups.schemas.exports import State
from chalicelib.groups.service.exports import Export
from chalicelib.groups.tables import ExportRow


def export(shown: Export) -> schemas.Export:
    """How far an export is."""
    row = shown.row
    return schemas.Export(
        export_id=row.export_id,
        format="xlsx" if row.format == "xlsx" else "csv",
        state=_state(row),
        rows=int(row.done),
        of=int(row.members),
        started_at=row.started_at,
        expires_at=row.expires_at,
        link=shown.link,
    )


def _state(row: ExportRow) -> State:
    if row.done_at is not None:
        return "done"
    if row.failed_at is not None:
        return "failed"
    return "waiting" if row.cursor is None else "running"
