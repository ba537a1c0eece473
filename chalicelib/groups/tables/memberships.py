"""The table `memberships`: who shares what with which organization, and the questions asked of it."""

from typing import Any, Self

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection, LocalSecondaryIndex

from chalicelib.core.clock import is_moment
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, RawItem, Row, TableMeta, list_of, maybe, maybe_list_of

LIST_COLUMNS = [
    "person_id", "enrolment", "name_mask", "document_mask", "department_id", "label", "type", "scopes", "status",
    "nucleic_acid", "vaccination", "travel", "attention", "overdue", "joined_at",
]  # fmt: skip
"""What a list of members shows, copied into both list indexes so that a page needs no second read."""

STATUS_TIMES = ("since", "until", "as_of", "unread_since")
"""The moments of a status, each of which may be missing."""


class PathIndex(LocalSecondaryIndex["ListedMember"]):
    """Members by department path: a subtree is a prefix."""

    class Meta:
        """With the list's columns; local, so that a consistent list never shows a withdrawn consent."""

        index_name = "by_path"
        projection = IncludeProjection([*LIST_COLUMNS, "attention_key", "due_day"])

    org_id = UnicodeAttribute(hash_key=True)
    path = UnicodeAttribute(range_key=True)


class AttentionIndex(LocalSecondaryIndex["ListedMember"]):
    """Members who need attention, worst first: `<path>#<rank>#<since>`, only rows that have one."""

    class Meta:
        """With the list's columns; sparse, so that the abnormal list costs what it shows."""

        index_name = "by_attention"
        projection = IncludeProjection([*LIST_COLUMNS, "path"])

    org_id = UnicodeAttribute(hash_key=True)
    attention_key = UnicodeAttribute(range_key=True)


class NameIndex(LocalSecondaryIndex["MembershipRow"]):
    """Members by the keyed form of their name, for search by exact name."""

    class Meta:
        """Keys only. Here from the first version: a local index can't be added to a table later."""

        index_name = "by_name"
        projection = KeysOnlyProjection()

    org_id = UnicodeAttribute(hash_key=True)
    name_mac = UnicodeAttribute(range_key=True)


class DueDayIndex(GlobalSecondaryIndex["MembershipRow"]):
    """Whose reminder is due on a day: `<day>#<shard>`, only rows that have one."""

    class Meta:
        """Keys only: the reminder job reads each row again."""

        index_name = "by_due_day"
        projection = KeysOnlyProjection()

    due_day = UnicodeAttribute(hash_key=True)
    member_id = UnicodeAttribute(range_key=True)


class MembershipsTable(Row):
    """Who shares what with which organization."""

    class Meta(TableMeta):
        """Named `memberships` in design §4, with a stream."""

        table = "memberships"
        stream_view_type = "NEW_AND_OLD_IMAGES"

    org_id = UnicodeAttribute(hash_key=True)
    member_id = UnicodeAttribute(range_key=True)

    by_path = PathIndex()
    by_attention = AttentionIndex()
    by_name = NameIndex()
    by_due_day = DueDayIndex()


class ListedMember(MembershipsTable):
    """The columns of a member that a list shows, as both list indexes hold them."""

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()
    name_mask = UnicodeAttribute()
    document_mask = UnicodeAttribute()
    department_id = maybe(UnicodeAttribute)
    label = maybe(UnicodeAttribute)
    type = UnicodeAttribute()
    scopes = list_of(UnicodeAttribute)
    status = maybe(JSONAttribute)
    nucleic_acid = maybe(JSONAttribute)
    vaccination = maybe(JSONAttribute)
    travel = maybe(JSONAttribute)
    attention = maybe(UnicodeAttribute)
    overdue = maybe_list_of(UnicodeAttribute)
    path = UnicodeAttribute()
    joined_at = UTCDateTimeAttribute()

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Self:
        """A member from its stored form. Raises Broken also for a snapshot that says no moment and a scope that is no word."""
        row = super().from_raw_data(data)
        events = (row.nucleic_acid, row.vaccination, row.travel)
        is_whole = row.status is None or _is_status(row.status)
        if None in row.scopes or None in (row.overdue or ()) or not is_whole or not all(map(_is_event, events)):
            raise Broken
        return row


def _is_status(column: Any) -> bool:
    """Whether a column says a state, and moments where it says any."""
    if not isinstance(column, dict) or not isinstance(column.get("state"), str):
        return False
    return all(is_moment(column[name]) for name in STATUS_TIMES if column.get(name) is not None)


def _is_event(column: Any) -> bool:
    """Whether a column of a snapshot is empty, or says when something happened."""
    return column is None or (isinstance(column, dict) and is_moment(column.get("occurred_at")))


class PlacedMember(ListedMember):
    """What the index by path holds beside a list's columns, so that a changed policy is compared without a second read."""

    attention_key = maybe(UnicodeAttribute)
    due_day = maybe(UnicodeAttribute)


class MembershipRow(PlacedMember):
    """One membership: the consent that stands, and the snapshot of what it lets the organization see (B5).

    `status` is the person's of the version `status_version`. `shared_version` is the version that stood when the member began
    to share their health code, so that the organization is told of later changes alone.
    """

    name_mac = UnicodeAttribute()
    consent_version = NumberAttribute()
    status_version = maybe(NumberAttribute)
    shared_version = maybe(NumberAttribute)
    text_version = UnicodeAttribute()

    @classmethod
    def of(cls, org_id: str, member_id: str, *, consistent: bool = True) -> "Key[MembershipRow]":
        """Where a membership lies."""
        return cls.key(org_id, member_id, consistent=consistent)


class NamedMember(MembershipsTable):
    """What the index by name holds: its own key and the row's, which together are where a query goes on."""

    name_mac = UnicodeAttribute()


class MemberTrace(MembershipsTable):
    """What is left legible of a membership that can't be read: whose it is."""

    person_id = UnicodeAttribute()


Snapshot = dict[str, dict[str, Any] | None]
