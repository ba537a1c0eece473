"""The public contract of departments and administrators."""

from datetime import datetime

from chalicelib.core.schemas import Input, Output
from chalicelib.groups.schemas.names import DepartmentId, MemberId, OrganizationName


class NewDepartment(Input):
    """Makes a department."""

    name: OrganizationName
    parent_id: DepartmentId | None = None
    """The department that it stands below; null is what the caller manages."""


class DepartmentName(Input):
    """Gives a department another name."""

    name: OrganizationName


class Department(Output):
    """A department of the tree."""

    department_id: str
    name: str
    parent_id: str | None
    """Null right below the organization."""
    created_at: datetime


class DepartmentList(Output):
    """The departments that the caller manages, parents before what stands below them."""

    items: list[Department]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""


class NewAdmin(Input):
    """Makes a member administrator of a department and all below it."""

    member_id: MemberId
    department_id: DepartmentId | None = None
    """Null is the whole organization."""


class Admin(Output):
    """An administrator."""

    member_id: str
    name: str | None
    """Masked; null if the membership can't be read."""
    document: str | None
    department_id: str | None
    named_at: datetime


class AdminList(Output):
    """The administrators of what the caller manages."""

    items: list[Admin]
    unreadable: int
    """How many more could not be read; their rows are reported to the operators."""
