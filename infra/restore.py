"""Replays the ledger onto restored tables, before the city is opened again (design §4 "Erasure", R-28).

A backup knows people and books that were erased since. The ledger knows better: it is never restored to a backup, only
kept or brought back to its newest moment. What it says is carried out again in the order in which it happened; twice does
no more than once. docs/operations.md, "Restore", says what is restored and in which order.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from chalicelib.alerts.channels import sweep_channels
from chalicelib.core import clock, ids, store
from chalicelib.core.errors import GatebookError, Unavailable
from chalicelib.core.store import Key
from chalicelib.groups.effects.erasures import sweep_alerts
from chalicelib.groups.effects.sweeps import SWEPT
from chalicelib.groups.service.restore import delete_book_again, leave_again
from chalicelib.groups.service.succeeded import hand_over_again
from chalicelib.groups.service.succession import HANDED_OVER
from chalicelib.health.service.messages import sweep_messages
from chalicelib.people.service.restore import certify_again, disclose_again, end_lives_again, forget_older_phones
from chalicelib.people.tables.privacy import LedgerRow, ledger_shards
from chalicelib.places.effects.erasures import sweep_visits
from chalicelib.places.service.places import CLOSED
from chalicelib.places.service.restored import (
    close_place_again,
    hand_place_over_again,
    leave_places_again,
    unbind_again,
)
from chalicelib.places.service.succession import PLACE_HANDED_OVER
from chalicelib.tracing.keys import ADDED, ENDED, end_again
from chalicelib.tracing.restore import close_again, decide_again, proposal_of
from chalicelib.tracing.service import GRANTING, LEDGER_KINDS

OVERLAP = timedelta(minutes=5)
"""Entries from shortly before the backup are replayed as well: clocks differ, and twice does no harm."""

UNREADABLE = "Unreadable"
"""Why an entry failed whose kind nobody can tell."""

BAD_ENTRY = (GatebookError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What an entry may raise that says what no release ever wrote, or that is about rows in that state."""


class Step(Protocol):
    """Carries out again what one entry says; how many rows were, or are, not as they must be."""

    def __call__(self, entry: LedgerRow, *, write: bool) -> int:
        """Look, and with `write` do."""
        ...


STEPS: dict[str, tuple[Step, ...]] = {
    "ERASURE": (
        leave_again,
        leave_places_again,
        sweep_channels,
        sweep_alerts,
        sweep_messages,
        sweep_visits,
        end_lives_again,
    ),
    "BOOK_DELETED": (unbind_again, delete_book_again),
    SWEPT: (unbind_again, delete_book_again, certify_again),
    HANDED_OVER: (hand_over_again, disclose_again),
    CLOSED: (close_place_again,),
    PLACE_HANDED_OVER: (hand_place_over_again, disclose_again),
    "IDENTITY_PROVED": (forget_older_phones,),
    "DISCLOSURE": (disclose_again,),
    ADDED: (close_again,),
    ENDED: (end_again,),
    **dict.fromkeys(LEDGER_KINDS.values(), (decide_again,)),
}
"""What each kind of entry means for restored tables. A feature that lets people erase or decide something adds its own."""

LAST = frozenset({"DISCLOSURE"})
"""Kinds that are replayed behind all others: who was erased later gets no disclosure back."""


@dataclass(frozen=True)
class Ledger:
    """What the ledger says since a backup: its entries, and where those lie that can't be read."""

    entries: list[LedgerRow]
    unreadable: list[Key[Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Failure:
    """An entry that was not carried out, as `<day>#<shard>/<entry_id>`, which says nothing of anybody, and the kind of error."""

    entry: str
    why: str


@dataclass
class Replayed:
    """How many entries of each kind were looked at, how many rows of each were behind, and what could not be done."""

    entries: Counter[str] = field(default_factory=Counter)
    behind: Counter[str] = field(default_factory=Counter)
    failed: list[Failure] = field(default_factory=list)

    @property
    def is_settled(self) -> bool:
        """Whether the tables are as the ledger says, with nothing left to do."""
        return not self.failed and not self.behind.total()


Watch = Callable[[Replayed], None]


def replay(ledger: Ledger, *, write: bool = True, watch: Watch = lambda _: None) -> Replayed:
    """Carry out again what the ledger says; without `write` only count what it would change.

    An entry that fails, or that can't be read, stops no other; it is in `failed`. Raises Unavailable or STORAGE_ERRORS
    where storage fails. In both cases the same call may be made again.
    """
    ours = [entry for entry in ledger.entries if entry.kind in STEPS]
    done = Replayed(failed=[Failure(_name(key), UNREADABLE) for key in ledger.unreadable])
    for entry in sorted(ours, key=lambda one: (one.kind in LAST, one.at, one.entry_id)):
        done.entries[entry.kind] += 1
        try:
            done.behind[entry.kind] += _carry_out(entry, write=write)
        except BAD_ENTRY as error:
            if isinstance(error, Unavailable):
                raise
            done.failed.append(Failure(_name(entry.own_key), type(error).__name__))
        watch(done)
    return done


class RefusedByStorage(ValueError):
    """DynamoDB does not take what an entry says, such as an empty key, and never will."""


def _carry_out(entry: LedgerRow, *, write: bool) -> int:
    try:
        return sum(step(entry, write=write) for step in STEPS[entry.kind])
    except store.STORAGE_ERRORS as error:
        if store.is_passing(error):
            raise
        raise RefusedByStorage from error


def _name(key: Key[Any]) -> str:
    return f"{key.hash_value}/{key.range_value}"


def grants_in(ledger: Ledger) -> Iterator[tuple[LedgerRow, LedgerRow]]:
    """What a replay would grant: each decision that is behind, and the proposal that stands behind it."""
    for entry in ledger.entries:
        if entry.kind in GRANTING and replay(Ledger([entry]), write=False).behind.total():
            yield entry, proposal_of(entry)


def ledger_since(moment: datetime) -> Ledger:
    """The ledger since a backup was taken (aware), a little overlap included. Raises ValueError for the future."""
    start, now = moment - OVERLAP, clock.now()
    if moment > now:
        raise ValueError("the backup's moment lies in the future")
    found, broken = [], list[Key[Any]]()
    for days in range((now.date() - start.date()).days + 1):
        for shard in ledger_shards((start + timedelta(days=days)).date()):
            found += [row for row in store.query_all(LedgerRow, shard, on_broken=broken.append) if row.at >= start]
    return Ledger(found, [key for key in broken if _may_be_since(key, start)])


def _may_be_since(key: Key[Any], start: datetime) -> bool:
    """Whether an entry that can't be read may be so new; its id tells, and if that is none either, it may."""
    try:
        return ids.time_of(key.range_value or "") >= start
    except (OverflowError, ValueError):
        return True
