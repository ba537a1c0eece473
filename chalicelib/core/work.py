"""Work that takes longer than one call: a stored piece of it goes on, slice by slice, until it is done.

It begins with an entry of the ledger that is written in the same transaction as what causes it. The entry's reaction stores
the piece and sends its key to the queue `work`, so that nothing is lost if a process dies in between. Each message does
slices until a fifth of the function's time is left, then sends itself again. A message may come twice, late, or after its
like; a process may die at any call. What was done before the last stored cursor is never done again, the slice behind it may
be: so a slice must end right when it is done twice. Where even that costs too much, a kind is exclusive: a delivery claims the
piece first, for as long as a function may run, and others leave it alone until then (R-17).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar, Protocol, TypeVar

from pynamodb.attributes import NumberAttribute, TTLAttribute, UnicodeAttribute, UTCDateTimeAttribute

from chalicelib.core import clock, ids, queues, store
from chalicelib.core.errors import Broken
from chalicelib.core.runs import RunsTable
from chalicelib.core.store import Action, Key, assign, is_passing, maybe
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes, consume

QUEUE = "work"
"""The queue of pieces of work that are to go on; a message is a row's key."""

SEGMENT = "work"
"""The segment of a piece that is not cut into parts."""

CLAIM = timedelta(seconds=150)
"""For how long an exclusive piece is one delivery's: longer than its function may run (`.chalice/config.json`: 120 seconds)."""

TIME_KEPT = 0.2
"""The share of a function's time after which no slice is begun: what is left is for the one that runs (R-16)."""


class WorkRow(RunsTable):
    """One piece of work: how far it is, since when, and what went wrong at its last try if something did.

    `cursor` says in JSON where the next slice begins, None at the very beginning. `turn` is another one after each slice:
    whoever finds it changed was overtaken by another delivery of the same message and leaves the work to that. A kind that is
    EXCLUSIVE is claimed until `claimed_until`; its messages go by the queue QUEUE.
    """

    QUEUE: ClassVar[str] = QUEUE
    EXCLUSIVE: ClassVar[bool] = False

    started_at = UTCDateTimeAttribute()
    done_at = maybe(UTCDateTimeAttribute)
    done = NumberAttribute(default_for_new=0)
    cursor = maybe(UnicodeAttribute)
    turn = UnicodeAttribute(default_for_new=ids.new_id)
    failed_at = maybe(UTCDateTimeAttribute)
    failure = maybe(UnicodeAttribute)
    claimed_until = maybe(UTCDateTimeAttribute)
    org_id = maybe(UnicodeAttribute)
    expires_at = TTLAttribute()

    @property
    def kind(self) -> str:
        """What work it is, as `Work.on` registered it."""
        return kind_of(self.run)

    @property
    def position(self) -> dict[str, Any]:
        """Where the next slice begins; empty at the very beginning."""
        return {} if self.cursor is None else dict(json.loads(self.cursor))


WorkRowT = TypeVar("WorkRowT", bound=WorkRow)


@dataclass(frozen=True)
class Step:
    """What one slice did: `done` things more, and from where the next slice goes on; without a cursor all is done.

    With `rests` the next slice is done by another call, whose time is still whole.
    """

    done: int
    cursor: Mapping[str, Any] | None
    changes: Sequence[Action] = field(default=())
    """What else of the row changes together with its cursor."""
    rests: bool = False


class LambdaContext(Protocol):
    """What Lambda passes beside the event, as far as it is used here."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds that are left of the run."""
        ...


def _nothing(_: Any) -> None:
    """What follows the end of most work."""


@dataclass(frozen=True)
class _Kind:
    row: type[WorkRow]
    step: Callable[[Any], Step]
    ended: Callable[[Any], None]


