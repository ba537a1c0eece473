"""Two thousand generated nights, in which things come twice, late, out of order or not at all: the same end (R-13, R-17)."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

import app
from chalicelib.core import clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import STORAGE_ERRORS
from chalicelib.health.service.sync import pieces
from tests.support import messages
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.nights import forget_nights, tend
from tests.support.one_night import Night
from tests.support.seam import Killed, put_in
from tests.support.told import ToldSource, asking
from tests.support.working import Context, Cuts

pytestmark = [pytest.mark.jobs, pytest.mark.slow]

RUNS = 400
"""Generated runs of one part; two thousand in all."""


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


Events = st.lists(
    st.one_of(
        st.just(("tend",)),
        st.just(("deliver",)),
        st.tuples(st.just("again"), st.integers(0, 9)),
        st.tuples(st.just("die"), st.integers(0, 12), st.sampled_from(["before", "after"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 60, 151])),
        st.just(("no answer",)),
    ),
    max_size=8,
)


@pytest.mark.timeout(400)  # a busy machine takes four times as long
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
