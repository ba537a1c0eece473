"""Messages to the city's officers, in `decisions`, in two partitions: waiting and answered; and where a person finds theirs."""

from typing import Literal, Self, cast, get_args

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.errors import Broken
from chalicelib.core.store import Key, RawItem, maybe
from chalicelib.people.tables.people import PeopleTable

Category = Literal["travel_report", "question"]
"""What a message is about. A `travel_report` is what the pop-up of that kind asks for."""


class MessageRow(DecisionsTable):
    """What a person, in one life, wrote to the officers, and what one of these answered, as others may see them (a mask).

    It lies in one partition as long as it waits and in another once it is answered, so that either list is read as it is. It
    expires by the city's retention policy.
    """

    person_id = UnicodeAttribute()
    enrolment = NumberAttribute()
    category = UnicodeAttribute()
    text = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    answer = maybe(UnicodeAttribute)
    answered_at = maybe(UTCDateTimeAttribute)
    answered_by = maybe(UnicodeAttribute)
    expires_at = TTLAttribute()

    WAITING = "MESSAGE"
    ANSWERED = "MESSAGE_ANSWERED"

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Self:
        """A message from its stored form. Raises Broken also for a category that there is none of."""
        row = super().from_raw_data(data)
        if row.category not in get_args(Category):
            raise Broken
        return row

    @classmethod
    def of(cls, kind: str, message_id: str) -> "Key[MessageRow]":
        """Where a message lies that waits, or that was answered."""
        return cls.key(kind, message_id)

    @property
    def about(self) -> Category:
        """What it is about."""
        return cast("Category", self.category)

    @property
    def message_id(self) -> str:
        """Its id, by which it sorts in time."""
        return self.decision_id


class MessagePointer(PeopleTable):
    """That a person wrote a message, in which life."""

    enrolment = NumberAttribute()
    expires_at = TTLAttribute()

    PREFIX = "MESSAGE#"

    @classmethod
    def of(cls, person_id: str, message_id: str) -> "Key[MessagePointer]":
        """Where the pointer to a message lies."""
        return cls.key(person_id, f"{cls.PREFIX}{message_id}")

    @property
    def message_id(self) -> str:
        """The message that it points to."""
        return self.sk.removeprefix(self.PREFIX)
