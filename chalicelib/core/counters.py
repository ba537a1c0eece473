"""The table `counters`: numbers that a stream's consumer keeps, each change counted once however often it comes.

The numbers of a scope and how far its stream is counted change in one transaction. Whoever delivers a change again finds
that it is behind the cursor (decision 0015). A number that is wrong all the same is put right by `correct`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import clock, store
from chalicelib.core.errors import Conflict
from chalicelib.core.store import TRANSACTION_LIMIT, Key, Row, TableMeta, Transaction, maybe

NameT = TypeVar("NameT", str, tuple[str, str])

CHANGED_AT_ONCE = TRANSACTION_LIMIT - 1
"""Numbers of one transaction; the cursor is its last part."""

CLOSED_DAYS = 2
"""How long a closed scope stays closed. A stream keeps its records for one day, so nothing of it comes after that."""

CLOSED = "~"
"""The position of a closed scope, behind every other."""

SEQUENCE_DIGITS = 40
"""The longest number that a record of a stream may have (DynamoDB Streams API, StreamRecord.SequenceNumber)."""


class CountersTable(Row):
    """Numbers by scope."""

    class Meta(TableMeta):
        """Named `counters` in design §4."""

        table = "counters"

    scope = UnicodeAttribute(hash_key=True)
    counter = UnicodeAttribute(range_key=True)


class CounterRow(CountersTable):
    """One number, `<part>#<metric>`; that of a day expires with what was counted."""

    amount = NumberAttribute()
    expires_at = maybe(TTLAttribute)

    @classmethod
    def of(cls, scope: str, counter: str) -> "Key[CounterRow]":
        """Where a number lies."""
        return cls.key(scope, counter)


class CursorRow(CountersTable):
    """How far the stream of a scope is counted, how many of its changes were, and the last mark that was passed.

    `withdrawn_at` is when the last change was counted by which something was taken back: never before it happened.
    It lies in a partition of its own, so that a query for numbers finds numbers alone.
    """

    position = UnicodeAttribute()
    counted = NumberAttribute()
    mark = maybe(UnicodeAttribute)
    withdrawn_at = maybe(UTCDateTimeAttribute)
    expires_at = maybe(TTLAttribute)

    PREFIX = "cursor#"

    @classmethod
    def of(cls, scope: str) -> "Key[CursorRow]":
        """Where the cursor of a scope lies."""
        return cls.key(f"{cls.PREFIX}{scope}", "CURSOR")


class CountedBefore(Conflict):
    """A change is not behind the cursor any more: it was counted by an earlier delivery."""


class MarkPassed(Conflict):
    """Another recount set its mark meanwhile, so what this one found is old."""


@dataclass(frozen=True)
class Step:
    """What one change of a stream does to the numbers of a scope; `mark` is set by a change that is a recount's mark.

    `withdraws` says that somebody's data are shared less by it, whatever the numbers are. `elsewhere` are numbers of other
    scopes that go with it, by scope and name: they change in the same transaction, and so once.
    """

    position: str
    changes: Mapping[str, int]
    mark: str | None = None
    withdraws: bool = False
    elsewhere: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def touched(self) -> set[tuple[str, ...]]:
        """The numbers that it changes."""
        return {(name,) for name in self.changes} | set(self.elsewhere)


@dataclass(frozen=True)
class Numbers:
    """The numbers of a scope, and which of them can't be read."""

    found: Mapping[str, int]
    broken: Sequence[str] = ()


def position_of(stream: str, sequence: str) -> str:
    """The place of a record, so that texts compare as places do: the stream by the time at which it was made, then the number.

    `stream` is the label at the end of the stream's ARN. A table that was made again has a later one, whose numbers begin anew.
    """
    return f"{stream}#{sequence.zfill(SEQUENCE_DIGITS)}"


def count(scope: str, steps: Sequence[Step], expires_at: datetime | None = None) -> None:
    """Count steps, oldest first, each once. Raises what a Transaction raises; what was counted until then stays counted.

    Numbers and cursor of a scope that is of one day are kept until `expires_at`.
    """
    for part in _parts(steps):
        _count_part(scope, part, expires_at)


