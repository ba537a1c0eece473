"""Members are counted as they change: the consumer of the stream of `memberships` (decision 0015)."""

from collections.abc import Mapping, Sequence

from chalicelib.core import counters, store
from chalicelib.core.counters import Step, position_of
from chalicelib.core.log import Event, emit, where
from chalicelib.core.streams import BatchAnswer, Change, LambdaEvent, changes
from chalicelib.groups.counting import RecountMark, contribution, scope_of
from chalicelib.groups.withdrawals import withdraws


def count_members(event: LambdaEvent) -> BatchAnswer:
    """Count the changes of a batch, book by book. If storage does not answer, all of the batch is asked for again.

    There is no queue of retries: a key that comes back alone says neither what was there before nor when. What can't be
    counted for another reason, such as a number that is none any more, is told to the operators, and a recount mends it.
    """
    found = changes(event)
    for org_id, steps in _by_book(found).items():
        try:
            counters.count(scope_of(org_id), steps)
        except Exception as error:  # noqa: BLE001  one book that can't be counted must hold up no other
            if store.is_passing(error):
                emit(Event.RECORD_FAILED, sequence=found[0].sequence, error=type(error).__name__, where=where(error))
                return {"batchItemFailures": [{"itemIdentifier": found[0].sequence}]}
            emit(Event.ROW_BROKEN, table=counters.CountersTable.Meta.table, org_id=org_id, where=where(error))
    return {"batchItemFailures": []}


def _by_book(found: Sequence[Change]) -> Mapping[str, list[Step]]:
    """What the changes do to the numbers of each book, oldest first; what does nothing is left out."""
    books: dict[str, list[Step]] = {}
    for change in found:
        step = _step(change)
        if step.changes or step.mark or step.withdraws:
            books.setdefault(change.text("org_id"), []).append(step)
    return {org_id: sorted(steps, key=lambda step: step.position) for org_id, steps in books.items()}


def _step(change: Change) -> Step:
    position = position_of(change.stream, change.sequence)
    if change.text("member_id") == RecountMark.MEMBER_ID:
        return Step(position, {}, RecountMark.mark_in(change.new))
    left = dict.fromkeys(contribution(change.old), -1)
    changes = counters.total([left, contribution(change.new)])
    return Step(position, changes, withdraws=withdraws(change.old, change.new))
