"""A remote source in every state: what was known stays, as old as it is, and no fault lets anybody in (R-18, R-19)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import clock, store
from chalicelib.core.ports import SourceUnavailable
from chalicelib.core.runs import mark_complete
from chalicelib.core.settings import settings
from chalicelib.health.remote import breaker as breakers
from chalicelib.health.service.status import Shown, Status
from chalicelib.health.tables import FactRow
from chalicelib.health.tables.sync import Phase
from chalicelib.people.tables.people import SEGMENTS, PersonRow
from infra.source.faults import MODES
from tests.support import messages, nights
from tests.support.books import person_id_of, person_key
from tests.support.nights import latest, tend, worst_fact
from tests.support.people import TestPerson
from tests.support.remote import Remote, speaking_to
from tests.support.statuses import person_row

pytestmark = pytest.mark.jobs

DAY = timedelta(days=1)
NO_ANSWER = {"slow", "429", "5xx", "cut", "redirect", "unsigned"}
GARBAGE = set(MODES) - NO_ANSWER - {"ok"}


def shown(remote: Remote, person: TestPerson) -> Shown:
    return Status(remote.source).shown(person_row(person))


def normal() -> str:
    return settings().city.scheme.normal.name


def abnormal(remote: Remote, person: TestPerson) -> None:
    """Let the source report what makes somebody abnormal."""
    fact = worst_fact()
    remote.server.register.report(person.number, kind=fact.kind, result=fact.result, occurred_at=fact.occurred_at)


def facts(person: TestPerson) -> list[FactRow]:
    return list(store.query_all(FactRow, person_id_of(person), FactRow.sk >= "a"))


def one_try() -> None:
    """What the schedule and the queue do once; a piece that fails lies there for the next time."""
    import app
    from tests.support.lambdas import batch
    from tests.support.working import Context

    try:
        tend()
    except SourceUnavailable:
        return
    for _ in range(4):
        for message in messages.take("sync_pieces"):
            app.sync_worker(batch(message), Context())


def test_whoever_proves_their_identity_has_the_status_that_the_source_knows(remote: Remote) -> None:
    ill, well = remote.city.stranger(), remote.city.stranger()
    remote.know(ill)
    abnormal(remote, ill)
    client = remote.city.log_in(ill)
    assert client.put("/v1/me/identity", ill.claim()).status == 200
    remote.verified(well)

    assert shown(remote, ill).state.name != normal()
    assert shown(remote, well).state.name == normal()
    assert [row.source for row in facts(ill)] == ["reference"]


@pytest.mark.parametrize("change", ["name", "phone", "number"])
def test_a_claim_that_does_not_match_is_refused_alike(remote: Remote, change: str) -> None:
    person, other = remote.city.stranger(), remote.city.stranger()
    remote.know(person)
    client = remote.city.log_in(other if change == "phone" else person)
    claim = person.claim() | ({"name": "王某某"} if change == "name" else {})
    claim |= {"document": {"type": other.type, "number": other.number}} if change == "number" else {}
    remote.server.asked.clear()

    answer = client.put("/v1/me/identity", claim)

    assert (answer.status, answer.json["code"]) == (403, "identity_mismatch")
    assert set(remote.server.asked) == {"/identity"}


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"ok"}))
def test_nobody_is_bound_by_a_fault(remote: Remote, mode: str) -> None:
    person = remote.city.stranger()
    remote.know(person)
    client = remote.city.log_in(person)
    remote.server.mode = mode

    answer = client.put("/v1/me/identity", person.claim())

    assert (answer.status, answer.json["code"]) == (503, "source_silent"), answer.text
    assert int(answer.headers["retry-after"]) <= 60
    assert store.read_together([person_key(person)]).get(person_key(person)) is None
    assert facts(person) == []


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"ok"}))
def test_what_was_known_stays_as_old_as_it_is(remote: Remote, segment: str, mode: str) -> None:
    remote.server.register.offers_changes, remote.server.spared = False, {"/position"}
    ill, well = remote.city.stranger(), remote.city.stranger()
    remote.verified(ill, segment)
    remote.verified(well, segment)
    abnormal(remote, ill)
    nights.night()
    before = [shown(remote, person) for person in (ill, well)]
    assert [one.state.name == normal() for one in before] == [False, True]
    remote.server.mode = mode
    remote.server.register.report(ill.number, kind="nucleic_acid", result="negative")
    remote.server.register.report(well.number, kind="nucleic_acid", result="negative")

    with clock.frozen(clock.now() + DAY):
        one_try()
        after = [shown(remote, person) for person in (ill, well)]
        assert [(one.state, one.version) for one in after] == [(one.state, one.version) for one in before]
        same = [one.as_of == earlier.as_of for one, earlier in zip(after, before, strict=True)]
        assert same.count(True) == (1 if mode == "half_batch" else 2)  # of a half batch one was answered
        if mode in GARBAGE:
            assert latest().garbage == (1 if mode == "half_batch" else 2)
        else:
            assert latest().phase == Phase.LOOKING
    limit = timedelta(hours=settings().city.freshness.limit_hours)
    with clock.frozen(clock.now() + limit + timedelta(minutes=1)):
        unknown = [shown(remote, person).state == settings().city.scheme.unknown for person in (ill, well)]
        assert unknown.count(True) == (1 if mode == "half_batch" else 2)

    remote.server.mode = "ok"
    with clock.frozen(clock.now() + 2 * DAY):
        assert nights.night().phase == Phase.DONE
        assert shown(remote, well).state.name == normal()
        assert len([row for row in facts(well) if not row.withdrawn]) == 1


def test_one_for_whom_the_service_fails_holds_up_nobody_else(
    remote: Remote, segment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [remote.city.stranger() for _ in range(3)]
    for person in people:
        remote.verified(person, segment)
    number = people[1].number.encode()
    fails = MODES["5xx"]
    monkeypatch.setitem(MODES, "one_person", lambda reply: fails(reply) if number in reply.body else reply)
    remote.server.register.offers_changes, remote.server.mode = False, "one_person"
    with clock.frozen(clock.now() + DAY) as time:
        for _ in range(8):
            one_try()
            time.tick(60)  # until it is asked again, though it failed often
        assert (latest().phase, latest().garbage, latest().people) == (Phase.DONE, 1, 3)
        one, left_out, other = [shown(remote, person).as_of or clock.now() for person in people]
        assert left_out < min(one, other)


def test_what_the_source_says_no_more_is_over(remote: Remote, segment: str) -> None:
    person = remote.city.stranger()
    remote.verified(person, segment)
    abnormal(remote, person)
    nights.night()
    assert shown(remote, person).state.name != normal()
    remote.know(person)
    with clock.frozen(clock.now() + DAY):
        nights.night()
        assert shown(remote, person).state.name == normal()
        assert [row.withdrawn for row in facts(person)] == [True]


def test_changes_are_read_night_after_night(remote: Remote, segment: str) -> None:
    people = [remote.city.stranger() for _ in range(3)]
    for person in people:
        remote.verified(person, segment)
    assert nights.night().is_whole
    with clock.frozen(clock.now() + DAY):
        abnormal(remote, people[0])
        remote.know(remote.city.stranger())
        remote.server.asked.clear()
        run = nights.night()
        assert (run.is_whole, run.phase, run.turned) == (False, Phase.DONE, 1)
        assert remote.server.asked["/people"] == 0
        assert shown(remote, people[0]).state.name != normal()


@pytest.mark.parametrize("mode", ["other_person", "unknown_kind", "future"])
def test_garbage_among_changes_is_asked_for_and_nobody_gets_fresher_by_it(
    remote: Remote, segment: str, mode: str
) -> None:
    people = [remote.city.stranger() for _ in range(2)]
    for person in people:
        remote.verified(person, segment)
    nights.night()
    before = shown(remote, people[0]).as_of
    remote.server.mode, remote.server.spared = (
        mode,
        {"/people", "/position"} if mode == "other_person" else {"/position"},
    )
    with clock.frozen(clock.now() + DAY):
        abnormal(remote, people[0])
        run = nights.night()
        if mode == "other_person":  # whose change it was nobody knows, so everybody was asked for
            assert (run.is_whole, run.phase) == (True, Phase.DONE)
            assert shown(remote, people[0]).state.name != normal()
        else:
            assert shown(remote, people[0]).as_of == before
    remote.server.mode = "ok"
    with clock.frozen(clock.now() + 2 * DAY):
        nights.night()
        assert shown(remote, people[0]).state.name != normal()


def test_a_phone_that_the_source_holds_no_more_is_doubted(remote: Remote, segment: str) -> None:
    person, other = remote.city.stranger(), remote.city.stranger()
    remote.verified(person, segment)
    remote.know(replace(person, phone=other.phone))
    nights.night()
    row = person_row(person)
    assert row.phone_refuted
    assert not remote.source.confirms_phone(row.person_id, str(row.account))
    remote.know(person)
    with clock.frozen(clock.now() + DAY):
        nights.night()
        assert remote.source.confirms_phone(row.person_id, str(row.account))


def test_what_was_kept_of_somebody_goes_with_them(remote: Remote) -> None:
    person = remote.city.stranger()
    client = remote.verified(person)
    remote.source.keep(person_id_of(person), remote.source.reports([_asked(person)]).of[person_id_of(person)])
    abnormal(remote, person)
    report = remote.source.reports([_asked(person)]).of[person_id_of(person)]
    remote.source.keep(person_id_of(person), report)
    assert len(facts(person)) == 1

    assert client.delete("/v1/me").status == 204
    remote.city.deliver()
    assert facts(person) == []


def test_a_source_that_failed_often_is_left_alone_for_a_while(remote: Remote) -> None:
    remote.server.mode = "5xx"
    source = speaking_to(remote.server)
    remote.server.asked.clear()
    with clock.frozen(clock.now()) as time:
        for _ in range(4):
            with pytest.raises(SourceUnavailable):
                source.position()
        assert remote.server.asked["/position"] == breakers.FAILURES
        remote.server.mode = "ok"
        with pytest.raises(SourceUnavailable):
            source.position()
        time.tick(breakers.OPEN.total_seconds() + 1)
        assert source.position() is not None
        assert source.position() is not None


def test_no_redirect_is_followed_and_what_is_final_is_not_tried_again(remote: Remote) -> None:
    for mode, tries in (("redirect", 1), ("unsigned", 1), ("5xx", 3), ("slow", 3)):
        remote.server.mode, source = mode, speaking_to(remote.server)
        remote.server.asked.clear()
        with pytest.raises(SourceUnavailable):
            source.position()
        assert remote.server.asked["/position"] == tries, mode


def _asked(person: TestPerson) -> Any:
    from chalicelib.health.service.sync.looking import _asked as asked_of

    return asked_of(person_row(person))


def test_the_city_s_freshness_is_the_source_s(remote: Remote, segment: str) -> None:
    person = remote.city.stranger()
    remote.verified(person, segment)
    nights.night()
    as_of = nights.fresh_through(segment)
    assert isinstance(as_of, datetime)
    assert as_of <= clock.now()
    mark_complete(SEGMENTS, clock.now())
    assert isinstance(person_row(person), PersonRow)