def _parts(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps in their order, as many together as fit into one transaction."""
    part: list[Step] = []
    touched: set[tuple[str, ...]] = set()
    for step in steps:
        if part and len(touched | step.touched) > CHANGED_AT_ONCE:
            yield part
            part, touched = [], set()
        part.append(step)
        touched |= step.touched
    if part:
        yield part


def _count_part(scope: str, part: Sequence[Step], expires_at: datetime | None) -> None:
    while part:
        try:
            _counting(scope, part, expires_at).commit()
        except CountedBefore:
            passed = cursor(scope)
            part = [step for step in part if passed is None or step.position > passed.position]
        else:
            return


def _counting(scope: str, part: Sequence[Step], expires_at: datetime | None) -> Transaction:
    """All steps at once, if the cursor is before the first of them. A cursor that can't be read counts as none."""
    before = ~CursorRow.position.is_type() | (CursorRow.position < part[0].position)
    counted = sum(bool(step.changes) for step in part)
    actions = [CursorRow.position.set(part[-1].position), CursorRow.counted.add(counted)]
    if marks := [step.mark for step in part if step.mark is not None]:
        actions.append(CursorRow.mark.set(marks[-1]))
    if any(step.withdraws for step in part):
        actions.append(CursorRow.withdrawn_at.set(clock.now()))
    if expires_at is not None:
        actions.append(CursorRow.expires_at.set(expires_at))
    transaction = Transaction().update(CursorRow.of(scope), actions, before, CountedBefore())
    own = {(scope, counter): change for counter, change in total(step.changes for step in part).items()}
    return _adding(transaction, own | total(step.elsewhere for step in part), expires_at)


def total(several: Iterable[Mapping[NameT, int]]) -> Counter[NameT]:
    """What several changes make together, what they lower included, without what they leave as it was."""
    sum_ = Counter[NameT]()
    for one in several:
        sum_.update(one)
    return Counter({counter: change for counter, change in sum_.items() if change})


def _adding(
    transaction: Transaction, changes: Mapping[tuple[str, str], int], expires_at: datetime | None
) -> Transaction:
    expiring = [] if expires_at is None else [CounterRow.expires_at.set(expires_at)]
    for (scope, counter), change in sorted(changes.items()):
        transaction.update(CounterRow.of(scope, counter), [CounterRow.amount.add(change), *expiring])
    return transaction


def cursor(scope: str) -> CursorRow | None:
    """How far a scope is counted; None before its first change. Raises Broken."""
    key = CursorRow.of(scope)
    return store.read_together([key]).get(key)


def numbers(scope: str) -> Numbers:
    """All numbers of a scope, consistently. Those that can't be read are told to the operators and listed by their names."""
    broken: list[str] = []
    rows = store.query_all(CounterRow, scope, on_broken=lambda key: broken.append(key.range_value or ""))
    return Numbers({row.counter: int(row.amount) for row in rows}, broken)


def close(scope: str) -> None:
    """Remove the numbers of what is gone. What its stream brings afterwards is counted no more."""
    expires_at = clock.now() + timedelta(days=CLOSED_DAYS)
    closed = CursorRow.of(scope)
    row = CursorRow(closed.hash_value, closed.range_value, position=CLOSED, counted=0, expires_at=expires_at)
    store.write_all([row])
    store.write_all(deletes=[row.own_key for row in store.query_all(CountersTable, scope)])


def correct(scope: str, mark: str, differences: Mapping[str, int], broken: Iterable[str]) -> None:
    """Add what numbers lack, while the stream goes on, and set those that could not be read to theirs.

    `differences` holds for a broken number what it must be. Raises MarkPassed if another recount began meanwhile.
    """
    unread = set(broken)
    changed = sorted(unread | differences.keys())
    for start in range(0, len(changed), CHANGED_AT_ONCE):
        transaction = Transaction().check(CursorRow.of(scope), CursorRow.mark == mark, MarkPassed())
        for counter in changed[start : start + CHANGED_AT_ONCE]:
            by = differences.get(counter, 0)
            action = CounterRow.amount.set(by) if counter in unread else CounterRow.amount.add(by)
            transaction.update(CounterRow.of(scope, counter), [action])
        transaction.commit()
