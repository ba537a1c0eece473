"""The nightly sync: what the source knows becomes what the city shows, once, whatever is lost, doubled or dies (R1.3)."""

from datetime import timedelta

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.health.people_effects import RETRIES
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase, looks_of, runs_newest_first
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.lambdas import batch
from tests.support.nights import (
    fresh_through,
    latest,
    lose,
    night,
    now_of,
    resident,
    settle,
    tend,
    work_off,
    worst_fact,
)
from tests.support.rows import spoil, stored
from tests.support.working import Context

pytestmark = pytest.mark.jobs


def normal() -> str:
    return settings().city.scheme.normal.name


def test_what_was_lost_on_the_way_is_found_at_night(segments: tuple[str, ...]) -> None:
    behind, fine = resident(segments[0]), resident(segments[1])
    settle([behind, fine])
    lose(behind, worst_fact())
    began, before = clock.now(), stored(fine.own_key)

    run = night()

    assert (run.phase, run.people, run.asked, run.changed, run.turned, run.garbage) == (Phase.DONE, 2, 2, 1, 1, 0)
    assert now_of(behind).state != normal()
    assert stored(fine.own_key) == before
    for segment in segments:
        assert began <= fresh_through(segment) <= clock.now()


def test_a_second_call_of_the_schedule_does_nothing_more(segments: tuple[str, ...]) -> None:
    settle([resident(segments[0]) for _ in range(3)])
    night()
    before = [vars(row) for row in looks_of(latest().run_id)]

    assert tend() == 3
    assert work_off() == 0
    assert [vars(row) for row in looks_of(latest().run_id)] == before
    assert len(runs_newest_first(9)) == 1


def test_every_day_has_its_run(segments: tuple[str, ...]) -> None:
    person = resident(segments[0])
    settle([person])
    night()
    with clock.frozen(clock.now() + timedelta(days=1)) as time:
        lose(person, worst_fact())
        night()
        assert now_of(person).state != normal()
        time.tick(3 * 86_400)  # two nights were missed
        assert night().phase == Phase.DONE
    assert len(runs_newest_first(9)) == 3


def test_pages_of_a_segment_are_all_looked_at(segments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chalicelib.health.service.registry.RegistrySource.batch", 2)
    people = [resident(segments[0]) for _ in range(7)]
    settle(people)
    for person in people:
        lose(person, worst_fact())

    with_little_time = 60_000
    tend()
    work_off(passes=with_little_time)

    run = latest()
    assert (run.people, run.asked, run.changed) == (7, 7, 7)
    # more than the share of a city is turned, so nothing was written
    assert run.phase == Phase.PARKED
    assert {now_of(person).state for person in people} == {normal()}


def test_messages_that_come_twice_and_in_any_order_end_the_same(segments: tuple[str, ...]) -> None:
    people = [resident(segment) for segment in segments]
    settle(people)
    lose(people[0], worst_fact())

    tend()
    looks = messages.take("sync_pieces")
    assert work_off(*looks, *reversed(looks), *looks) >= 3 * len(looks)

    run = latest()
    assert (run.phase, run.people, run.turned) == (Phase.DONE, 2, 1)
    assert int(now_of(people[0]).status_version) == 2


def test_a_lost_message_is_asked_for_by_the_next_call_of_the_schedule(segments: tuple[str, ...]) -> None:
    settle([resident(segment) for segment in segments])
    tend()
    messages.take("sync_pieces")

    tend()
    work_off()
    assert latest().phase == Phase.DONE


def test_effects_that_were_lost_are_done_again(segments: tuple[str, ...]) -> None:
    lately = clock.now().replace(microsecond=0)
    long_ago = lately - timedelta(hours=2)
    lost = resident(segments[0], status_version=3, effects_version=2, status_at=long_ago)
    on_its_way = resident(segments[1], status_version=3, effects_version=2, status_at=lately)
    settle([lost, on_its_way])
    messages.take(RETRIES)

    night()

    sent = messages.take(RETRIES)
    assert messages.keys(sent) == [lost.own_key.raw()]
    assert app.people_stream(batch(*sent), None) == {"batchItemFailures": []}
    assert int(now_of(lost).effects_version) == 3
    assert sum(int(row.repaired) for row in looks_of(latest().run_id)) == 1


def test_somebody_who_left_meanwhile_is_not_written(segments: tuple[str, ...]) -> None:
    person = resident(segments[0])
    settle([person])
    lose(person, worst_fact())
    tend()
    (look, *others) = messages.take("sync_pieces")
    app.sync_worker(batch(look, *others), Context())
    store.update(person.own_key, [PersonRow.enrolment.add(1), PersonRow.verified_at.remove()])

    work_off(look, *others)

    assert latest().phase == Phase.DONE
    assert int(now_of(person).status_version) == 1


def test_a_fact_that_cannot_be_read_makes_its_person_stale_and_holds_up_nobody(segments: tuple[str, ...]) -> None:
    broken, fine = resident(segments[0]), resident(segments[0])
    settle([broken, fine])
    fact = worst_fact()
    lose(broken, fact)
    lose(fine, worst_fact())
    key = FactRow.key(broken.person_id, f"{fact.kind}#{fact.fact_id}")
    spoil(key, "occurred_at", {"S": "never"})

    run = night()

    assert (run.phase, run.garbage) == (Phase.DONE, 1)
    assert now_of(broken).state == normal()
    assert now_of(broken).stale_since is not None
    assert now_of(fine).state != normal()
    spoil(key, "occurred_at", {"S": fact.occurred_at})
    with clock.frozen(clock.now() + timedelta(days=1)):
        night()
        assert now_of(broken).state != normal()
        assert now_of(broken).stale_since is None
