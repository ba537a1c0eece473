"""Who acts for whom: a row in the partition of each of the two, written and removed together (R0.4, R2.5)."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.crypto import pairwise_id
from chalicelib.core.store import Key, maybe
from chalicelib.people.tables.people import PeopleTable


class BindingRow(PeopleTable):
    """What both rows say. `enrolment` is the life of whose partition it lies in; `other_id` and `other_enrolment` name the other.

    `relation` is what the dependant is to the guardian. `until` is when a child comes of the age from which nobody acts for
    them, the city's midnight of a birthday, which is all that is kept of a birth date. The masks are the other one's.
    """

    enrolment = NumberAttribute()
    other_id = UnicodeAttribute()
    other_enrolment = NumberAttribute()
    name_mask = UnicodeAttribute()
    relation = UnicodeAttribute()
    bound_at = UTCDateTimeAttribute()
    until = maybe(UTCDateTimeAttribute)


class DependantRow(BindingRow):
    """In the guardian's partition: for whom they act."""

    document_mask = UnicodeAttribute()

    PREFIX = "DEPENDANT#"

    @classmethod
    def of(cls, guardian_id: str, dependant_id: str) -> "Key[DependantRow]":
        """Where a guardian's dependant lies, by the id under which the guardian knows them."""
        return cls.key(guardian_id, f"{cls.PREFIX}{dependant_id}")

    @classmethod
    def between(cls, guardian_id: str, dependant: str) -> "Key[DependantRow]":
        """Where it lies for two people."""
        return cls.of(guardian_id, pairwise_id(guardian_id, dependant))

    @property
    def dependant_id(self) -> str:
        """The id under which the guardian knows the dependant, and nobody else does."""
        return self.sk.removeprefix(self.PREFIX)

    @property
    def twin(self) -> "Key[GuardianRow]":
        """Where the other one's row lies."""
        return GuardianRow.between(self.other_id, self.person_id)


class GuardianRow(BindingRow):
    """In the dependant's partition: who acts for them."""

    PREFIX = "GUARDIAN#"

    @classmethod
    def of(cls, dependant: str, guardian_id: str) -> "Key[GuardianRow]":
        """Where a dependant's guardian lies, by the id under which the dependant knows them."""
        return cls.key(dependant, f"{cls.PREFIX}{guardian_id}")

    @classmethod
    def between(cls, dependant: str, guardian: str) -> "Key[GuardianRow]":
        """Where it lies for two people."""
        return cls.of(dependant, pairwise_id(dependant, guardian))

    @property
    def guardian_id(self) -> str:
        """The id under which the dependant knows the guardian, and nobody else does."""
        return self.sk.removeprefix(self.PREFIX)

    @property
    def twin(self) -> "Key[DependantRow]":
        """Where the other one's row lies."""
        return DependantRow.between(self.other_id, self.person_id)
