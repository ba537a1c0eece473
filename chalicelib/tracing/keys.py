"""Keys of registered sources: two operators add one, for whoever holds it can deliver (B3); one alone may end it.

Deliveries are believed for their key. So a key weighs as much as the source's own registration.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import clock, store
from chalicelib.core.crypto import decode
from chalicelib.core.errors import Broken
from chalicelib.core.signatures import key_id
from chalicelib.core.store import Transaction
from chalicelib.health.tables import SourceRow
from chalicelib.health.tables.deliveries import SourceKeyRow, keys_of
from chalicelib.people.tables.privacy import LedgerRow, ledger_entry
from chalicelib.tracing.decision import Decision
from chalicelib.tracing.errors import KeyKnown, SourceNotNamed, UnknownKey
from chalicelib.tracing.tables import Naming

OVERLAP = timedelta(days=3)
"""How long the keys that a new one replaces are still taken: time to bring it to the source's machines, over a weekend."""

ADDED, ENDED = "SOURCE_KEY_ADDED", "SOURCE_KEY_ENDED"
"""What the ledger calls it. `run` is the key's name, and `since` of an end the moment from which it is taken no more."""


@dataclass(frozen=True)
class SourceKey:
    """A public key, as `chalicelib.core.crypto.encode` spells it, that a source is to sign with."""

    source: str
    public_key: str
    replaces: bool
    naming = Naming.SOURCE_KEY
    person = None
    book = place = None
    decided_at = None

    @property
    def key_id(self) -> str:
        """The key's name. Raises Broken."""
        try:
            return key_id(decode(self.public_key))
        except ValueError as error:
            raise Broken from error

    @property
    def shown(self) -> str:
        """The source and the key's name."""
        return f"{self.source} {self.key_id}" + (" (replaces the others)" if self.replaces else "")

    @property
    def is_granted(self) -> bool:
        """Whether the source has, or had, this key: one that ended is never taken again."""
        key = SourceKeyRow.of(self.source, self.key_id)
        return store.read_together([key]).get(key) is not None

    def decide(self, transaction: Transaction, decision: Decision) -> None:
        """Put the key, and end those that it replaces. The transaction raises SourceNotNamed or KeyKnown."""
        transaction.check(SourceRow.of(self.source), SourceRow.granted == True, SourceNotNamed())  # noqa: E712  pynamodb makes a condition of it
        key = SourceKeyRow.of(self.source, self.key_id)
        row = SourceKeyRow(
            key.hash_value,
            key.range_value,
            public_key=self.public_key,
            at=decision.at,
            proposal=decision.proposal_id,
            confirmed_by=decision.confirmed_by,
        )
        transaction.put(row, SourceKeyRow.kind.does_not_exist(), KeyKnown())
        if self.replaces:
            end_all(transaction, self.source, decision.at + OVERLAP, decision.confirmed_by)


def valid_keys(source: str) -> list[SourceKeyRow]:
    """The keys whose signatures are taken now, oldest first."""
    return sorted((row for row in keys_of(source) if row.is_valid), key=lambda row: row.at)


def end_key(source: str, name: str, by: str) -> SourceKeyRow:
    """End a key at once: for a lost one nobody waits for a second operator. Raises UnknownKey if it is not valid now."""
    row = next((row for row in valid_keys(source) if row.key_id == name), None)
    if row is None:
        raise UnknownKey
    transaction = Transaction()
    _end(transaction, row, clock.now(), by)
    transaction.commit()
    return row


def end_all(transaction: Transaction, source: str, at: datetime, by: str) -> None:
    """End every key that a source has, unless it ends earlier already."""
    for row in keys_of(source):
        _end(transaction, row, at, by)


def end_again(entry: LedgerRow, *, write: bool) -> int:
    """After a restore: end a key that the ledger says ended. Raises Broken for an entry that names none."""
    if not entry.source or not entry.run or entry.since is None:
        raise Broken
    key = SourceKeyRow.of(entry.source, entry.run)
    row = store.read_together([key]).get(key)
    if row is None or (row.ends_at is not None and row.ends_at <= entry.since):
        return 0
    if write:
        store.update(key, [SourceKeyRow.ends_at.set(entry.since)], SourceKeyRow.kind.exists())
    return 1


def _end(transaction: Transaction, row: SourceKeyRow, at: datetime, by: str) -> None:
    """End a key, unless it ends earlier already; the transaction raises UnknownKey if it is gone."""
    if row.ends_at is not None and row.ends_at <= at:
        return
    transaction.update(row.own_key, [SourceKeyRow.ends_at.set(at)], SourceKeyRow.kind.exists(), UnknownKey())
    source = row.decision_id.partition("#")[0]
    transaction.put(ledger_entry(ENDED, principal=by, source=source, run=row.key_id, since=at))
