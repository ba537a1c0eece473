"""Rows of `decisions` about deliveries: keys of sources, batches that wait for an officer, and whom a source turned abnormal."""

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from pynamodb.attributes import (
    JSONAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)

from chalicelib.core import clock, store
from chalicelib.core.decisions import DecisionsTable
from chalicelib.core.errors import Broken
from chalicelib.core.runs import RunsTable
from chalicelib.core.store import Key, RawItem, list_of, maybe
from chalicelib.health.tables.registry import FactRow

WAITS = timedelta(days=14)
"""How long a held batch waits for an officer: over the longest public holidays (8 days), and as long as a rule's window."""

PART_ROWS = 40
"""Rows of a held batch in one stored part: at 8 KB each, with the longest texts in JSON, they stay below DynamoDB's 400 KB."""


class SourceKeyRow(DecisionsTable):
    """A public key of a registered source, by source and key id. One that ended stays, so that nobody names it again."""

    public_key = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    proposal = UnicodeAttribute()
    confirmed_by = UnicodeAttribute()
    ends_at = maybe(UTCDateTimeAttribute)

    KIND = "SOURCE_KEY"

    @classmethod
    def of(cls, source: str, key_id: str) -> "Key[SourceKeyRow]":
        """Where a key of a source lies."""
        return cls.key(cls.KIND, f"{source}#{key_id}")

    @property
    def key_id(self) -> str:
        """The name of the key."""
        return self.decision_id.partition("#")[2]

    @property
    def is_valid(self) -> bool:
        """Whether what is signed with it now is taken."""
        return self.ends_at is None or self.ends_at > clock.now()


def keys_of(source: str) -> list[SourceKeyRow]:
    """Every key that a source ever had."""
    return list(store.query_all(SourceKeyRow, SourceKeyRow.KIND, SourceKeyRow.decision_id.startswith(f"{source}#")))


class BatchState(StrEnum):
    """What becomes of a batch that was held."""

    HELD = "held"
    RELEASED = "released"
    DROPPED = "dropped"


class HeldBatchRow(DecisionsTable):
    """A batch of facts that would turn too many people abnormal, until an officer decides and a while after (B3).

    `turned` counts the people whom it would have turned. `decided_by` is the officer; `done_at` is when all its facts were
    stored. The facts stand in parts (`HeldPartRow`).
    """

    source = UnicodeAttribute()
    reporter = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    rows = NumberAttribute()
    turned = NumberAttribute()
    state = UnicodeAttribute()
    decided_by = maybe(UnicodeAttribute)
    decided_at = maybe(UTCDateTimeAttribute)
    done_at = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()

    KIND = "HELD_BATCH"

    @classmethod
    def of(cls, batch_id: str) -> "Key[HeldBatchRow]":
        """Where a held batch lies."""
        return cls.key(cls.KIND, batch_id)


class HeldPartRow(DecisionsTable):
    """Some of the facts of a held batch, as they would be stored: by person_id, without anybody's document."""

    facts = JSONAttribute()
    expires_at = TTLAttribute()

    KIND = "HELD_PART"

    @classmethod
    def of(cls, batch_id: str, number: int) -> "Key[HeldPartRow]":
        """Where a part of a batch lies."""
        return cls.key(cls.KIND, f"{batch_id}#{number:03}")


def put_parts(batch: HeldBatchRow, facts: Sequence[FactRow]) -> None:
    """Store the facts of a batch in its parts; each part is replaced, so twice does no more than once."""
    for number, start in enumerate(range(0, int(batch.rows), PART_ROWS)):
        key = HeldPartRow.of(batch.decision_id, number)
        raw = [fact.serialize() for fact in facts[start : start + PART_ROWS]]
        store.put(HeldPartRow(key.hash_value, key.range_value, facts=raw, expires_at=batch.expires_at))


def held_facts(batch: HeldBatchRow) -> list[FactRow]:
    """The facts of a held batch, in order. Raises Broken if any of them can't be read: all of a batch is stored or nothing."""
    own = HeldPartRow.decision_id.startswith(f"{batch.decision_id}#")
    parts = store.query_all(HeldPartRow, HeldPartRow.KIND, own, on_broken=_broken)
    facts = [FactRow.from_raw_data(raw) for part in parts for raw in _items(part)]
    if len(facts) != batch.rows:
        raise Broken
    return facts


def _items(part: HeldPartRow) -> list[RawItem]:
    if not isinstance(part.facts, list):
        raise Broken
    return part.facts


def _broken(_: object) -> None:
    raise Broken


class SeenBatchRow(DecisionsTable):
    """That a body of a source was held once, by its SHA-256, and under which id: sent again, it is the same batch."""

    batch_id = UnicodeAttribute()
    expires_at = TTLAttribute()

    KIND = "SEEN_BATCH"

    @classmethod
    def of(cls, source: str, digest: str) -> "Key[SeenBatchRow]":
        """Where it lies."""
        return cls.key(cls.KIND, f"{source}#{digest}")


class IdentitiesRow(RunsTable):
    """That a source said who is who. Its keys are all it says."""

    RUN = "identities"

    @classmethod
    def of(cls, source: str) -> "Key[IdentitiesRow]":
        """Where it lies."""
        return cls.key(cls.RUN, source)


class TurnedRow(DecisionsTable):
    """Whom a source turned abnormal of late: `<person_id>.<seconds since 1970>` each. `version` counts the writes."""

    people = list_of(UnicodeAttribute)
    version = NumberAttribute()
    expires_at = TTLAttribute()

    KIND = "TURNED"

    @classmethod
    def of(cls, source: str) -> "Key[TurnedRow]":
        """Where a source's lies."""
        return cls.key(cls.KIND, source)
