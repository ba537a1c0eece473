"""What a person can hold the city to: consent receipts, the access log, and the ledger of audit and erasures."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pynamodb.attributes import (
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UTCDateTimeAttribute,
)
from pynamodb.indexes import GlobalSecondaryIndex, KeysOnlyProjection

from chalicelib.core import clock, ids
from chalicelib.core.settings import settings
from chalicelib.core.store import Row, TableMeta, list_of, maybe, maybe_list_of

LEDGER_SHARDS = 16
"""Parts of a ledger day, so that no key takes more than 500 writes a second (design §9)."""


class ConsentsTable(Row):
    """The table `consents`: receipts, append only."""

    class Meta(TableMeta):
        """Named `consents` in design §4."""

        table = "consents"

    person_id = UnicodeAttribute(hash_key=True)
    receipt_key = UnicodeAttribute(range_key=True)


class ReceiptRow(ConsentsTable):
    """What a person agreed to, or took back, with the version of the text they read (B5). Belongs to one enrolment.

    `given_by` is the mask of the guardian who did it in their name; None is the person.
    """

    enrolment = NumberAttribute()
    org_id = UnicodeAttribute()
    organization = UnicodeAttribute()
    action = UnicodeAttribute()
    scopes = list_of(UnicodeAttribute)
    text_version = UnicodeAttribute()
    given_by = maybe(UnicodeAttribute)
    at = UTCDateTimeAttribute()
    expires_at = TTLAttribute()


class ActorIndex(GlobalSecondaryIndex["AccessRow"]):
    """What one actor looked at: officers and typed look-ups only."""

    class Meta:
        """Keys only; sparse."""

        index_name = "by_actor"
        projection = KeysOnlyProjection()

    actor_id = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)


class AccessLogTable(Row):
    """The table `access_log`: every disclosure of a person's data, for the person to read (B1)."""

    class Meta(TableMeta):
        """Named `access_log` in design §4."""

        table = "access_log"

    person_id = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)

    by_actor = ActorIndex()


class AccessRow(AccessLogTable):
    """One disclosure: who saw what, for which organization, and why."""

    enrolment = NumberAttribute()
    at = UTCDateTimeAttribute()
    actor = UnicodeAttribute()
    actor_id = maybe(UnicodeAttribute)
    org_id = maybe(UnicodeAttribute)
    organization = maybe(UnicodeAttribute)
    what = list_of(UnicodeAttribute)
    why = UnicodeAttribute()
    expires_at = TTLAttribute()


class AccessTrace(AccessLogTable):
    """What is left legible of an entry that can't be read: whose life it is about."""

    enrolment = NumberAttribute()


class LedgerTable(Row):
    """The table `ledger`: audit, erasures and disclosures. Every role may put and none may change or remove."""

    class Meta(TableMeta):
        """Named `ledger` in design §4, with a stream."""

        table = "ledger"
        stream_view_type = "NEW_IMAGE"

    day_shard = UnicodeAttribute(hash_key=True)
    entry_id = UnicodeAttribute(range_key=True)


class LedgerRow(LedgerTable):
    """One entry.

    `people` lists the lives it is about, `<person_id>.<enrolment>`; in a DISCLOSURE each is followed by `.<mask>`, in
    hexadecimal, whose bits say which of `what` was shown of them. It names people by person_id rather than by
    member_id: who was removed before the consumer ran still sees who looked.

    `actor_id` is the person who looked, where looks are to be found by who took them: officers, and what was typed at a gate.
    `principal` is the operator who acted, `proposal` what two of them decided, and `source` whom it named if no person. `path` is
    the part of an organization that it is about, and `run` the piece of work that it begins (`chalicelib.core.work`), or the
    batch or key of a source that was decided. `term` counts the owners that a book had before the one whom a hand-over made;
    `since` is when the book was deleted whose sweep is done, or from when on a source's key is taken no more.
    """

    kind = UnicodeAttribute()
    at = UTCDateTimeAttribute()
    org_id = maybe(UnicodeAttribute)
    organization = maybe(UnicodeAttribute)
    path = maybe(UnicodeAttribute)
    actor = maybe(UnicodeAttribute)
    actor_id = maybe(UnicodeAttribute)
    people = maybe_list_of(UnicodeAttribute)
    what = maybe_list_of(UnicodeAttribute)
    why = maybe(UnicodeAttribute)
    principal = maybe(UnicodeAttribute)
    proposal = maybe(UnicodeAttribute)
    source = maybe(UnicodeAttribute)
    run = maybe(UnicodeAttribute)
    term = maybe(NumberAttribute)
    since = maybe(UTCDateTimeAttribute)
    expires_at = TTLAttribute()


def ledger_entry(kind: str, people: Iterable[str] = (), **fields: Any) -> LedgerRow:
    """A new entry of this moment, on a random shard of today (UTC)."""
    at = clock.now()
    return LedgerRow(
        secrets.choice(ledger_shards(at.date())),
        ids.new_id(),
        kind=kind,
        at=at,
        people=list(people),
        expires_at=kept_until("ledger", at),
        **fields,
    )


def derived_entry(kind: str, at: datetime, parts: Sequence[str], people: Iterable[str], **fields: Any) -> LedgerRow:
    """The entry of what happened at a moment and is told apart by `parts`; written again it is the same and adds nothing."""
    entry_id = ids.derived_id(at, *parts)
    shards = ledger_shards(at.date())
    shard = shards[ids.to_bytes(entry_id)[-1] % len(shards)]
    return LedgerRow(
        shard, entry_id, kind=kind, at=at, people=list(people), expires_at=kept_until("ledger", at), **fields
    )


def ledger_shards(day: date) -> list[str]:
    """The parts of a ledger day (UTC), as keys name them."""
    return [f"{day:%Y-%m-%d}#{shard}" for shard in range(LEDGER_SHARDS)]


def living(person_id: str, enrolment: int) -> str:
    """One life of a person, as ledger entries list it."""
    return f"{person_id}.{enrolment}"


def in_full(life: str, what: Collection[str]) -> str:
    """A life of which all of `what` is shown, as a DISCLOSURE lists it: with the bits of what was shown, in hexadecimal."""
    return f"{life}.{(1 << len(what)) - 1:x}"


def kept_until(kind: str, since: datetime) -> datetime:
    """When a record of this kind expires by the city's retention policy (B13)."""
    return since + timedelta(days=getattr(settings().city.retention, kind))
