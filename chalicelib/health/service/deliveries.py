"""Use cases of registered sources: delivering facts and identities (issue "Facts"; B3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from chalicelib.core import clock, ids, store
from chalicelib.core.crypto import IdentityMacs, derive_key
from chalicelib.core.errors import Broken, Invalid
from chalicelib.core.fields import FieldCipher
from chalicelib.core.log import Event, emit
from chalicelib.health.access import Sender
from chalicelib.health.rows import Origin, RawRow, RowReader
from chalicelib.health.service.held_batches import carry_out
from chalicelib.health.service.holding import may_turn, turned_by
from chalicelib.health.service.storing import Outcome, Places
from chalicelib.health.tables import DeliveredRow, FactRow, IdentityRow
from chalicelib.health.tables.deliveries import (
    WAITS,
    BatchState,
    HeldBatchRow,
    IdentitiesRow,
    SeenBatchRow,
    put_parts,
)

RowT = TypeVar("RowT", bound=DeliveredRow)


@dataclass(frozen=True)
class RowOutcome:
    """What became of one row; `reason` is the code of why it was refused."""

    outcome: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class Delivered:
    """What became of a batch: its id, whether it waits or was dropped, and of each row in its order."""

    batch_id: str
    rows: list[RowOutcome]
    state: BatchState | None = None


@dataclass(frozen=True)
class FactReport:
    """One row of a batch of facts: what it says by column, and whether it takes the fact back."""

    columns: RawRow
    withdrawn: bool


class Deliveries:
    """Takes what registered sources deliver. The same delivery twice changes nothing the second time."""

    def __init__(self, cipher: FieldCipher) -> None:
        """Take who seals names, documents and phones."""
        self._cipher = cipher

    def facts(self, sender: Sender, reporter: str, reports: Sequence[FactReport]) -> Delivered:
        """Store facts, or hold all of them if they would turn more people abnormal than the city lets a source (B3)."""
        held = _held_before(sender)
        batch_id = _batch_id(sender, held)
        reader, origin = self._reader(), Origin(sender.name, batch_id, reporter)
        parsed = [
            _parsed(reader.withdrawn_fact if one.withdrawn else reader.delivered_fact, one.columns, origin)
            for one in reports
        ]
        if held is not None and held.state != BatchState.RELEASED:
            state = _state(held)
            return Delivered(batch_id, _waiting(parsed, Outcome(state.value)), state)
        facts = [row for row in parsed if isinstance(row, FactRow)]
        places = Places(facts)
        turned = turned_by([fact for fact in facts if places.settled(fact) is None], places)
        if may_turn(sender.name, turned):
            return Delivered(batch_id, _stored(parsed, places))
        batch_id = _hold(sender, origin, facts, len(turned))
        return Delivered(batch_id, _waiting(parsed, Outcome.HELD), BatchState.HELD)

    def identities(self, sender: Sender, reporter: str, rows: Sequence[RawRow]) -> Delivered:
        """Store who is who. From the first one on the city compares identities."""
        reader, origin = self._reader(), Origin(sender.name, ids.new_id(), reporter)
        parsed = [_parsed(reader.delivered_identity, raw, origin) for raw in rows]
        identities = [row for row in parsed if isinstance(row, IdentityRow)]
        outcomes = _stored(parsed, Places(identities))
        if identities:
            store.put(IdentitiesRow(IdentitiesRow.RUN, sender.name))
        return Delivered(origin.batch, outcomes)

    def _reader(self) -> RowReader:
        """A reader with the identity key for this one batch, which has up to 1,500 ids to make: it is asked for once."""
        key = derive_key("identity")
        return RowReader(IdentityMacs(lambda _: key), self._cipher)


def _parsed(parse: Callable[[RawRow, Origin], RowT], raw: RawRow, origin: Origin) -> RowT | RowOutcome:
    try:
        return parse(raw, origin)
    except Invalid as error:
        return RowOutcome(Outcome.REFUSED, error.code)


def _stored(parsed: Sequence[FactRow | IdentityRow | RowOutcome], places: Places) -> list[RowOutcome]:
    return [row if isinstance(row, RowOutcome) else RowOutcome(*places.store(row)) for row in parsed]


def _waiting(parsed: Sequence[FactRow | RowOutcome], outcome: Outcome) -> list[RowOutcome]:
    return [row if isinstance(row, RowOutcome) else RowOutcome(outcome) for row in parsed]


def _held_before(sender: Sender) -> HeldBatchRow | None:
    """This very batch as it was held when it came before; None if it never was, or too long ago.

    What an officer released of it is stored before anything else, if that was cut short.
    """
    if sender.seen is None:
        return None
    key = HeldBatchRow.of(sender.seen.batch_id)
    held = store.read_together([key]).get(key)
    if held is None or held.expires_at <= clock.now():
        return None
    return carry_out(held) if held.state == BatchState.RELEASED else held


def _batch_id(sender: Sender, held: HeldBatchRow | None) -> str:
    """The id under which a batch waits or waited. One that was released is as any other: what was not in it then is new."""
    is_released = held is not None and held.state == BatchState.RELEASED
    return ids.new_id() if sender.seen is None or is_released else str(sender.seen.batch_id)


def _state(held: HeldBatchRow) -> BatchState:
    """What became of a held batch. Raises Broken."""
    try:
        return BatchState(held.state)
    except ValueError as error:
        raise Broken from error


def _hold(sender: Sender, origin: Origin, facts: Sequence[FactRow], turned: int) -> str:
    """Keep a batch for an officer, once; returns the id under which it waits, which its facts then name.

    Its header is stored last, so whatever is listed is whole. Operators are told before: rather twice than never, should the
    call end just then.
    """
    until = clock.now() + WAITS
    batch_id = _remembered(sender, origin.batch, until)
    for fact in facts:
        fact.batch = batch_id
    batch = HeldBatchRow(
        HeldBatchRow.KIND,
        batch_id,
        source=origin.source,
        reporter=origin.reporter,
        at=clock.now(),
        rows=len(facts),
        turned=turned,
        state=BatchState.HELD.value,
        expires_at=until,
    )
    put_parts(batch, facts)
    emit(Event.BATCH_HELD, count=turned)
    store.put_once(batch, HeldBatchRow.kind.does_not_exist() | (HeldBatchRow.expires_at <= clock.now()))
    return batch_id


def _remembered(sender: Sender, batch_id: str, until: datetime) -> str:
    """Note under which id this body waits; returns the id that it has already if it came twice at the same moment."""
    key = SeenBatchRow.of(sender.name, sender.digest)
    row = SeenBatchRow(key.hash_value, key.range_value, batch_id=batch_id, expires_at=until + timedelta(days=1))
    free = SeenBatchRow.kind.does_not_exist() | (SeenBatchRow.expires_at <= clock.now())
    if sender.seen is not None:
        free |= SeenBatchRow.batch_id == sender.seen.batch_id
    first = store.put_once(row, free)
    return batch_id if first is None else str(first.batch_id)
