"""Exports as managers see them."""

from chalicelib.groups.schemas import exports as schemas
from chalicelib.groups.schemas.exports import Format, State
from chalicelib.groups.service.export_list import ExportPage, ListedExport
from chalicelib.groups.service.exports import Export
from chalicelib.groups.tables import TOP, ExportRow


def export(shown: Export) -> schemas.Export:
    """How far an export is."""
    row = shown.row
    return schemas.Export(
        export_id=row.export_id,
        format=_format(row),
        state=_state(row),
        rows=int(row.done),
        unreadable=int(row.unreadable),
        of=int(row.members),
        started_at=row.started_at,
        expires_at=row.expires_at,
        link=shown.link,
    )


def exports(page: ExportPage) -> schemas.ExportList:
    """One page of exports."""
    items = [_listed(one) for one in page.exports]
    return schemas.ExportList(items=items, cursor=page.cursor, unreadable=page.unreadable)


def _listed(one: ListedExport) -> schemas.ListedExport:
    row = one.row
    return schemas.ListedExport(
        export_id=row.export_id,
        format=_format(row),
        state="withdrawn" if one.is_withdrawn else _state(row),
        department_id=row.path.strip(TOP).rpartition(TOP)[2] or None,
        rows=int(row.done),
        unreadable=int(row.unreadable),
        of=int(row.members),
        begun_by=row.actor,
        own=one.is_own,
        started_at=row.started_at,
        expires_at=row.expires_at,
    )


def _format(row: ExportRow) -> Format:
    return "xlsx" if row.format == "xlsx" else "csv"


def _state(row: ExportRow) -> State:
    if row.done_at is not None:
        return "done"
    if row.failed_at is not None:
        return "failed"
    return "waiting" if row.cursor is None else "running"
