"""The tables of group books: `organizations` and `memberships`, and what of theirs lies in `runs`."""

from chalicelib.groups.tables.exports import ExportRow, files_of
from chalicelib.groups.tables.memberships import (
    LIST_COLUMNS,
    AttentionIndex,
    DueDayIndex,
    ListedMember,
    MembershipRow,
    MembershipsTable,
    MemberTrace,
    NamedMember,
    NameIndex,
    PathIndex,
    PlacedMember,
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
    RosterRow,
    TallyRow,
)
from chalicelib.groups.tables.reminders import DueMember, ReminderReport, ReminderWork

__all__ = [
    "LIST_COLUMNS",
    "TOP",
    "AdminRow",
    "AttentionIndex",
    "DepartmentRow",
    "DueDayIndex",
    "DueMember",
    "ExportRow",
    "InvitationRow",
    "LabelRow",
    "ListedMember",
    "MemberTrace",
    "MembershipRow",
    "MembershipsTable",
    "NameIndex",
    "NamedMember",
    "OrganizationRow",
    "OrganizationsTable",
    "PathIndex",
    "PlacedMember",
    "ReminderReport",
    "ReminderWork",
    "RosterRow",
    "Snapshot",
    "TallyRow",
    "files_of",
]
