"""Exports of a book, as pieces of work in the table `runs`."""

from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.store import Key, maybe
from chalicelib.core.work import WorkRow, run_of


class ExportRow(WorkRow):
    """A file of the members of a subtree that is being made, or was: what is in it, and for whom.

    `path` is the subtree that is exported and `top` the one that the manager had, above which nothing is named. `reader`
    and `enrolment` say whose life may fetch it, `actor` how access logs show them. `members` is how many there were by the
    book's numbers when it was asked for, `unreadable` how many rows could not be read so far. From `linked_at` on it may have
    been fetched; at `given_back_at` it was counted out of its day's, since it had ended before. All exports of an organization
    lie in one partition, by their time.
    """

    org_id = UnicodeAttribute()
    path = UnicodeAttribute()
    top = UnicodeAttribute()
    format = UnicodeAttribute()
    language = UnicodeAttribute()
    reader = UnicodeAttribute()
    enrolment = NumberAttribute()
    actor = UnicodeAttribute()
    members = NumberAttribute()
    unreadable = NumberAttribute(default=0)
    linked_at = maybe(UTCDateTimeAttribute)
    given_back_at = maybe(UTCDateTimeAttribute)

    KIND = "export"

    @classmethod
    def partition(cls, org_id: str) -> str:
        """Where the exports of an organization lie."""
        return run_of(cls.KIND, org_id)

    @classmethod
    def of(cls, org_id: str, export_id: str) -> "Key[ExportRow]":
        """Where an export lies."""
        return cls.key(cls.partition(org_id), export_id)

    @classmethod
    def named(cls, name: str) -> "Key[ExportRow]":
        """Where an export lies that the ledger names so."""
        run, _, export_id = name.rpartition("#")
        return cls.key(run, export_id)

    @property
    def name(self) -> str:
        """How the ledger's entry names it that begins it."""
        return f"{self.run}#{self.segment}"

    @property
    def export_id(self) -> str:
        """What tells it apart, and says when it was begun."""
        return str(self.segment)

    @property
    def folder(self) -> str:
        """The beginning of its files' names, which is that of all files of the organization."""
        return f"{files_of(self.org_id)}{self.export_id}/"

    @property
    def file(self) -> str:
        """The name of the finished file."""
        return f"{self.folder}members.{self.format}"


def files_of(org_id: str) -> str:
    """How the names of an organization's files begin."""
    return f"{org_id}/"
