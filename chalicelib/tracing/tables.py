"""Proposals, in the table `decisions`."""

from enum import StrEnum

from pynamodb.attributes import BooleanAttribute, NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.store import Key, maybe


class Act(StrEnum):
    """What a proposal does."""

    GRANT = "grant"
    REVOKE = "revoke"


class Naming(StrEnum):
    """What somebody, or something, is named by it."""

    OFFICER = "officer"
    SOURCE = "source"
    OWNER = "owner"
    """The owner of a group book, in place of whoever owns it."""
    MANAGER = "manager"
    """The manager of a place, in place of whoever manages it."""
    SOURCE_KEY = "source_key"
    """A public key with which a registered source signs."""


class ProposalRow(DecisionsTable):
    """That an operator wants somebody named, or named no longer, and who confirmed it.

    A person stands here by id and life only: what is shown of them is read from their own row, and gone with it. A book,
    or a place, is named by `org_id`, and by the `term` of the owner or manager who is to be replaced. A key stands here
    itself, for it is public; `replaces` says that the source's others end soon after.
    """

    act = UnicodeAttribute()
    naming = UnicodeAttribute()
    person_id = maybe(UnicodeAttribute)
    enrolment = maybe(NumberAttribute)
    source = maybe(UnicodeAttribute)
    org_id = maybe(UnicodeAttribute)
    term = maybe(NumberAttribute)
    public_key = maybe(UnicodeAttribute)
    replaces = maybe(BooleanAttribute)
    proposed_by = UnicodeAttribute()
    proposed_at = UTCDateTimeAttribute()
    confirmed_by = maybe(UnicodeAttribute)
    confirmed_at = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()

    KIND = "PROPOSAL"

    @classmethod
    def of(cls, proposal_id: str) -> "Key[ProposalRow]":
        """Where a proposal lies."""
        return cls.key(cls.KIND, proposal_id)
