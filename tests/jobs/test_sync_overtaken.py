"""What a night looked at and what happened since: the newer word stands, and a run that is overtaken ends (R1.3, R-16, R-20)."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

import app
from chalicelib.core import clock, store
from chalicelib.core.settings import settings
from chalicelib.health.service.status import Status
from chalicelib.health.service.sync import running
from chalicelib.health.tables.sync import Phase, StagedRow, run_at
from chalicelib.people.tables.people import PersonRow
from tests.support import messages
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.dependants import bind_by_code
from tests.support.lambdas import batch
from tests.support.nights import latest, night, now_of, resident, settle, tend, work_off, worst_fact
from tests.support.remote import Remote
from tests.support.rows import spoil
from tests.support.seam import Killed
from tests.support.statuses import person_row
from tests.support.told import ToldSource, asking, of_source
from tests.support.working import Context

pytestmark = pytest.mark.jobs

DAY = timedelta(days=1)


@pytest.fixture
def source(city: TestCity, segment: str) -> Iterator[ToldSource]:  # noqa: ARG001  it is asked for its people
    with asking(city, ToldSource(batch=1, offers_changes=True)) as told:
        yield told


def normal() -> str:
    return settings().city.scheme.normal.name


def abnormal(remote: Remote, number: str) -> None:
    fact = worst_fact()
    remote.server.register.report(number, kind=fact.kind, result=fact.result, occurred_at=fact.occurred_at)


def test_what_a_later_page_takes_back_is_not_written(source: ToldSource, segment: str) -> None:
    person = resident(segment)
    settle([person])
    worst = of_source(worst_fact())
    source.tell(person.person_id, worst)
    night()
    assert now_of(person).state != normal()

    def said_again() -> None:
        if source.calls == first + 3:  # the place now, one page, the other page
            source.facts[person.person_id] = [worst]

    with clock.frozen(clock.now() + DAY):
        source.tell(person.person_id)
        source.log.append(person.person_id)
        messages.take("sync_pieces")
        first, source.before = source.calls, said_again
        run = night()
        assert (run.phase, run.is_whole) == (Phase.DONE, False)
        assert now_of(person).state != normal()


def test_a_run_is_ended_though_who_began_the_next_one_died(
    source: ToldSource, segment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle([resident(segment)])
    tend()
    older = latest()

    def dies(*_: object) -> None:
        raise Killed

    with clock.frozen(clock.now() + DAY):
        with monkeypatch.context() as patched, suppress(Killed):
            patched.setattr(running, "_end_before", dies)
            tend()
        assert latest().run_id != older.run_id
        tend()
        work_off()
        ended = run_at(older.run_id)
        assert ended is not None
        assert (ended.phase, latest().phase) == (Phase.SUPERSEDED, Phase.DONE)
    assert source.calls


def test_whom_a_night_passed_over_gets_no_fresher_by_another_look(remote: Remote, segment: str) -> None:
    person = remote.city.stranger()
    remote.verified(person, segment)
    night()
    before = Status(remote.source).shown(person_row(person)).as_of
    with clock.frozen(clock.now() + DAY):
        abnormal(remote, person.number)
        tend()
        assert app.sync_worker(batch(*messages.take("sync_pieces")), Context()) == {"batchItemFailures": []}
        staged = StagedRow.key(StagedRow.run_of(latest().run_id, segment), person_id_of(person))
        spoil(staged, "enrolment", {"S": "one"})
        work_off()
        assert latest().phase == Phase.DONE
        Status(remote.source).refresh(person_id_of(person))  # as for any fact that a registered source delivers
        assert Status(remote.source).shown(person_row(person)).as_of == before
    with clock.frozen(clock.now() + 2 * DAY):
        night()
        assert person_row(person).state != normal()


def test_the_night_doubts_the_phone_of_a_dependant_without_an_account(remote: Remote, segment: str) -> None:
    remote.server.register.offers_changes = False
    person, other = remote.city.stranger(), remote.city.stranger()
    remote.know(person)
    bind_by_code(remote.city, remote.verified(remote.city.stranger(), segment), person)
    store.update(person_row(person).own_key, [PersonRow.segment.set(segment)])
    night()
    assert (person_row(person).account, person_row(person).phone_refuted) == (None, None)
    remote.know(replace(person, phone=other.phone))
    with clock.frozen(clock.now() + DAY):
        night()
        assert person_row(person).phone_refuted
    remote.know(person)
    with clock.frozen(clock.now() + 2 * DAY):
        night()
        assert not person_row(person).phone_refuted


def test_what_was_asked_for_a_second_guardian_is_not_written_over(remote: Remote, segment: str) -> None:
    remote.server.register.offers_changes = False
    person = remote.city.stranger()
    remote.know(person)
    first, second = (remote.verified(remote.city.stranger(), segment) for _ in range(2))
    bind_by_code(remote.city, first, person)
    store.update(person_row(person).own_key, [PersonRow.segment.set(segment)])
    night()
    with clock.frozen(clock.now() + DAY) as time:
        remote.server.register.report(person.number, kind="nucleic_acid", result="negative")
        tend()
        (look,) = messages.take("sync_pieces")
        assert app.sync_worker(batch(look), Context()) == {"batchItemFailures": []}
        time.tick(60)
        abnormal(remote, person.number)
        bind_by_code(remote.city, second, person)
        work_off()
        assert latest().phase == Phase.DONE
        Status(remote.source).refresh(person_id_of(person))
        assert person_row(person).state != normal()


def test_what_was_asked_since_is_not_written_over(remote: Remote, segment: str) -> None:
    remote.server.register.offers_changes = False
    person, other = remote.city.stranger(), remote.city.stranger()
    remote.verified(person, segment)
    remote.verified(other, segment)
    night()
    with clock.frozen(clock.now() + DAY) as time:
        for one in (person, other):
            remote.server.register.report(one.number, kind="nucleic_acid", result="negative")
        tend()
        (look,) = messages.take("sync_pieces")
        assert app.sync_worker(batch(look), Context()) == {"batchItemFailures": []}
        time.tick(60)
        abnormal(remote, person.number)
        client = remote.city.log_in(person)
        assert client.put("/v1/me/identity", person.claim()).status == 200
        store.update(person_row(person).own_key, [PersonRow.segment.set(segment)])
        assert person_row(person).state != normal()
        work_off()
        assert latest().phase == Phase.DONE
        assert person_row(person).state != normal()
        assert (person_row(other).known or {})["nucleic_acid"] is not None
