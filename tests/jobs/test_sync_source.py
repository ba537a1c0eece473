"""The nightly sync of a source that is asked over a network: by batches or by changes, with what it does not answer (R-18)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.service.status import Status
from chalicelib.health.tables.sync import Phase, PositionRow, looks_of, runs_newest_first
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.city import TestCity
from tests.support.lambdas import batch
from tests.support.nights import fresh_through, latest, night, now_of, resident, settle, tend, work_off, worst_fact
from tests.support.rows import stored
from tests.support.told import ToldSource, asking, down, of_source
from tests.support.working import Context

pytestmark = pytest.mark.jobs

DAY = timedelta(days=1)


@pytest.fixture
def source(city: TestCity, segments: tuple[str, ...]) -> Iterator[ToldSource]:  # noqa: ARG001  it is asked for them
    with asking(city, ToldSource(batch=3)) as told:
        yield told


def people_of(segments: tuple[str, ...], count: int = 8) -> list[PersonRow]:
    people = [resident(segments[number % len(segments)]) for number in range(count)]
    settle(people)
    return people


def normal() -> str:
    return settings().city.scheme.normal.name


def test_a_first_night_marks_everybody_and_the_next_writes_only_changes(
    source: ToldSource, segments: tuple[str, ...]
) -> None:
    people = people_of(segments)
    assert night().changed == len(people)
    before = [stored(person.own_key) for person in people]
    with clock.frozen(clock.now() + DAY):
        source.asked.clear()
        source.tell(people[0].person_id, of_source(worst_fact()))
        run = night()
        assert (run.changed, run.turned, run.phase) == (1, 1, Phase.DONE)
        assert [stored(person.own_key) for person in people[1:]] == before[1:]
        assert now_of(people[0]).state != normal()
    assert set(source.asked.values()) == {1}


def test_what_the_source_takes_back_is_over(source: ToldSource, segments: tuple[str, ...]) -> None:
    (person,) = people_of(segments, 1)
    source.tell(person.person_id, of_source(worst_fact()))
    night()
    assert now_of(person).state != normal()
    with clock.frozen(clock.now() + DAY):
        source.tell(person.person_id)
        night()
        assert now_of(person).state == normal()


def test_a_segment_is_as_fresh_as_the_source_says(source: ToldSource, segments: tuple[str, ...]) -> None:
    people_of(segments)
    source.as_of = (clock.now() - timedelta(hours=3)).replace(microsecond=0)
    night()
    assert [fresh_through(segment) for segment in segments] == [source.as_of] * 2


def test_a_source_that_does_not_answer_leaves_everything_as_it_is_and_is_asked_again(
    source: ToldSource, segments: tuple[str, ...]
) -> None:
    people = people_of(segments)
    tend()
    waiting = messages.take("sync_pieces")
    source.before = down
    for message in waiting:
        assert app.sync_worker(batch(message), Context())["batchItemFailures"] != []
    assert [fresh_through(segment) for segment in segments] == [None, None]
    assert {now_of(person).status_version for person in people} == {1}

    source.before = lambda: None
    tend()
    work_off()
    assert latest().phase == Phase.DONE


def test_one_who_is_never_answered_for_holds_up_nobody_else(source: ToldSource, segments: tuple[str, ...]) -> None:
    source.batch = 16
    people = people_of(segments[:1], 40)
    source.refused = {people[21].person_id}
    assert night().garbage == 1
    assert latest().phase == Phase.DONE
    assert set(source.asked) == {person.person_id for person in people} - source.refused
    assert max(source.asked.values()) == 1
    assert [person for person in people if now_of(person).stale_since] == [people[21]]
    with clock.frozen(clock.now() + DAY):
        source.refused.clear()
        assert night().garbage == 0
        assert now_of(people[21]).stale_since is None


def test_a_source_that_answers_for_nobody_is_left_alone_after_some_of_them(
    source: ToldSource, segments: tuple[str, ...]
) -> None:
    source.refused = {person.person_id for person in people_of(segments[:1], 12)}
    most = settings().city.sync.least + 1
    for _ in range(10):
        tend()
        for message in messages.take("sync_pieces"):
            app.sync_worker(batch(message), Context())
    (stuck,) = [look for look in looks_of(latest().run_id) if look.done_at is None]
    assert (latest().phase, stuck.done, stuck.garbage) == (Phase.LOOKING, most, most)
    assert source.calls < 60, "it is not asked without end"


def test_a_source_that_is_gone_for_hours_makes_nobody_garbage_and_is_asked_for_batches_again(
    source: ToldSource, segments: tuple[str, ...]
) -> None:
    source.batch = 8
    people = people_of(segments[:1], 60)
    tend()
    source.before = down
    for _ in range(20):
        for message in messages.take("sync_pieces"):
            app.sync_worker(batch(message), Context())
        tend()
    assert (latest().phase, source.asked) == (Phase.LOOKING, {})
    source.before, source.calls = lambda: None, 0
    tend()
    work_off()
    assert (latest().phase, latest().garbage, latest().people) == (Phase.DONE, 0, 60)
    assert set(source.asked.values()) == {1}
    assert source.calls <= 60 / 8 + 4 + 2
    assert len(people) == len(source.asked)


def test_whose_report_is_garbage_stays_as_old_as_they_were(source: ToldSource, segments: tuple[str, ...]) -> None:
    people = people_of(segments)
    night()
    known = fresh_through(segments[0])
    source.garbage = {people[0].person_id}
    status = Status(RegistrySource())
    person = people[0]
    with clock.frozen(clock.now() + DAY):
        assert night().garbage == 1
        assert now_of(person).stale_since == known
    with clock.frozen(clock.now() + 2 * DAY + timedelta(minutes=1)):
        night()
        store.update(person.own_key, [PersonRow.segment.set(person.segment)])
        assert now_of(person).stale_since == known
        source.garbage.clear()
    with clock.frozen(clock.now() + 3 * DAY):
        night()
        assert now_of(person).stale_since is None
        assert status.shown(now_of(person)).state.name == normal()


def test_changes_are_read_and_everybody_once_a_week(source: ToldSource, segments: tuple[str, ...]) -> None:
    source.offers_changes = True
    people = people_of(segments, 20)
    assert night().is_whole
    for day in range(1, 8):
        source.asked.clear()
        with clock.frozen(clock.now() + day * DAY):
            for person in people[:2]:
                source.tell(person.person_id, of_source(worst_fact(days_ago=-day)))
            run = night()
            is_whole = day == settings().city.sync.whole_days
            assert (run.phase, run.is_whole) == (Phase.DONE, is_whole)
            assert len(source.asked) == (20 if is_whole else 0)
            assert int(now_of(people[0]).status_version) == 1 + day
            assert [fresh_through(segment).date() for segment in segments] == [clock.now().date()] * 2


def test_who_was_garbage_is_asked_for_where_only_changes_are_read(
    source: ToldSource, segments: tuple[str, ...]
) -> None:
    source.offers_changes = True
    people = people_of(segments)
    source.garbage = {people[0].person_id}
    night()
    with clock.frozen(clock.now() + DAY):
        source.garbage.clear()
        source.asked.clear()
        night()
        assert set(source.asked) == {people[0].person_id}
        assert now_of(people[0]).stale_since is None


def test_a_forgotten_cursor_makes_the_night_a_whole_one(source: ToldSource, segments: tuple[str, ...]) -> None:
    source.offers_changes = True
    people = people_of(segments)
    night()
    with clock.frozen(clock.now() + DAY):
        source.tell(people[0].person_id, of_source(worst_fact()))
        source.forgot = 99
        night()
        newest, before, *_ = runs_newest_first(5)
        assert (newest.phase, newest.is_whole, before.phase) == (Phase.DONE, True, Phase.SUPERSEDED)
        assert newest.run_id == f"{before.run_id}-02"
        assert now_of(people[0]).state != normal()


def test_a_source_that_has_no_answer_to_what_changed_is_asked_for_everybody(
    source: ToldSource, segments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    source.offers_changes = True
    people = people_of(segments)
    night()
    with clock.frozen(clock.now() + DAY):
        source.tell(people[0].person_id, of_source(worst_fact()))
        monkeypatch.setattr(source, "changes", lambda _: down())
        night()
        newest, before, *_ = runs_newest_first(5)
        assert (newest.phase, newest.is_whole, before.phase) == (Phase.DONE, True, Phase.SUPERSEDED)
        assert now_of(people[0]).state != normal()


def test_a_source_that_answers_nothing_at_all_makes_no_night_a_whole_one(
    source: ToldSource, segments: tuple[str, ...]
) -> None:
    source.offers_changes = True
    people_of(segments)
    night()
    with clock.frozen(clock.now() + DAY):
        tend()
        waiting = messages.take("sync_pieces")
        source.before = down
        for _ in range(9):
            for message in waiting:
                app.sync_worker(batch(message), Context())
        assert (len(runs_newest_first(5)), latest().is_whole, latest().phase) == (2, False, Phase.LOOKING)
        source.before = lambda: None
        tend()
        work_off()
        assert (latest().is_whole, latest().phase) == (False, Phase.DONE)


def test_nothing_that_changed_while_a_run_went_on_is_lost(source: ToldSource, segments: tuple[str, ...]) -> None:
    source.offers_changes = True
    people = people_of(segments)
    told = False

    def meanwhile() -> None:
        nonlocal told
        if source.calls > 3 and not told:
            told = True
            source.tell(people[0].person_id, of_source(worst_fact()))

    source.before = meanwhile
    night()
    with clock.frozen(clock.now() + DAY):
        night()
        assert now_of(people[0]).state != normal()


def test_changes_of_people_who_are_not_here_are_passed_over(source: ToldSource, segments: tuple[str, ...]) -> None:
    source.offers_changes = True
    people_of(segments)
    night()
    with clock.frozen(clock.now() + DAY):
        source.tell("nobody", of_source(worst_fact()))
        run = night()
        assert (run.phase, run.changed, run.asked) == (Phase.DONE, 0, 1)
        assert sum(int(look.asked) for look in looks_of(run.run_id)) == 1
        known = store.read_together([PositionRow.here()]).get(PositionRow.here())
        assert known is not None
        assert known.position == "1"
