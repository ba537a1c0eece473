"""Administrators: named and removed by the owner, gone by their own wish, at any level of the tree (R0.1, R0.2)."""

from dataclasses import dataclass

from chalicelib.alerts.raising import ask_to_follow
from chalicelib.core import clock, store
from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Transaction
from chalicelib.groups.access import Manager, Owner
from chalicelib.groups.disclosures import WHY_ADMINS, disclose
from chalicelib.groups.errors import (
    AdminNotFound,
    DepartmentClosing,
    MemberChanged,
    NotTheOwner,
    OwnerChanged,
    OwnerNeedsNoRole,
    TooManyAdmins,
    UnknownDepartment,
    UnknownMember,
)
from chalicelib.groups.legible import legible
from chalicelib.groups.policies import upward
from chalicelib.groups.service.books import is_same_book
from chalicelib.groups.service.departments import check_department
from chalicelib.groups.tables import TOP, AdminRow, DepartmentRow, MembershipRow
from chalicelib.people.tables.privacy import ledger_entry, living

MOST = 200
"""Administrators of one organization: several for each department of a school."""


@dataclass(frozen=True)
class Admin:
    """An administrator as managers see them; `member` is None if the membership can't be read."""

    role: AdminRow
    member: MembershipRow | None


@dataclass(frozen=True)
class AdminList:
    """The administrators that a manager reaches, and how many more could not be read."""

    admins: list[Admin]
    unreadable: int


class Admins:
    """Names, shows and removes administrators."""

    def list_admins(self, manager: Manager) -> AdminList:
        """The administrators of the manager's subtree, with their masks; the look is in their access logs."""
        broken: list[store.Key[AdminRow]] = []
        roles = [row for row in roles_of(manager.org_id, broken) if manager.reaches(row.path)]
        rows = store.read_together([MembershipRow.of(row.org_id, row.member_id) for row in roles])
        members = [legible(rows, MembershipRow.of(row.org_id, row.member_id)) for row in roles]
        disclose(manager, [member for member in members if member is not None], why=WHY_ADMINS, scopes=())
        return AdminList([Admin(role, member) for role, member in zip(roles, members, strict=True)], len(broken))

    def name_admin(self, owner: Owner, member_id: str, department_id: str | None) -> Admin:
        """Make a member administrator of a department, or of the whole organization; a member has one such role at a time.

        They find in their access log that their masks were shown for it.

        Raises OwnerNeedsNoRole, UnknownMember, UnknownDepartment, DepartmentClosing or TooManyAdmins, OwnerChanged if the
        book was handed over or deleted meanwhile, or MemberChanged if the role ended or moved meanwhile.
        """
        org_id = owner.organization.org_id
        if member_id == pairwise_id(org_id, owner.person.person_id):
            raise OwnerNeedsNoRole
        member, path = _named(org_id, member_id, department_id)
        roles = {role.member_id: role for role in roles_of(org_id, [])}
        present = roles.pop(member_id, None)
        if len(roles) >= MOST:
            raise TooManyAdmins(fields={"limit": MOST})
        role = _role(member, department_id, path)
        transaction = _putting(role, present)
        transaction.check(member.own_key, MembershipRow.enrolment == member.enrolment, UnknownMember())
        check_department(transaction, org_id, department_id, DepartmentClosing())
        transaction.check(owner.organization.own_key, is_same_book(owner.organization), OwnerChanged())
        whose = living(member.person_id, int(member.enrolment))
        transaction.put(ledger_entry("ADMIN_NAMED", [whose], org_id=org_id, organization=owner.organization.name))
        transaction.commit()
        disclose(Manager(owner.person, owner.organization, TOP, None), [member], why=WHY_ADMINS, scopes=())
        return Admin(role, member)

    def remove_admin(self, manager: Manager, member_id: str) -> None:
        """End a role: the owner any, an administrator their own. Who loses it has lost it at their next request.

        Raises AdminNotFound, or NotTheOwner for the role of somebody else.
        """
        if manager.admin is not None and manager.admin.member_id != member_id:
            raise NotTheOwner
        key = AdminRow.of(manager.org_id, member_id)
        role = legible(store.read_together([key]), key)
        transaction = Transaction().delete(key, AdminRow.org_id.exists(), AdminNotFound())
        whose = [] if role is None else [living(role.person_id, int(role.enrolment))]
        name = manager.organization.name
        transaction.put(ledger_entry("ADMIN_REMOVED", whose, org_id=manager.org_id, organization=name))
        transaction.commit()
        if role is not None:
            ask_to_follow(role.person_id)


def _role(member: MembershipRow, department_id: str | None, path: str) -> AdminRow:
    return AdminRow(
        member.org_id,
        AdminRow.of(member.org_id, member.member_id).range_value,
        person_id=member.person_id,
        enrolment=member.enrolment,
        department_id=department_id,
        path=path,
        named_at=clock.now(),
    )


def _putting(role: AdminRow, present: AdminRow | None) -> Transaction:
    """Put a role in place of the present one. Moved upward it goes on, and with it the codes that were made in it."""
    goes_on = present is not None and present.enrolment == role.enrolment and role.path in set(upward(present.path))
    if present is None or not goes_on:
        return Transaction().put(role)
    role.named_at = present.named_at
    return Transaction().put(role, AdminRow.named_at == present.named_at, MemberChanged())


def roles_of(org_id: str, broken: list[store.Key[AdminRow]]) -> list[AdminRow]:
    """Every role in an organization; where roles lie that can't be read is put into `broken`."""
    prefix = AdminRow.sk.startswith(AdminRow.PREFIX)
    return list(store.query_all(AdminRow, org_id, prefix, on_broken=broken.append))


def _named(org_id: str, member_id: str, department_id: str | None) -> tuple[MembershipRow, str]:
    """The member who is named and the path that they are to administer. Raises UnknownMember or UnknownDepartment."""
    member_key = MembershipRow.of(org_id, member_id)
    department_key = DepartmentRow.of(org_id, department_id or "")
    rows = store.read_together([member_key, *([department_key] if department_id is not None else [])])
    member = rows.get(member_key)
    if member is None:
        raise UnknownMember
    if department_id is None:
        return member, TOP
    department = rows.get(department_key)
    if department is None:
        raise UnknownDepartment
    return member, department.path
