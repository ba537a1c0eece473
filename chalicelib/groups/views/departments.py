"""Departments and administrators as the public contract shows them."""

from chalicelib.groups.schemas import departments as schemas
from chalicelib.groups.service.admins import Admin, AdminList
from chalicelib.groups.service.departments import Tree
from chalicelib.groups.tables import DepartmentRow


def department(row: DepartmentRow) -> schemas.Department:
    """A department of the tree."""
    return schemas.Department(
        department_id=row.department_id, name=row.name, parent_id=row.parent_id, created_at=row.created_at
    )


def departments(tree: Tree) -> schemas.DepartmentList:
    """The departments that a manager reaches."""
    return schemas.DepartmentList(items=[department(row) for row in tree.departments], unreadable=tree.unreadable)


def admin(one: Admin) -> schemas.Admin:
    """An administrator."""
    return schemas.Admin(
        member_id=one.role.member_id,
        name=None if one.member is None else one.member.name_mask,
        document=None if one.member is None else one.member.document_mask,
        department_id=one.role.department_id,
        named_at=one.role.named_at,
    )


def admins(found: AdminList) -> schemas.AdminList:
    """The administrators that a manager reaches."""
    return schemas.AdminList(items=[admin(one) for one in found.admins], unreadable=found.unreadable)
