"""Whatever dies, fails, comes twice, late or out of order in a night: the same end (R-13, R-16, R-17; design §1)."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import app
from chalicelib.core import clock, ids, store
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import STORAGE_ERRORS
from chalicelib.core.work import CLAIM
from chalicelib.health.service.sync import pieces
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase, StagedRow, runs_newest_first
from chalicelib.people.tables.people import PersonRow
from tests.support import messages, nights
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.nights import forget_nights, fresh_through, latest, lose, now_of, resident, settle, tend, worst_fact
from tests.support.seam import Killed, aws_error, put_in
from tests.support.told import ToldSource, asking, of_source
from tests.support.working import Context, Cuts, with_each_fault

pytestmark = [pytest.mark.jobs, pytest.mark.slow]

ROUNDS = 12

RUNS = 400
"""Generated runs of one part; two thousand in all."""


class Night:
    """One segment with somebody who changed, somebody who did not, and somebody of whom the source says garbage."""

    def __init__(self, source: ToldSource) -> None:
        """Let them live, and the source know what it knows, in a segment that has seen no night."""
        self.source, self.segment = source, ids.new_id()
        forget_nights()
        self.people = [resident(self.segment) for _ in range(3)]
        settle(self.people)
        self.turned, self.same, self.garbage = self.people
        source.tell(self.turned.person_id, of_source(worst_fact()))
        source.garbage = {self.garbage.person_id}
        source.asked.clear()

    def end(self, time: clock.FrozenClock) -> None:
        """What the schedule and the queue do until the run is done, with the time in which claims end."""
        for _ in range(ROUNDS):
            if (run := next(iter(runs_newest_first(1)), None)) is not None and run.phase == Phase.DONE:
                break
            time.tick(CLAIM.total_seconds() + 1)
            tend()
            nights.work_off()
        self.check()
        self.forget()

    def forget(self) -> None:
        """Leave nothing: the emulator looks through all rows of a table for those of an index."""
        facts = [row.own_key for row in store.query_all(FactRow, self.turned.person_id)]
        store.write_all(deletes=[*(person.own_key for person in self.people), *facts])

    def check(self) -> None:
        """That it ended as it should."""
        run = latest()
        assert (run.phase, run.people, run.asked, run.turned, run.garbage) == (Phase.DONE, 3, 3, 1, 1)
        turned, same, garbage = map(now_of, self.people)
        assert (turned.state != same.state, int(turned.status_version), int(same.status_version)) == (True, 2, 1)
        assert turned.source_mark is not None
        assert same.source_mark is not None
        assert garbage.stale_since is not None
        assert int(garbage.status_version) == 1
        assert fresh_through(self.segment) is not None
        assert not list(store.query_all(StagedRow, StagedRow.run_of(run.run_id, self.segment)))
        assert len(list(store.query_all(FactRow, turned.person_id))) == 1


@pytest.fixture
def night(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Night]]:
    """Makes nights, each of a segment of its own."""

    def made() -> Night:
        found = Night(source)
        monkeypatch.setattr(pieces, "SEGMENT_NAMES", (found.segment,))
        return found

    with asking(city, ToldSource(batch=3)) as source:
        yield made
        forget_nights()


def test_a_page_that_dies_or_fails_at_any_call_ends_the_same(night: Callable[[], Night]) -> None:
    def once(cuts: Cuts) -> None:
        at_night = night()
        with clock.frozen(clock.now()) as time:
            for work in (tend, *[deliver_all] * 3):
                with cuts.here(), suppress(*STORAGE_ERRORS, Unavailable):
                    work()
            at_night.end(time)
        # a slice is lost with the process that had it, and asked for again: never more than that
        assert max(at_night.source.asked.values()) <= 2

    assert with_each_fault(once) > 20


def deliver_all() -> None:
    """What waits in the queue, each message once."""
    for message in messages.take("sync_pieces"):
        app.sync_worker(batch(message), Context())


Events = st.lists(
    st.one_of(
        st.just(("tend",)),
        st.just(("deliver",)),
        st.tuples(st.just("again"), st.integers(0, 9)),
        st.tuples(st.just("die"), st.integers(0, 12), st.sampled_from(["before", "after"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 60, 151])),
        st.just(("no answer",)),
    ),
    max_size=12,
)


@pytest.mark.parametrize("part", range(5))
def test_events_that_come_twice_in_any_order_and_late_end_the_same(night: Callable[[], Night], part: int) -> None:
    ran = 0

    @seed(part)
    @settings(max_examples=RUNS, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(events=Events, shuffled=st.randoms(use_true_random=False))
    def one_night(events: list[Any], shuffled: random.Random) -> None:
        nonlocal ran
        ran += 1
        at_night, seen = night(), list[dict[str, Any]]()
        with clock.frozen(clock.now()) as time:
            for event in events:
                happen(at_night, time, event, seen, shuffled)
            at_night.source.before = lambda: None
            at_night.end(time)

    one_night()
    assert ran >= RUNS


def happen(
    at_night: Night, time: clock.FrozenClock, event: Any, seen: list[dict[str, Any]], shuffled: random.Random
) -> None:
    """One thing of a night."""
    seen += messages.take("sync_pieces")
    what, *more = event
    if what == "tend":
        with suppress(Unavailable):
            tend()
    elif what == "wait":
        time.tick(more[0])
    elif what == "no answer":
        at_night.source.before = no_answer_once(at_night.source)
    elif seen:
        chosen = seen[more[0] % len(seen)] if what == "again" else shuffled.choice(seen)
        deliver(chosen, more if what == "die" else None)


def no_answer_once(source: ToldSource) -> Callable[[], None]:
    """The next call of the source has no answer, those behind it do."""

    def fail() -> None:
        source.before = lambda: None
        raise Unavailable

    return fail


def deliver(message: dict[str, Any], dies: list[Any] | None) -> None:
    """One message to the worker, which dies at a call."""
    with put_in(Cuts()) as cuts:
        if dies:
            cuts.at = {dies[0]: (dies[1], Killed())}
        with cuts.here(), suppress(*STORAGE_ERRORS):
            app.sync_worker(batch(message), Context())


def test_two_workers_at_once_ask_for_nobody_twice(night: Callable[[], Night]) -> None:
    at_night = night()
    tend()
    (message,) = messages.take("sync_pieces")

    def meanwhile() -> None:
        at_night.source.before = lambda: None
        assert app.sync_worker(batch(message), Context()) == {"batchItemFailures": []}

    at_night.source.before = meanwhile
    app.sync_worker(batch(message), Context())
    with clock.frozen(clock.now()) as time:
        at_night.end(time)
    assert set(at_night.source.asked.values()) == {1}


def test_an_embedded_source_that_dies_anywhere_ends_the_same(city: TestCity, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    def once(cuts: Cuts) -> None:
        forget_nights()
        segment = ids.new_id()
        monkeypatch.setattr(pieces, "SEGMENT_NAMES", (segment,))
        person = resident(segment)
        settle([person])
        lose(person, worst_fact())
        with clock.frozen(clock.now() + timedelta(seconds=1)) as time:
            with cuts.here(), suppress(*STORAGE_ERRORS, Unavailable):
                tend()
                deliver_all()
            for _ in range(ROUNDS):
                time.tick(CLAIM.total_seconds() + 1)
                tend()
                nights.work_off()
            assert latest().phase == Phase.DONE
            found: PersonRow = now_of(person)
            assert int(found.status_version) == 2

    assert with_each_fault(once, [("after", Killed()), ("before", aws_error("InternalServerError"))]) > 15
