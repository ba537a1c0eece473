"""Printed passes, for people without a phone: one row in the person's own partition (R2.5, B6)."""

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.store import Key
from chalicelib.people.tables.people import PeopleTable


class PaperPassRow(PeopleTable):
    """The one printed pass of a person that holds, in the life (`enrolment`) in which it was printed.

    The next print takes its place, so the one before is void from then on. `by` is who had it printed: `self`, `relative` or
    `kiosk`.
    """

    enrolment = NumberAttribute()
    paper_id = UnicodeAttribute()
    printed_at = UTCDateTimeAttribute()
    by = UnicodeAttribute()
    expires_at = TTLAttribute()

    PREFIX = "PAPER#"

    @classmethod
    def of(cls, person_id: str) -> "Key[PaperPassRow]":
        """Where a person's printed pass lies."""
        return cls.key(person_id, f"{cls.PREFIX}CURRENT")
