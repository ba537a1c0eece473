"""What a file changes in a roster, some lines at a time, as the roster is at that moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pynamodb.expressions.condition import Condition

from chalicelib.core import store
from chalicelib.core.errors import Broken, Conflict
from chalicelib.core.store import Rows, Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.errors import DepartmentClosing
from chalicelib.groups.legible import report_broken
from chalicelib.groups.roster import Expected, Reason, RefusedLine
from chalicelib.groups.service.departments import check_department
from chalicelib.groups.tables import DepartmentRow, OrganizationRow, RosterRow

MOST = 100_000
"""Labels on the roster of one organization: ten times the school of the issue."""

A_TRANSACTION = 90
"""Labels of one transaction, which takes a hundred parts."""

PLACES = 9
"""Departments into which one transaction puts labels: it demands of each that it takes them."""

TRIES = 4
"""How often a transaction's worth is read and written anew, where somebody changes the same labels."""

Places = dict[str | None, tuple[str | None, str]]
"""For each department that a file names: its id as stored, and its path."""


class RosterChanged(Conflict):
    """The same labels were changed by another request at the same moment."""


@dataclass
class Report:
    """What became of a file."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def refuse(self, lines: Sequence[Expected], reason: Reason) -> None:
        """Note lines that were not taken."""
        self.refused += [RefusedLine(one.line, reason) for one in lines]


def placed_in(manager: Manager, expected: Sequence[Expected]) -> Places:
    """For each department that a file names and the manager reaches: its id as stored, and its path."""
    named = {one.department_id for one in expected} - {None}
    keys = {name: DepartmentRow.of(manager.org_id, name) for name in named if name}
    rows = store.read_together(keys.values())
    own = manager.admin.department_id if manager.admin is not None else None
    placed: Places = {None: (own, manager.path)}
    for name, key in keys.items():
        row = rows.get(key)
        if row is not None and manager.reaches(row.path):
            placed[name] = (name, row.path)
    return placed


def in_parts(expected: Sequence[Expected]) -> Iterator[list[Expected]]:
    """The lines of a file, a transaction's worth at a time; those of one department together."""
    part: list[Expected] = []
    for one in sorted(expected, key=lambda one: one.department_id or ""):
        if len(part) == A_TRANSACTION or len({*(other.department_id for other in part), one.department_id}) > PLACES:
            yield part
            part = []
        part.append(one)
    if part:
        yield part


def take_some(manager: Manager, some: list[Expected], placed: Places, report: Report) -> None:
    """Read and write a transaction's worth, again where somebody was faster. Raises RosterChanged or DepartmentClosing."""
    for attempt in range(1, TRIES + 1):
        report.refuse([one for one in some if one.department_id not in placed], Reason.UNKNOWN_DEPARTMENT)
        some = [one for one in some if one.department_id in placed]
        plan = Plan(manager, some, placed)
        try:
            plan.commit()
        except (RosterChanged, DepartmentClosing):
            if attempt == TRIES:
                raise
            store.wait_before(attempt)
            placed = placed_in(manager, some)
        else:
            plan.tell(report)
            return


class Plan:
    """What a few lines of a file change, as the roster is now."""

    def __init__(self, manager: Manager, some: list[Expected], placed: Places) -> None:
        self._manager, self._placed = manager, placed
        self._book = OrganizationRow.of(manager.org_id)
        rows = store.read_together([self._book, *(RosterRow.of(manager.org_id, one.key) for one in some)])
        self.added: list[Expected] = []
        self.changed: list[tuple[RosterRow, RosterRow]] = []
        self.unchanged = 0
        self.refused: dict[Reason, list[Expected]] = {}
        for one in some:
            self._sort(one, rows)
        book = rows.get(self._book)
        room = max(0, MOST - int(book.roster)) if book is not None else 0
        if over := self.added[room:]:
            self.refused[Reason.ROSTER_FULL] = over
            self.added = self.added[:room]

    def _sort(self, one: Expected, rows: Rows) -> None:
        key = RosterRow.of(self._manager.org_id, one.key)
        try:
            row = rows.get(key)
        except Broken as error:
            report_broken(key, error)
            self.refused.setdefault(Reason.UNREADABLE, []).append(one)
            return
        if row is None:
            self.added.append(one)
        elif not self._manager.reaches(row.path):
            self.refused.setdefault(Reason.ELSEWHERE, []).append(one)
        elif (after := self._changed(one, row)).serialize() == row.serialize():
            self.unchanged += 1
        else:
            self.changed.append((row, after))

    def commit(self) -> None:
        """Write it, if the roster is still as it was read. Raises RosterChanged, or DepartmentClosing if it is not taken there."""
        if not self.added and not self.changed:
            return
        transaction = Transaction()
        fits = OrganizationRow.alive() & _at_most(MOST - len(self.added))
        transaction.update(self._book, [OrganizationRow.roster.add(len(self.added))], fits, RosterChanged())
        added = [self._row(one) for one in self.added]
        for row in added:
            transaction.put(row, RosterRow.org_id.does_not_exist(), RosterChanged())
        for before, after in self.changed:
            transaction.put(after, _unchanged(before), RosterChanged())
        moved = [after for before, after in self.changed if after.path != before.path]
        for department_id in {row.department_id for row in (*added, *moved)}:
            check_department(transaction, self._manager.org_id, department_id, DepartmentClosing())
        transaction.commit()

    def _changed(self, one: Expected, row: RosterRow) -> RosterRow:
        """What a line makes of a label that is there; what its file has no column for stays."""
        after = self._row(one)
        if "type" not in one.columns:
            after.type = row.type
        if "department_id" not in one.columns:
            after.department_id, after.path = row.department_id, row.path
        return after

    def _row(self, one: Expected) -> RosterRow:
        key = RosterRow.of(self._manager.org_id, one.key)
        department_id, path = self._placed[one.department_id]
        return RosterRow(
            key.hash_value, key.range_value, label=one.label, type=one.type, department_id=department_id, path=path
        )

    def tell(self, report: Report) -> None:
        """Add it to the report."""
        report.added += len(self.added)
        report.changed += len(self.changed)
        report.unchanged += self.unchanged
        for reason, lines in self.refused.items():
            report.refuse(lines, reason)


def _unchanged(row: RosterRow) -> Condition:
    """That what a change keeps or replaces is still as it was read."""
    same_type = RosterRow.type.does_not_exist() if row.type is None else RosterRow.type == row.type
    same: Condition = (RosterRow.path == row.path) & same_type
    return same


def _at_most(count: int) -> Condition:
    fewer: Condition = OrganizationRow.roster.does_not_exist() | (OrganizationRow.roster <= count)
    return fewer
