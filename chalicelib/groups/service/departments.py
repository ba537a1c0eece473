"""The tree of departments: made, renamed, and removed when empty (R0.1)."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pynamodb.expressions.condition import Condition

from chalicelib.core import clock, store
from chalicelib.core.crypto import encode
from chalicelib.core.errors import GatebookError, Unavailable
from chalicelib.core.requests import AlreadyDone, RequestKey, remember, remembered
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager
from chalicelib.groups.errors import (
    ChangedMeanwhile,
    DepartmentClosing,
    DepartmentNameTaken,
    DepartmentNotEmpty,
    DepartmentNotFound,
    NotAManager,
    TooManyDepartments,
    TooManyLevels,
    UnknownDepartment,
    UnknownParent,
)
from chalicelib.groups.labels import label_key
from chalicelib.groups.service.again import present_book
from chalicelib.groups.tables import (
    TOP,
    AdminRow,
    DepartmentRow,
    ListedMember,
    MembershipRow,
    OrganizationRow,
    PathIndex,
    RosterRow,
)

MOST = 500
"""Departments of one organization: a university's; few enough that all of them are one answer."""

LEVELS = 10
"""Departments in each other: twice the levels of a company that the issue names; a path stays below 200 bytes."""

ID_BYTES = 8
CLOSING = timedelta(seconds=60)
"""For how long a department that is being removed takes nobody in; longer than any request lasts (29 s)."""


@dataclass(frozen=True)
class Tree:
    """The departments that a manager reaches, and how many more could not be read."""

    departments: list[DepartmentRow]
    unreadable: int


class Departments:
    """Makes, shows, renames and removes departments."""

    def list_departments(self, manager: Manager) -> Tree:
        """Every department in the manager's subtree, their own included, parents before what stands below them."""
        broken: list[store.Key[DepartmentRow]] = []
        found = [row for row in departments_of(manager.org_id, broken) if manager.reaches(row.path)]
        return Tree(sorted(found, key=lambda row: (row.path.count("/"), row.name, row.sk)), len(broken))

    def create(self, manager: Manager, name: str, parent_id: str | None, request: RequestKey | None) -> DepartmentRow:
        """Make a department below another one; below the manager's own if none is named.

        Raises UnknownParent, DepartmentClosing, DepartmentNameTaken, TooManyDepartments, TooManyLevels, OrganizationNotFound,
        InvalidIdempotencyKey or IdempotencyMismatch.
        """
        if (done := remembered(request)) is not None:
            return self._made(manager, done)
        parent = _parent(manager, parent_id)
        if parent is not None and depth(parent.path) >= LEVELS:
            raise TooManyLevels(fields={"limit": LEVELS})
        row = _new_department(manager, name, parent)
        try:
            _commit(manager.organization, lambda organization: _creating(organization, row, request))
        except (AlreadyDone, DepartmentNameTaken):
            if (done := remembered(request)) is None:
                raise
            return self._made(manager, done)  # a twin of this request was faster
        return row

    def _made(self, manager: Manager, department_id: str) -> DepartmentRow:
        """What an earlier request made. Raises DepartmentNotFound if it was removed since."""
        return _reached(manager, department_id, DepartmentNotFound())

    def rename(self, manager: Manager, department_id: str, name: str) -> DepartmentRow:
        """Give a department below the manager's own another name.

        Raises DepartmentNotFound, NotAManager or DepartmentNameTaken.
        """
        row = _managed(manager, department_id)
        if row.name != name:
            row.name = name
            _commit(manager.organization, lambda organization: _renaming(organization, row))
        return row

    def remove(self, manager: Manager, department_id: str) -> None:
        """Remove an empty department; its registration codes let nobody in any more.

        It takes nobody in from the first step on, so that who is joining at this moment is either seen or refused. Raises
        DepartmentNotFound, NotAManager, or DepartmentNotEmpty, which leaves everything as it was.
        """
        row, now = _managed(manager, department_id), clock.now()
        closing = store.update(row.own_key, [DepartmentRow.closing_until.set(now + CLOSING)], takes_members(now))
        if closing is None:
            raise DepartmentClosing
        if _is_used(manager.org_id, row):
            store.update(row.own_key, [DepartmentRow.closing_until.remove()], _still(closing))
            raise DepartmentNotEmpty
        _commit(manager.organization, lambda organization: _removing(closing, organization))


def department_path(manager: Manager, department_id: str | None) -> str:
    """The path of a department in the manager's subtree, the manager's own for None. Raises UnknownDepartment."""
    return manager.path if department_id is None else _reached(manager, department_id, UnknownDepartment()).path


def departments_of(org_id: str, broken: list[store.Key[DepartmentRow]]) -> Iterator[DepartmentRow]:
    """Every department of an organization; where rows lie that can't be read is put into `broken`."""
    prefix = DepartmentRow.sk.startswith(DepartmentRow.PREFIX)
    return store.query_all(DepartmentRow, org_id, prefix, on_broken=broken.append)


def depth(path: str) -> int:
    """How many departments stand in each other along a path; 0 for the organization itself."""
    return path.count("/") - 1


def takes_members(now: datetime) -> Condition:
    """That a department is there and not being removed: what every transaction demands that puts something into it."""
    open_: Condition = DepartmentRow.path.exists() & (
        DepartmentRow.closing_until.does_not_exist() | (DepartmentRow.closing_until < now)
    )
    return open_


def check_department(
    transaction: Transaction, org_id: str, department_id: str | None, otherwise: GatebookError
) -> None:
    """Demand in a transaction that a department takes members; the organization itself always does."""
    if department_id is not None:
        transaction.check(DepartmentRow.of(org_id, department_id), takes_members(clock.now()), otherwise)


