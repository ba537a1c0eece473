"""What officers do with batches that were held (B3): look at how large they are, release them, or drop them."""

from contextlib import suppress

from chalicelib.core import clock, store, tokens
from chalicelib.core.errors import Broken
from chalicelib.core.store import Transaction
from chalicelib.health.errors import BatchDecided, BatchNotFound
from chalicelib.health.service.storing import Places
from chalicelib.health.tables.deliveries import BatchState, HeldBatchRow, held_facts, put_parts
from chalicelib.people.access import Person
from chalicelib.people.service.privacy import Listed
from chalicelib.people.tables.privacy import ledger_entry, living

LEDGER_KINDS = {BatchState.RELEASED: "BATCH_RELEASED", BatchState.DROPPED: "BATCH_DROPPED"}
"""What the ledger calls an officer's decision."""

_SCOPE = "held batches"


class HeldBatches:
    """Batches that would turn too many people abnormal. Who decides stands in the ledger."""

    def listed(self, limit: int, cursor: str | None) -> Listed[HeldBatchRow]:
        """One page of those that wait or were decided of late, newest first. Raises InvalidCursor."""
        start = tokens.open_cursor(_SCOPE, cursor)
        page = store.query(HeldBatchRow, HeldBatchRow.KIND, limit=limit, start=start, newest_first=True)
        following = tokens.seal_cursor(_SCOPE, page.next_key)
        return Listed([row for row in page.rows if row.expires_at > clock.now()], following)

    def release(self, officer: Person, batch_id: str) -> HeldBatchRow:
        """Store the facts of a batch. Called again it goes on where it stopped. Raises BatchNotFound or BatchDecided.

        Of a fact that was delivered anew since, the newer report stays.
        """
        return carry_out(_decided(officer, batch_id, BatchState.RELEASED))

    def drop(self, officer: Person, batch_id: str) -> HeldBatchRow:
        """Forget the facts of a batch. The same batch delivered again is not stored. Raises BatchNotFound or BatchDecided."""
        return carry_out(_decided(officer, batch_id, BatchState.DROPPED))


def carry_out(batch: HeldBatchRow) -> HeldBatchRow:
    """Do what an officer decided of a batch, if that is not done yet: store its facts, or forget them. Raises Broken."""
    if batch.done_at is not None:
        return batch
    if batch.state == BatchState.RELEASED:
        try:
            facts = held_facts(batch)
        except Broken:
            if (now := _stored(batch.decision_id)).done_at is None:
                raise
            return now  # by somebody else, between the two reads
        places = Places(facts)
        for fact in facts:
            places.store(fact)
    return _done(batch)


def _decided(officer: Person, batch_id: str, state: BatchState) -> HeldBatchRow:
    """The batch, decided so now or before."""
    batch = _stored(batch_id)
    if batch.state == BatchState.HELD:
        entry = ledger_entry(
            LEDGER_KINDS[state], [living(officer.person_id, officer.enrolment)], source=batch.source, run=batch_id
        )
        decided = [
            HeldBatchRow.state.set(state.value),
            HeldBatchRow.decided_by.set(officer.person_id),
            HeldBatchRow.decided_at.set(clock.now()),
        ]
        transaction = Transaction()
        transaction.update(batch.own_key, decided, HeldBatchRow.state == BatchState.HELD.value, BatchDecided())
        transaction.put(entry)
        with suppress(BatchDecided):  # by another officer at the same moment, perhaps the same way
            transaction.commit()
        batch = _stored(batch_id)
    if batch.state != state:
        raise BatchDecided
    return batch


def _stored(batch_id: str) -> HeldBatchRow:
    key = HeldBatchRow.of(batch_id)
    batch = store.read_together([key]).get(key)
    if batch is None or batch.expires_at <= clock.now():
        raise BatchNotFound
    return batch


def _done(batch: HeldBatchRow) -> HeldBatchRow:
    """The batch, with nothing left in its parts: what was stored is in the registry, what was dropped is nobody's."""
    done = store.update(batch.own_key, [HeldBatchRow.done_at.set(clock.now())], HeldBatchRow.kind.exists())
    put_parts(batch, [])
    return done or batch
