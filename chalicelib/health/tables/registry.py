"""The table `registry`: the embedded health source, what sources delivered, also of people who never enrolled.

And the sources themselves, which stand in `decisions`, for two operators decide which there are.
"""

from typing import Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core.clock import is_moment
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.errors import Broken
from chalicelib.core.ports import Fact
from chalicelib.core.store import Key, RawItem, Row, SealedAttribute, TableMeta, maybe, maybe_list_of

FIRST_FACT = "a"
"""Kinds of facts are lower-case words, so they sort behind `IDENTITY`."""


class RegistryTable(Row):
    """Everything delivered about one person."""

    class Meta(TableMeta):
        """Named `registry` in design §4, with a stream."""

        table = "registry"
        stream_view_type = "NEW_AND_OLD_IMAGES"

    person_id = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class DeliveredRow(RegistryTable):
    """What a registered source delivered: in which batch, and who at the source answers for it. Imported rows have none.

    `version` grows with the source's time of the row: of two rows at one key the one with the greater version stays
    (`chalicelib.health.service.storing`).
    """

    batch = maybe(UnicodeAttribute)
    reporter = maybe(UnicodeAttribute)
    version = maybe(UnicodeAttribute)


class IdentityRow(DeliveredRow):
    """Who a person is by the source. The api compares the macs and never opens the sealed fields.

    `guardians` are the person_ids of who may act for them, where the source names any.
    """

    name_mac = UnicodeAttribute()
    phone_mac = UnicodeAttribute()
    name_sealed = SealedAttribute()
    document_sealed = SealedAttribute()
    phone_sealed = SealedAttribute()
    delivered_at = UTCDateTimeAttribute()
    guardians = maybe_list_of(UnicodeAttribute)
    source = maybe(UnicodeAttribute)

    SK = "IDENTITY"

    @classmethod
    def of(cls, person_id: str) -> "Key[IdentityRow]":
        """Where a person's identity lies."""
        return cls.key(person_id, cls.SK)


class FactRow(DeliveredRow):
    """One fact, `<kind>#<fact_id>`: the same delivery twice is one row.

    One that its source withdrew stays as a row without content, so that what was reported before and arrives late does not
    bring it back.
    """

    fact_id = UnicodeAttribute()
    kind = UnicodeAttribute()
    result = UnicodeAttribute()
    occurred_at = UnicodeAttribute()
    place = UnicodeAttribute()
    source = UnicodeAttribute()
    reported_at = UnicodeAttribute()
    withdrawn = maybe(BooleanAttribute)

    @classmethod
    def storing(cls, person_id: str, fact: Fact) -> "FactRow":
        """The row of a fact."""
        by_delivery = {"batch": fact.batch or None, "reporter": fact.reporter or None}
        return cls(person_id, f"{fact.kind}#{fact.fact_id}", **{**vars(fact), **by_delivery})

    @classmethod
    def from_raw_data(cls, data: RawItem) -> Self:
        """A fact's row from its stored form. Raises Broken also for one that says no moment: days are counted from it."""
        row = super().from_raw_data(data)
        if not is_moment(row.occurred_at):
            raise Broken
        return row

    def fact(self) -> Fact:
        """The fact in the row."""
        by = self.source, self.reported_at, self.batch or "", self.reporter or ""
        return Fact(self.fact_id, self.kind, self.result, self.occurred_at, self.place, *by)


class SourceRow(DecisionsTable):
    """A registered source of facts (B3), or one that was revoked: such a row stays, for its facts name it.

    `proposal` and `confirmed_by` say by which decision, and by whose confirmation, it was granted or revoked last.
    """

    granted = BooleanAttribute()
    proposal = UnicodeAttribute()
    confirmed_by = UnicodeAttribute()
    at = UTCDateTimeAttribute()

    KIND = "SOURCE"

    @classmethod
    def of(cls, name: str) -> "Key[SourceRow]":
        """Where the source of this name lies."""
        return cls.key(cls.KIND, name)
