"""What the ledger's stream causes: disclosures reach the access logs, erased lives are swept, books are taken apart."""

from collections.abc import Callable, Sequence

from chalicelib.core import store
from chalicelib.core.log import Event, emit
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume
from chalicelib.people.service.erasure import sweep_erased
from chalicelib.people.service.privacy import disclosures_of
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow, LedgerRow

LedgerHook = Callable[[LedgerRow], object]

RETRIES = "ledger_retries"
"""The queue of entries that are tried again."""


class LedgerEffects:
    """Consumes the ledger's stream. Each kind of entry has its reactions; features above register theirs."""

    def __init__(self) -> None:
        """Know the reactions of people; others are added by `on_entry`."""
        self._reactions: dict[str, list[LedgerHook]] = {"DISCLOSURE": [fan_out], "ERASURE": [_sweep]}

    def on_entry(self, kind: str, *hooks: LedgerHook) -> None:
        """Register reactions to a kind of entry; several are called in the order of registration."""
        self._reactions.setdefault(kind, []).extend(hooks)

    def handle(self, event: LambdaEvent) -> BatchAnswer:
        """Handle a Lambda event of the stream or of the queue of retries."""
        return consume(changes(event), self._react, RETRIES)

    def _react(self, change: Change) -> None:
        entry = _entry(change)
        if entry is None:  # it expired
            return
        for reaction in self._reactions.get(entry.kind, ()):
            reaction(entry)


def _entry(change: Change) -> LedgerRow | None:
    if change.again:
        key = LedgerRow.key(change.text("day_shard"), change.text("entry_id"))
        return store.read_together([key]).get(key)
    return None if change.new is None else LedgerRow.from_raw_data(change.new)


def fan_out(entry: LedgerRow) -> None:
    """Write a disclosure into the access log of each person whose life goes on (B1).

    A life may end between the look at it and the write, so a second look takes back what came too late; a consumer that
    died in between does so when the entry comes again.
    """
    rows = disclosures_of(entry)
    ended = _ended(rows)
    store.write_all(row for row in rows if row.person_id not in ended)
    ended = _ended(rows)
    store.write_all(deletes=[row.own_key for row in rows if row.person_id in ended])


def _ended(rows: Sequence[AccessRow]) -> set[str]:
    """The people whose life, to which these entries belong, is over."""
    keys = {row.person_id: PersonRow.of(row.person_id) for row in rows}
    people = store.read_together(keys.values())
    present = {person_id: person.enrolment for person_id, key in keys.items() if (person := people.get(key))}
    return {row.person_id for row in rows if present.get(row.person_id) != row.enrolment}


def _sweep(entry: LedgerRow) -> None:
    emit(Event.SWEEP_DONE, count=sweep_erased(entry))
