"""Somebody who can't be judged or written holds up nobody else, and is not shown as fresh as the others (R-19, R-20)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock
from chalicelib.core.reports import Report
from chalicelib.health.tables.sync import Phase, StagedRow
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.nights import latest, night, now_of, resident, settle, tend, work_off, worst_fact
from tests.support.rows import spoil
from tests.support.told import ToldSource, asking, of_source
from tests.support.working import Context

pytestmark = pytest.mark.jobs

DAY = timedelta(days=1)


@pytest.fixture
def source(city: TestCity, segments: tuple[str, ...]) -> Iterator[ToldSource]:  # noqa: ARG001  it is asked for them
    with asking(city, ToldSource(batch=3, offers_changes=True)) as told:
        yield told


@pytest.fixture
def people(source: ToldSource, segments: tuple[str, ...]) -> list[PersonRow]:
    """A segment that was read whole and of whom two turned abnormal since."""
    found = [resident(segments[0]) for _ in range(3)]
    settle(found)
    night()
    for person in found[:2]:
        source.tell(person.person_id, of_source(worst_fact()))
    return found


@pytest.mark.parametrize("step", ["with_report", "keep"])
def test_one_who_cannot_be_judged_or_kept_is_stale_until_that_is_mended(
    source: ToldSource, people: list[PersonRow], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, other, _ = people
    does = getattr(source, step)

    def fails(person_id: str, report: Report) -> object:
        if person_id == poison.person_id:
            raise KeyError
        return does(person_id, report)

    with clock.frozen(clock.now() + DAY), monkeypatch.context() as patched:
        patched.setattr(source, step, fails)
        assert night().phase == Phase.DONE
        assert (now_of(other).state == poison.state, now_of(other).stale_since) == (False, None)
        assert now_of(poison).state == poison.state
        assert now_of(poison).stale_since is not None
    with clock.frozen(clock.now() + 2 * DAY):
        assert night().phase == Phase.DONE
        assert (now_of(poison).state == now_of(other).state, now_of(poison).stale_since) == (True, None)


def test_what_was_put_aside_and_cannot_be_read_leaves_its_person_stale(
    people: list[PersonRow], segments: tuple[str, ...]
) -> None:
    lost, other, _ = people
    with clock.frozen(clock.now() + DAY):
        tend()
        assert app.sync_worker(batch(*messages.take("sync_pieces")), Context()) == {"batchItemFailures": []}
        staged = StagedRow.key(StagedRow.run_of(latest().run_id, segments[0]), lost.person_id)
        spoil(staged, "enrolment", {"S": "one"})
        work_off()
        assert latest().phase == Phase.DONE
        assert (now_of(other).stale_since, now_of(lost).state) == (None, lost.state)
        assert now_of(lost).stale_since is not None
    with clock.frozen(clock.now() + 2 * DAY):
        night()
        assert (now_of(lost).state == now_of(other).state, now_of(lost).stale_since) == (True, None)
