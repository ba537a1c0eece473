"""What members take back of what they shared, as it ends the exports that hold it (decision 0021)."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.counters import CountersTable, CursorRow
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, RawItem, list_of, maybe
from chalicelib.groups.counting import scope_of
from chalicelib.groups.tables import ExportRow, MembershipsTable


class SharingMember(MembershipsTable):
    """As much of a membership as says what is shared, and in which life."""

    enrolment = NumberAttribute()
    scopes = list_of(UnicodeAttribute)


class WithdrawalRow(CountersTable):
    """As much of a book's cursor as says when something was last taken back, so that nothing else makes it unreadable."""

    withdrawn_at = maybe(UTCDateTimeAttribute)

    @classmethod
    def of(cls, org_id: str) -> "Key[WithdrawalRow]":
        """Where it lies for a book."""
        cursor = CursorRow.of(scope_of(org_id))
        return cls.key(cursor.hash_value, cursor.range_value or "")


def withdraws(old: RawItem | None, new: RawItem | None) -> bool:
    """Whether a change of a stored membership takes something back: it ended, a scope went, or it is another life's.

    A total function of what is stored. One that can't be read is in no export, so nothing is taken back from there; one that
    can't be read any more counts as taken back, since what is still shared of it nobody can say.
    """
    before = _shared(old)
    if before is None:
        return False
    after = _shared(new)
    return after is None or after[0] != before[0] or not before[1] <= after[1]


def is_withdrawn(export: ExportRow, withdrawal: WithdrawalRow | None) -> bool:
    """Whether somebody in the book took something back since an export of it was begun."""
    at = None if withdrawal is None else withdrawal.withdrawn_at
    return at is not None and at >= export.started_at


def _shared(image: RawItem | None) -> tuple[float, frozenset[str | None]] | None:
    """The life and the scopes of a stored membership; None if there is none, or it can't be read."""
    try:
        row = None if image is None else SharingMember.from_raw_data(image)
    except Broken:
        return None
    return None if row is None else (row.enrolment, frozenset(row.scopes))
