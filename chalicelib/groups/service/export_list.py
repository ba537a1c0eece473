"""Which exports of a book a manager sees: their own, the owner those of everybody."""

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.core import clock, ids, store, tokens
from chalicelib.core.store import Page, RawItem
from chalicelib.groups.access import Manager
from chalicelib.groups.tables import ExportRow
from chalicelib.groups.withdrawals import WithdrawalRow, is_withdrawn

KEPT = timedelta(hours=24)
"""For how long a file can be fetched, and an export is listed."""


@dataclass(frozen=True)
class ListedExport:
    """An export, whether the manager who looks began it, and whether it ended since somebody took something back."""

    row: ExportRow
    is_own: bool
    is_withdrawn: bool


@dataclass(frozen=True)
class ExportPage:
    """One page of exports, the cursor of the next, and how many rows could not be read."""

    exports: list[ListedExport]
    cursor: str | None
    unreadable: int


class ExportList:
    """Lists exports."""

    def list_exports(self, manager: Manager, limit: int, cursor: str | None) -> ExportPage:
        """The exports of the last 24 hours that a manager may see, newest first.

        An administrator sees their own, as long as they reach all that is in them; the owner sees those of everybody, and
        fetches their own alone. Pages are full, whatever lies beside. Raises InvalidCursor.
        """
        scope = f"exports|{manager.org_id}|{manager.path}"
        start = tokens.open_cursor(scope, cursor)
        key = WithdrawalRow.of(manager.org_id)
        withdrawal = store.read_together([key]).get(key)
        page = _seen(manager, limit, start)
        listed = [ListedExport(row, is_own(row, manager), is_withdrawn(row, withdrawal)) for row in page.rows]
        following = tokens.seal_cursor(scope, page.next_key)
        return ExportPage(listed, following, page.unreadable)


def is_own(row: ExportRow, manager: Manager) -> bool:
    """Whether it is this manager's own export, all of it still lies in their subtree, and it is not over."""
    person = manager.person
    is_theirs = (row.reader, int(row.enrolment), row.org_id) == (person.person_id, person.enrolment, manager.org_id)
    return is_theirs and manager.reaches(row.path) and row.expires_at > clock.now()


def _seen(manager: Manager, limit: int, start: RawItem | None) -> Page[ExportRow]:
    """So many exports from `start` on; one more is looked for, so that it is known whether any follows."""
    kept = ExportRow.segment >= ids.first_id(clock.now() - KEPT)
    at_once = limit + 1 if manager.admin is None else None
    rows: list[ExportRow] = []
    broken: list[store.Key[ExportRow]] = []
    while True:
        run = ExportRow.partition(manager.org_id)
        page = store.query(ExportRow, run, kept, limit=at_once, start=start, newest_first=True)
        rows += [row for row in page.rows if _may_see(row, manager)]
        broken += page.broken
        if (start := page.next_key) is None or len(rows) > limit:
            break
    if len(rows) <= limit:
        return Page(rows, None, tuple(broken))
    last = rows[limit - 1]
    newer = [key for key in broken if (key.range_value or "") > last.segment]  # the others are on the next page
    return Page(rows[:limit], last.own_key.raw(), tuple(newer))


def _may_see(row: ExportRow, manager: Manager) -> bool:
    return is_own(row, manager) or (manager.admin is None and row.expires_at > clock.now())
