"""What a person's status was: one row a version, in the person's own partition, for the person to read (B2)."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.store import Key, maybe
from chalicelib.people.tables.people import PeopleTable


class StatusRow(PeopleTable):
    """One version of the status of one life: the state, its cause and from when until when it was to hold.

    `status_at` is when it was computed. It expires by the city's retention policy.
    """

    enrolment = NumberAttribute()
    status_version = NumberAttribute()
    state = UnicodeAttribute()
    rule = maybe(UnicodeAttribute)
    fact = maybe(UnicodeAttribute)
    state_since = maybe(UTCDateTimeAttribute)
    state_until = maybe(UTCDateTimeAttribute)
    status_at = UTCDateTimeAttribute()
    cause = maybe(JSONAttribute)
    expires_at = TTLAttribute()

    PREFIX = "STATUS#"

    @classmethod
    def of(cls, person_id: str, version: int) -> "Key[StatusRow]":
        """Where a version of a person's status lies; ten digits, so that the versions sort as numbers."""
        return cls.key(person_id, f"{cls.PREFIX}{version:010d}")
