"""That a person was reminded: the mark that is set before a message goes out, so that none goes out twice (R0.5)."""

from pynamodb.attributes import JSONAttribute, NumberAttribute, TTLAttribute

from chalicelib.core.store import Key
from chalicelib.people.tables.people import PeopleTable


class RemindedRow(PeopleTable):
    """Of what a person was reminded last on which day of the city, by kind, in this life of theirs (`enrolment`)."""

    enrolment = NumberAttribute()
    days = JSONAttribute()
    expires_at = TTLAttribute()

    SK = "REMINDED"

    @classmethod
    def of(cls, person_id: str) -> "Key[RemindedRow]":
        """Where a person's lies."""
        return cls.key(person_id, cls.SK)
