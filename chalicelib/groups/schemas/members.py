"""The public contract of members as managers see them."""

from datetime import datetime
from typing import Any

from chalicelib.core.schemas import Output, PageQuery
from chalicelib.groups.schemas.names import DepartmentId


class MembersQuery(PageQuery):
    """Which members to list."""

    department_id: DepartmentId | None = None
    attention: bool = False
    """Only who is abnormal or overdue, worst first."""


class MemberItem(Output):
    """A member as the book shows them: masked, and only what they share; what is not shared is null."""

    member_id: str
    name: str
    document: str
    department_id: str | None
    label: str | None
    type: str
    scopes: list[str]
    status: dict[str, Any] | None
    nucleic_acid: dict[str, Any] | None
    vaccination: dict[str, Any] | None
    travel: dict[str, Any] | None
    attention: str | None
    overdue: list[str]
    joined_at: datetime


class MemberList(Output):
    """One page of members."""

    items: list[MemberItem]
    cursor: str | None
    unreadable: int
    """How many stored members of this page could not be read; their rows are reported to the operators."""
