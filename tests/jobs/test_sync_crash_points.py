"""Whatever dies, fails, comes twice, late or out of order in a night: the same end (R-13, R-16, R-17; design §1)."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock, ids
from chalicelib.core.errors import Unavailable
from chalicelib.core.store import STORAGE_ERRORS
from chalicelib.core.work import CLAIM
from chalicelib.health.service.sync import pieces
from chalicelib.health.tables.sync import Phase
from chalicelib.people.tables.people import PersonRow
from tests.support import messages, nights
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.nights import forget_nights, latest, lose, now_of, resident, settle, tend, worst_fact
from tests.support.one_night import ROUNDS, Night
from tests.support.seam import Killed, aws_error
from tests.support.told import ToldSource, asking
from tests.support.working import Context, Cuts, with_each_fault

pytestmark = [pytest.mark.jobs, pytest.mark.slow]


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
