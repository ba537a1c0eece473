"""The roster of a book: who is expected, by label, so that its managers see who has not joined (issue of group books)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from chalicelib.core import store, tokens
from chalicelib.core.errors import Broken
from chalicelib.core.store import RawItem, Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.labels import InvalidLabel, label_key, label_of
from chalicelib.groups.legible import legible, report_broken
from chalicelib.groups.roster import read_roster
from chalicelib.groups.service.departments import department_path
from chalicelib.groups.service.roster_plans import (
    A_TRANSACTION,
    TRIES,
    Report,
    RosterChanged,
    in_parts,
    placed_in,
    take_some,
)
from chalicelib.groups.tables import TOP, LabelRow, MembershipRow, OrganizationRow, RosterRow

A_LOOK = 100
"""Labels that are read, and looked up, at once."""

LOOKS = 10
"""How often one request looks for what it filters; a page may be short, and its cursor goes on."""


@dataclass(frozen=True)
class ExpectedMember:
    """A label on the roster, whether a member bears it, and which; None also where that can't be read."""

    row: RosterRow
    joined: bool
    member_id: str | None


@dataclass(frozen=True)
class RosterPage:
    """One page of a roster, the cursor of the next, and how many rows could not be read."""

    expected: list[ExpectedMember]
    cursor: str | None
    unreadable: int


@dataclass(frozen=True)
class Removed:
    """How many labels were removed, which were not there for this manager, and which can't be read, so that they stay."""

    removed: int
    unknown: list[str]
    unreadable: list[str]


class Rosters:
    """Takes rosters in, shows them, and removes labels from them. Each manager's reaches as far as their subtree."""

    def take(self, manager: Manager, text: str) -> Report:
        """Add and change the labels of a file. A refused line loses nothing of the rest.

        Labels that the file does not name stay, and so do the types or departments of those it names if it has no column for
        them. An empty cell clears: no type, and the department is the manager's own. A new label starts like that.

        Raises InvalidRoster, RosterTooLong, RosterChanged if others go on changing the same labels, or DepartmentClosing while a
        department is being removed; what was stored until then stays, and the same file may be sent again.
        """
        expected, refused = read_roster(text)
        report, placed = Report(refused=refused), placed_in(manager, expected)
        for some in in_parts(expected):
            take_some(manager, some, placed, report)
        report.refused.sort(key=lambda one: one.line)
        return report

    def list_expected(
        self, manager: Manager, department_id: str | None, *, joined: bool | None, limit: int, cursor: str | None
    ) -> RosterPage:
        """One page of the labels in a subtree, in their order; all, or only whose members joined, or did not.

        Raises UnknownDepartment or InvalidCursor.
        """
        path = department_path(manager, department_id)
        scope = f"roster|{manager.org_id}|{path}|{joined}"
        start = tokens.open_cursor(scope, cursor)
        found: list[ExpectedMember] = []
        unreadable = 0
        for _ in range(LOOKS):
            in_roster = RosterRow.sk.startswith(RosterRow.PREFIX)
            page = store.query(RosterRow, manager.org_id, in_roster, limit=A_LOOK, start=start)
            unreadable += page.unreadable
            start = page.next_key
            for one in _looked_up(manager, [row for row in page.rows if row.path.startswith(path)]):
                if joined in {None, one.joined}:
                    found.append(one)
                if len(found) == limit:
                    following = tokens.seal_cursor(scope, _behind(page.rows, one.row, start))
                    return RosterPage(_managed(manager, found), following, unreadable)
            if start is None:
                break
        return RosterPage(_managed(manager, found), tokens.seal_cursor(scope, start), unreadable)

    def remove(self, manager: Manager, labels: Sequence[str]) -> Removed:
        """Take labels off the roster; who bears one stays a member. Raises RosterChanged."""
        keys = {label: _key_of(label) for label in labels}
        gone: set[str | None] = set()
        broken: set[str | None] = set()
        listed = list(dict.fromkeys(key for key in keys.values() if key is not None))
        for start in range(0, len(listed), A_TRANSACTION):
            removed, unreadable = _remove_some(manager, listed[start : start + A_TRANSACTION])
            gone |= removed
            broken |= unreadable
        unknown = [label for label, key in keys.items() if key not in gone | broken]
        return Removed(len(gone), unknown, [label for label, key in keys.items() if key in broken])


def _looked_up(manager: Manager, rows: list[RosterRow]) -> Iterator[ExpectedMember]:
    """Each label with whether somebody bears it. A bearer who can't be read is one all the same."""
    keys = [LabelRow.of(manager.org_id, row.label_key) for row in rows]
    claims = store.read_together(keys)
    for row, key in zip(rows, keys, strict=True):
        try:
            claim = claims.get(key)
        except Broken:
            yield ExpectedMember(row, joined=True, member_id=None)
        else:
            yield ExpectedMember(row, claim is not None, None if claim is None else claim.member_id)


def _managed(manager: Manager, found: list[ExpectedMember]) -> list[ExpectedMember]:
    """The same labels, without the ids of bearers outside the manager's subtree, so that nobody learns who is beside."""
    if manager.path == TOP:
        return found
    keys = {one.member_id: MembershipRow.of(manager.org_id, one.member_id) for one in found if one.member_id}
    rows = store.read_together(keys.values())
    members = {member_id: legible(rows, key) for member_id, key in keys.items()}
    reached = {member_id for member_id, row in members.items() if row is not None and manager.reaches(row.path)}
    return [one if one.member_id in reached else replace(one, member_id=None) for one in found]


def _behind(rows: list[RosterRow], row: RosterRow, following: RawItem | None) -> RawItem | None:
    """Where a page goes on behind a row: there, or at the end of what was read."""
    return following if row is rows[-1] else row.own_key.raw()


def _key_of(label: str) -> str | None:
    try:
        return label_key(label_of(label))
    except InvalidLabel:
        return None


def _remove_some(manager: Manager, keys: list[str]) -> tuple[set[str], set[str]]:
    """Remove a transaction's worth of what the manager reaches, again where somebody was faster. Raises RosterChanged.

    Returns what was removed, and what can't be read: nobody can say whose part it is in.
    """
    for attempt in range(1, TRIES + 1):
        found, unreadable = _reached(manager, keys)
        try:
            _removing(manager, found)
        except RosterChanged:
            if attempt == TRIES:
                raise
            store.wait_before(attempt)
        else:
            return {row.label_key for row in found}, unreadable
    return set(), set()


def _reached(manager: Manager, keys: list[str]) -> tuple[list[RosterRow], set[str]]:
    """The labels that the manager reaches, and those that can't be read, of which the operators are told."""
    wanted = {key: RosterRow.of(manager.org_id, key) for key in keys}
    rows = store.read_together(wanted.values())
    found: list[RosterRow] = []
    unreadable: set[str] = set()
    for key, place in wanted.items():
        try:
            row = rows.get(place)
        except Broken as error:
            report_broken(place, error)
            unreadable.add(key)
        else:
            found += [row] if row is not None and manager.reaches(row.path) else []
    return found, unreadable


def _removing(manager: Manager, rows: list[RosterRow]) -> None:
    if not rows:
        return
    transaction = Transaction()
    key = OrganizationRow.of(manager.org_id)
    transaction.update(key, [OrganizationRow.roster.add(-len(rows))], OrganizationRow.alive(), RosterChanged())
    for row in rows:
        transaction.delete(row.own_key, RosterRow.path == row.path, RosterChanged())
    transaction.commit()