def _reached(manager: Manager, department_id: str, otherwise: GatebookError) -> DepartmentRow:
    """A department in the manager's subtree. Raises `otherwise` for any other, so that nobody learns what is beside."""
    key = DepartmentRow.of(manager.org_id, department_id)
    row = store.read_together([key]).get(key)
    if row is None or not manager.reaches(row.path):
        raise otherwise
    return row


def _managed(manager: Manager, department_id: str) -> DepartmentRow:
    """A department that the manager may change: one below their own."""
    row = _reached(manager, department_id, DepartmentNotFound())
    if not manager.stands_above(row.path):
        raise NotAManager
    return row


def _parent(manager: Manager, parent_id: str | None) -> DepartmentRow | None:
    """Below what a new department stands: None is the organization itself. Raises UnknownParent."""
    own = manager.admin.department_id if manager.admin is not None else None
    named = own if parent_id is None else parent_id
    return None if named is None else _reached(manager, named, UnknownParent())


def _new_department(manager: Manager, name: str, parent: DepartmentRow | None) -> DepartmentRow:
    department_id = encode(secrets.token_bytes(ID_BYTES))
    above = TOP if parent is None else parent.path
    return DepartmentRow(
        manager.org_id,
        DepartmentRow.of(manager.org_id, department_id).range_value,
        name=name,
        path=f"{above}{department_id}/",
        parent_id=None if parent is None else parent.department_id,
        created_at=clock.now(),
    )


def _creating(organization: OrganizationRow, row: DepartmentRow, request: RequestKey | None) -> Transaction:
    """The department and the organization's count in one transaction, so that the limit holds against parallel requests."""
    if organization.departments >= MOST:
        raise TooManyDepartments(fields={"limit": MOST})
    transaction = Transaction()
    remember(transaction, request, row.department_id)
    _naming(transaction, organization, row, OrganizationRow.departments.add(1))
    check_department(transaction, organization.org_id, row.parent_id, DepartmentClosing())
    return transaction.put(row, DepartmentRow.org_id.does_not_exist())


def _renaming(organization: OrganizationRow, row: DepartmentRow) -> Transaction:
    """The department under its new name."""
    transaction = Transaction()
    _naming(transaction, organization, row)
    return transaction.update(
        row.own_key, [DepartmentRow.name.set(row.name)], DepartmentRow.path.exists(), DepartmentNotFound()
    )


def _naming(transaction: Transaction, organization: OrganizationRow, row: DepartmentRow, *more: store.Action) -> None:
    """Let a department bear its name, if no other one beside it does.

    Who looks reads the names after the organization, and each change of a name raises the organization's `names_version`: so
    whoever comes in between is seen by the transaction. Raises DepartmentNameTaken; the transaction raises ChangedMeanwhile.
    """
    if any(_is_namesake(one, row) for one in departments_of(organization.org_id, [])):
        raise DepartmentNameTaken
    same = OrganizationRow.alive() & (OrganizationRow.names_version == organization.names_version)
    transaction.update(organization.own_key, [OrganizationRow.names_version.add(1), *more], same, ChangedMeanwhile())


def _is_namesake(one: DepartmentRow, row: DepartmentRow) -> bool:
    """Whether another department right below the same one has the same name, but for case, width and spaces."""
    is_beside = one.parent_id == row.parent_id and one.sk != row.sk
    return is_beside and label_key(one.name).split() == label_key(row.name).split()


def _is_used(org_id: str, row: DepartmentRow) -> bool:
    """Whether members, departments, administrators or labels of the roster lie in a department or below it, read consistently."""
    if any(one.path.startswith(row.path) and one.sk != row.sk for one in departments_of(org_id, [])):
        return True
    admins = store.query_all(AdminRow, org_id, AdminRow.sk.startswith(AdminRow.PREFIX))
    expected = store.query_all(RosterRow, org_id, RosterRow.sk.startswith(RosterRow.PREFIX))
    if any(path.startswith(row.path) for path in (*(one.path for one in admins), *(one.path for one in expected))):
        return True
    below = MembershipRow.path.startswith(row.path)
    page = store.query(ListedMember, org_id, below, index=PathIndex.Meta.index_name, limit=1)
    return bool(page.rows or page.unreadable)


def _still(closing: DepartmentRow) -> Condition:
    same: Condition = DepartmentRow.closing_until == closing.closing_until
    return same


def _commit(organization: OrganizationRow, change: Callable[[OrganizationRow], Transaction]) -> None:
    """Carry out a change of the tree, as the organization stands at that moment. Raises OrganizationNotFound or Unavailable."""
    for attempt in range(store.PATIENT_ROUNDS):
        try:
            change(organization).commit()
        except ChangedMeanwhile:
            store.wait_before(attempt)
            organization = present_book(organization)
        else:
            return
    raise Unavailable


def _removing(closing: DepartmentRow, organization: OrganizationRow) -> Transaction:
    """The department goes with its policies, and the organization counts one less.

    Codes that led into it find it gone when somebody joins.
    """
    policies = organization.policy_set
    actions: list[store.Action] = [OrganizationRow.departments.add(-1)]
    if (kept := policies.beside(closing.path)) != policies.stated:
        actions += [OrganizationRow.policies.set(kept), OrganizationRow.policies_version.add(1)]
    transaction = Transaction()
    transaction.delete(closing.own_key, _still(closing), DepartmentClosing())
    return transaction.update(organization.own_key, actions, organization.same_policies(), ChangedMeanwhile())
