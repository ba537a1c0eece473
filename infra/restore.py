"""Replays the ledger onto restored tables, before the city is opened again (design §4 "Erasure", R-28).

A backup knows people and books that were erased since. The ledger knows better: it is never restored to a backup, only
kept or brought back to its newest moment. What it says is carried out again in the order in which it happened; twice does
no more than once. docs/operations.md, "Restore", says what is restored and in which order.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib.core import clock, store
from chalicelib.core.errors import GatebookError
from chalicelib.groups.service.restore import delete_book_again, leave_again
from chalicelib.people.service.restore import disclose_again, end_lives_again, forget_older_phones
from chalicelib.people.tables.privacy import LEDGER_SHARDS, LedgerRow
from chalicelib.tracing.restore import decide_again
from chalicelib.tracing.service import LEDGER_KINDS

OVERLAP = timedelta(minutes=5)
"""Entries from shortly before the backup are replayed as well: clocks differ, and twice does no harm."""


class Step(Protocol):
    """Carries out again what one entry says; how many rows were, or are, not as they must be."""

    def __call__(self, entry: LedgerRow, *, write: bool) -> int:
        """Look, and with `write` do."""
        ...


STEPS: dict[str, tuple[Step, ...]] = {
    "ERASURE": (leave_again, end_lives_again),
    "BOOK_DELETED": (delete_book_again,),
    "IDENTITY_PROVED": (forget_older_phones,),
    "DISCLOSURE": (disclose_again,),
    **dict.fromkeys(LEDGER_KINDS.values(), (decide_again,)),
}
"""What each kind of entry means for restored tables. A feature that lets people erase or decide something adds its own."""

LAST = frozenset({"DISCLOSURE"})
"""Kinds that are replayed behind all others: who was erased later gets no disclosure back."""


@dataclass
class Replayed:
    """How many entries of each kind were looked at, how many rows of each were behind, and what could not be done."""

    entries: Counter[str] = field(default_factory=Counter)
    behind: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)

    @property
    def is_settled(self) -> bool:
        """Whether the tables are as the ledger says, with nothing left to do."""
        return not self.failed and not self.behind.total()


Watch = Callable[[Replayed], None]


def replay(entries: Iterable[LedgerRow], *, write: bool = True, watch: Watch = lambda _: None) -> Replayed:
    """Carry out again what the entries say; without `write` only count what they would change.

    An entry that fails stops no other; its id is in `failed`, and the same call may be made again.
    """
    ours = [entry for entry in entries if entry.kind in STEPS]
    done = Replayed()
    for entry in sorted(ours, key=lambda one: (one.kind in LAST, one.at, one.entry_id)):
        done.entries[entry.kind] += 1
        try:
            done.behind[entry.kind] += sum(step(entry, write=write) for step in STEPS[entry.kind])
        except (GatebookError, *store.STORAGE_ERRORS):
            done.failed.append(entry.entry_id)
        watch(done)
    return done


def entries_since(moment: datetime) -> Iterator[LedgerRow]:
    """The ledger's entries since a backup was taken (aware), a little overlap included. Raises ValueError for the future."""
    start, now = moment - OVERLAP, clock.now()
    if moment > now:
        raise ValueError("the backup's moment lies in the future")
    for days in range((now.date() - start.date()).days + 1):
        day = (start + timedelta(days=days)).date()
        for shard in range(LEDGER_SHARDS):
            rows = store.query_all(LedgerRow, f"{day:%Y-%m-%d}#{shard}")
            yield from (row for row in rows if row.at >= start)
