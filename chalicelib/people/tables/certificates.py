"""Certificates of deletion, in their owner's partition of `people`."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.store import Key, maybe, maybe_list_of
from chalicelib.people.tables.people import PeopleTable


class CertificateRow(PeopleTable):
    """What was removed of a deleted book, for whoever deleted it in this life (`enrolment`).

    `removed` says how many rows of each kind, `<kind>=<count>`; it, `completed_at` and `seal` are there once nothing is left
    of the book.
    """

    enrolment = NumberAttribute()
    organization = UnicodeAttribute()
    deleted_at = UTCDateTimeAttribute()
    completed_at = maybe(UTCDateTimeAttribute)
    removed = maybe_list_of(UnicodeAttribute)
    seal = maybe(UnicodeAttribute)

    PREFIX = "CERTIFICATE#"

    @classmethod
    def of(cls, person_id: str, org_id: str) -> "Key[CertificateRow]":
        """Where the certificate of a book lies."""
        return cls.key(person_id, f"{cls.PREFIX}{org_id}")

    @property
    def org_id(self) -> str:
        """The book that is no more."""
        return self.sk.removeprefix(self.PREFIX)


class CertificateTrace(PeopleTable):
    """What is left legible of a certificate that can't be read: whose life it belongs to."""

    enrolment = NumberAttribute()
