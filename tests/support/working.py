"""Pieces of work in tests: a kind that counts, Lambda's clock that runs out, and the queue worked off with every fault."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chalicelib.core import clock, ids, store, work
from chalicelib.core.work import Step, Work, WorkRow
from tests.support import messages
from tests.support.lambdas import batch
from tests.support.seam import Killed, Seam, aws_error, put_in

FAULTS: list[tuple[str, BaseException]] = [
    ("before", aws_error("InternalServerError")),
    ("after", aws_error("InternalServerError")),
    ("before", Killed()),
    ("after", Killed()),
]
"""What may happen at a call: it fails, its answer is lost, the process dies before it or after it."""

MESSAGES_AT_MOST = 200


@dataclass
class Context:
    """Lambda's context: each look at the clock finds `passes` milliseconds gone of 120 seconds."""

    passes: int = 0
    left: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds that are left."""
        self.left -= self.passes
        return self.left


@dataclass
class Counting:
    """A kind of work: it counts to `last`, `width` numbers a slice, and remembers every number that it saw."""

    last: int = 10
    width: int = 3
    seen: list[int] = field(default_factory=list)
    before: Callable[[], None] = lambda: None
    """Called by each slice before it ends."""

    def step(self, row: WorkRow) -> Step:
        """Count on."""
        first = int(row.position.get("next", 0))
        numbers = range(first, min(first + self.width, self.last))
        self.seen += numbers
        self.before()
        return Step(len(numbers), {"next": numbers.stop} if numbers.stop < self.last else None)

    @property
    def work(self) -> Work:
        """Something that knows this kind alone."""
        made = Work()
        made.on("count", WorkRow, self.step)
        return made


def piece(kind: str = "count") -> WorkRow:
    """A piece of work that is not stored yet."""
    now = clock.now()
    return WorkRow(work.run_of(kind, ids.new_id()), work.SEGMENT, started_at=now, expires_at=now + timedelta(days=1))


def stored(row: WorkRow) -> WorkRow:
    """How far it is."""
    found = store.read_together([row.own_key]).get(row.own_key)
    assert found is not None
    return found


class Cuts(Seam):
    """A seam that counts and breaks the calls within `with cuts.here():` alone: those of the code, not those of the test."""

    def __init__(self) -> None:
        """Start without faults."""
        super().__init__()
        self._is_here = False

    @contextmanager
    def here(self) -> Iterator[None]:
        """Count and break what is called in this block; whatever dies in it, the test goes on behind it."""
        self._is_here = True
        try:
            yield
        except Killed:
            pass
        finally:
            self._is_here = False

    def call(self, original: Any, client: Any, operation: str, kwargs: dict[str, Any]) -> Any:
        """One call through the seam."""
        if self._is_here:
            return super().call(original, client, operation, kwargs)
        return original(client, operation, kwargs)


def work_off(works: Work, *first: dict[str, Any], passes: int = 0, cuts: Cuts | None = None) -> int:
    """Deliver messages of the queue until there are none, what failed or died again. Returns how many calls that took."""
    waiting, calls = [*first, *messages.take(work.QUEUE)], 0
    while waiting and calls < MESSAGES_AT_MOST:
        message, calls = waiting.pop(0), calls + 1
        done = False
        with cuts.here() if cuts else nullcontext():
            done = works.handle(batch(message), Context(passes)) == {"batchItemFailures": []}
        waiting += messages.take(work.QUEUE)
        if not done:
            waiting.append(message)
    assert not waiting
    return calls


def with_each_fault(once: Callable[[Cuts], None], kinds: Sequence[tuple[str, BaseException]] = FAULTS) -> int:
    """Do it with every fault of these kinds at every call. Returns how many calls it makes without one."""

    def run(at: dict[int, tuple[str, BaseException]]) -> int:
        with put_in(Cuts()) as cuts:
            cuts.at = at
            once(cuts)
        return len(cuts.calls)

    run({})  # makes the calls that a process makes once
    calls = run({})
    for number in range(calls):
        for fault in kinds:
            run({number: fault})
    return calls
