"""The tables of group books: `organizations` and `memberships`."""

from chalicelib.groups.tables.memberships import (
    LIST_COLUMNS,
    AttentionIndex,
    DueDayIndex,
    ListedMember,
    MembershipRow,
    MembershipsTable,
    MemberTrace,
    NameIndex,
    PathIndex,
    Snapshot,
)
from chalicelib.groups.tables.organizations import (
    TOP,
    AdminRow,
    DepartmentRow,
    InvitationRow,
    LabelRow,
    OrganizationRow,
    OrganizationsTable,
)

__all__ = [
    "LIST_COLUMNS",
    "TOP",
    "AdminRow",
    "AttentionIndex",
    "DepartmentRow",
    "DueDayIndex",
    "InvitationRow",
    "LabelRow",
    "ListedMember",
    "MemberTrace",
    "MembershipRow",
    "MembershipsTable",
    "NameIndex",
    "OrganizationRow",
    "OrganizationsTable",
    "PathIndex",
    "Snapshot",
]