class Work:
    """Carries the pieces of work of one queue on. Each kind has its step; features register theirs."""

    def __init__(self, queue: str = QUEUE) -> None:
        """Take the queue. No kind is known yet."""
        self._queue = queue
        self._kinds: dict[str, _Kind] = {}

    def on(
        self,
        kind: str,
        row: type[WorkRowT],
        step: Callable[[WorkRowT], Step],
        ended: Callable[[WorkRowT], None] = _nothing,
    ) -> None:
        """Register what a slice of a kind of work does: a few hundred rows at most, and no harm if it does them twice.

        `ended` follows the last one, at least once and perhaps again.
        """
        self._kinds[kind] = _Kind(row, step, ended)

    def handle(self, event: LambdaEvent, context: LambdaContext) -> BatchAnswer:
        """Handle a Lambda event of the queue. A message that fails comes again, and is parked after five times."""
        least = int(context.get_remaining_time_in_millis() * TIME_KEPT)
        return consume(
            changes(event), partial(self._go_on, lambda: context.get_remaining_time_in_millis() > least), self._queue
        )

    def _go_on(self, has_time: Callable[[], bool], change: Change) -> None:
        """Do slices until the work is done, another delivery has overtaken this one, or the time is over."""
        run, segment = change.text("run"), change.text("segment")
        kind = self._kinds.get(kind_of(run))
        if kind is None:
            raise Broken
        key = kind.row.key(run, segment)
        row = store.read_together([key]).get(key)
        if kind.row.EXCLUSIVE and row is not None and row.done_at is None:
            row = _claimed(row)
        rests = False
        while row is not None and row.done_at is None:
            if rests:
                _hand_over(row)
                return
            row, rests = _advance(row, kind.step)
            rests = rests or not has_time()
        if row is not None:
            kind.ended(row)


def start(row: WorkRow) -> None:
    """Store a piece of work, if it is not there, and let it begin; beginning it twice does no harm.

    For reactions to the ledger. What was done already stays done.
    """
    stored = store.put_once(row, WorkRow.run.does_not_exist()) or row
    if stored.done_at is None:
        send(stored.own_key)


def send(key: Key[WorkRowT]) -> None:
    """Ask for a stored piece of work to go on. Where there is none, nothing is done."""
    queues.send(key.row.QUEUE, {"keys": key.raw()})


def run_of(kind: str, work_id: str) -> str:
    """The partition of a piece of work."""
    return f"{kind}#{work_id}"


def kind_of(run: str) -> str:
    """What kind of work lies in a partition."""
    return run.partition("#")[0]


def _advance(row: WorkRow, step: Callable[[WorkRow], Step]) -> tuple[WorkRow | None, bool]:
    """The row after one more slice, or None if somebody else was faster; and whether the next one is for another call."""
    try:
        done = step(row)
    except Exception as error:  # whatever ended the slice: operators see it at the work, and it is raised again
        _note(row, error)
        raise
    ended = clock.now() if done.cursor is None else None
    cursor = None if done.cursor is None else json.dumps(done.cursor)
    values = {"cursor": cursor, "done_at": ended, "failed_at": None, "failure": None}
    if ended is not None and row.EXCLUSIVE:
        values["claimed_until"] = None
    return _save(row, values, [WorkRow.done.set(int(row.done) + done.done), *done.changes]), done.rests


def _note(row: WorkRow, error: Exception) -> None:
    """Store what ended a slice, for operators to see, and give a claim back: the next try need not wait for its end."""
    values: dict[str, Any] = {"claimed_until": None} if row.EXCLUSIVE else {}
    if not is_passing(error):
        values |= {"failed_at": clock.now(), "failure": type(error).__name__}
    if values:
        _save(row, values)


def _claimed(row: WorkRow) -> WorkRow | None:
    """The piece, claimed; None if another delivery has it. The claim's turn fences off whoever had it before (R-17)."""
    if row.claimed_until is not None and row.claimed_until > clock.now():
        return None
    return _save(row, {"claimed_until": clock.now() + CLAIM})


def _hand_over(row: WorkRow) -> None:
    """Let another call go on: this one has no time left."""
    if not row.EXCLUSIVE or _save(row, {"claimed_until": None}) is not None:
        send(row.own_key)


def _save(row: WorkRow, values: Mapping[str, Any], more: Sequence[Action] = ()) -> WorkRow | None:
    """Change a row that nobody else has moved. A write whose answer was lost is known again by its turn."""
    turn = ids.new_id()
    actions = [*assign(WorkRow, {**values, "turn": turn}), *more]
    saved = store.update(row.own_key, actions, WorkRow.turn == row.turn)
    if saved is None:
        found = store.read_together([row.own_key]).get(row.own_key)
        saved = found if found is not None and found.turn == turn else None
    return saved
