"""Nights in tests: a few people in segments of their own, and the functions of the sync called as AWS calls them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any
from unittest.mock import patch

import app
from chalicelib.core import clock, ids, runs, store
from chalicelib.core.jobs import JobRow, run_key
from chalicelib.core.ports import Fact
from chalicelib.core.settings import settings
from chalicelib.health.service.sync import pieces
from chalicelib.health.service.sync.looking import KEPT
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import (
    LookRow,
    Phase,
    PositionRow,
    SyncRunRow,
    looks_of,
    runs_newest_first,
    writes_of,
)
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.lambdas import batch
from tests.support.working import Context, Cuts

CALLS_AT_MOST = 2_000


@contextmanager
def few_segments(count: int = 2) -> Iterator[tuple[str, ...]]:
    """A city of so many segments, in which nobody lives yet and no night ever was; they are no other test's."""
    names = tuple(f"{ids.new_id()}-{number}" for number in range(count))
    with patch.object(pieces, "SEGMENT_NAMES", names):
        forget_nights()
        yield names
        forget_nights()


def forget_nights() -> None:
    """Let no night ever have been."""
    messages.take(LookRow.QUEUE)
    found = list(store.query_all(SyncRunRow, SyncRunRow.RUN))
    parts = [one.own_key for run in found for one in (*looks_of(run.run_id), *writes_of(run.run_id))]
    calls = [row.own_key for row in store.query_all(JobRow, run_key(SyncRunRow.RUN))]
    store.write_all(deletes=[*parts, *calls, *(run.own_key for run in found), PositionRow.here()])


def resident(segment: str, **columns: Any) -> PersonRow:
    """Somebody of a segment who proved their identity, normal since then by what was known."""
    now = clock.now().replace(microsecond=0)
    nothing = {"nucleic_acid": None, "vaccination": None, "travel": None, "cause": None, "reported_at": None}
    normal = {"state": settings().city.scheme.normal.name, "status_version": 1, "effects_version": 1, "status_at": now}
    return PersonRow(
        f"night{ids.new_id()}",
        "PERSON",
        **{
            "enrolment": 1,
            "verified_at": now,
            "checked_at": now,
            "segment": segment,
            "known": nothing,
            **normal,
            **columns,
        },
    )


def settle(people: Sequence[PersonRow]) -> None:
    """Store people."""
    store.write_all(people)


def worst_fact(fact_id: str = "", days_ago: int = 0) -> Fact:
    """A fact that makes somebody abnormal in every city."""
    city = settings().city
    rule = next(one for one in city.scheme.rules if city.scheme.state(one.state).is_abnormal)
    at = clock.iso(int(clock.now().timestamp()) - 60 - days_ago * 86_400)
    return Fact(fact_id or ids.new_id(), rule.fact, rule.results[0], at, "", "lost", at)


def soon_fact() -> Fact:
    """A fact whose source's clock is ahead of the city's: it begins in a moment."""
    now = worst_fact()
    at = clock.iso(int(clock.now().timestamp()) + 120)
    return Fact(now.fact_id + "s", now.kind, now.result, at, "", "lost", at)


def lose(person: PersonRow, *facts: Fact) -> None:
    """Store facts of a person in the registry, as deliveries whose record of the stream was lost."""
    store.write_all(FactRow.storing(person.person_id, fact) for fact in facts)


def now_of(person: PersonRow) -> PersonRow:
    """A person as they are stored."""
    found = store.read_together([person.own_key]).get(person.own_key)
    assert found is not None
    return found


def tend() -> int:
    """What the schedule calls."""
    return int(app.sync({}, None))


def work_off(*first: dict[str, Any], passes: int = 0, cuts: Cuts | None = None) -> int:
    """Deliver messages of the queue `sync` until there are none; what failed or died comes once more, last. Returns the calls."""
    waiting, calls = [*first, *messages.take(LookRow.QUEUE)], 0
    while waiting and calls < CALLS_AT_MOST:
        message, calls = waiting.pop(0), calls + 1
        done = False
        with cuts.here() if cuts else nullcontext():
            done = app.sync_worker(batch(message), Context(passes)) == {"batchItemFailures": []}
        waiting += messages.take(LookRow.QUEUE)
        if not done:
            waiting.append(message)
    assert not waiting
    return calls


def night() -> SyncRunRow:
    """A whole night: begun by the schedule and worked off. Returns the run as it ended."""
    tend()
    work_off()
    return latest()


def latest() -> SyncRunRow:
    """The newest run."""
    return runs_newest_first(1)[0]


def fresh_through(segment: str) -> Any:
    """What a segment is known to be complete through."""
    runs.forget_freshness()
    return runs.complete_through(segment)


def parked(**columns: Any) -> str:
    """A run that waits for an officer and an operator, among the others of the city; its name is no day's."""
    now = clock.now().replace(microsecond=0)
    counted = {"people": 100, "asked": 100, "changed": 10, "turned": 10, "garbage": 0, "decided_at": now}
    row = SyncRunRow(SyncRunRow.RUN, f"0-{ids.new_id()}", phase=Phase.PARKED.value, started_at=now)
    for name, value in {**counted, "expires_at": now + KEPT, **columns}.items():
        setattr(row, name, value)
    store.put(row)
    return row.run_id
