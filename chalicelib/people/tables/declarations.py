"""What people declared about their health, in their own partition: the latest by its key, all of them by time (R2.3)."""

from typing import Self

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute
from pynamodb.expressions.condition import Condition

from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, RawItem, list_of
from chalicelib.people.tables.people import PeopleTable


class DeclarationRow(PeopleTable):
    """The answers of a person in one life (`enrolment`), `yes` or `no` by question, and which of them were a concern then.

    It expires by the city's retention policy. `DECLARATION#<id>`, whose ids sort by time.
    """

    enrolment = NumberAttribute()
    answers = JSONAttribute()
    concerns = list_of(UnicodeAttribute)
    declared_at = UTCDateTimeAttribute()
    expires_at = TTLAttribute()

    PREFIX = "DECLARATION#"

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Self:
        """A declaration from its stored form. Raises Broken also for answers that are none."""
        row = super().from_raw_data(data)
        if not isinstance(row.answers, dict) or not set(row.answers.values()) <= {"yes", "no"}:
            raise Broken
        return row

    @classmethod
    def past(cls) -> Condition:
        """Where all but the copy of the latest lie: ids begin with a digit."""
        within: Condition = cls.sk.between(f"{cls.PREFIX}0", f"{cls.PREFIX}A")
        return within


class LatestDeclarationRow(DeclarationRow):
    """A copy of the latest declaration, which is found by its key: what an inspector's scan can show."""

    @classmethod
    def of(cls, person_id: str) -> "Key[LatestDeclarationRow]":
        """Where a person's latest declaration lies."""
        return cls.key(person_id, f"{cls.PREFIX}LATEST")
