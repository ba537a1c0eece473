"""Officers see how the nightly sync went, and let a parked run go on, together with an operator, or discard it (T-36)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, ids, store
from chalicelib.health.service.sync.releasing import discard_as_operator, release_as_operator
from chalicelib.health.tables.sync import SETTLE, Phase, SyncRunRow, run_at
from chalicelib.people.service.roles import Role
from chalicelib.people.tables.people import PersonRow
from infra.restore import ledger_since
from tests.support import messages
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.enrolled import enrolled
from tests.support.nights import parked
from tests.support.people import TestPerson
from tests.support.rows import spoiled

pytestmark = pytest.mark.api


def officer(city: TestCity) -> tuple[TestPerson, Client]:
    person = city.stranger()
    (client,) = enrolled(city, person)
    store.update(person_key(person), [PersonRow.roles.set([Role.OFFICER.value])])
    return person, client


def settling() -> int:
    """How many messages ask for what follows a decision."""
    return sum(SETTLE in key["run"]["S"] for key in messages.keys(messages.take("sync_pieces")))


def test_runs_are_listed_newest_first_with_their_numbers_alone(city: TestCity) -> None:
    _, client = officer(city)
    run_id = parked(segment=f"9999-{ids.new_id()}", abnormal=12, recovered=7)

    answer = client.get("/v1/sync-runs?limit=1")

    assert answer.status == 200, answer.text
    (item,) = answer.json["items"]
    assert item["run_id"] == run_id
    assert {name: item[name] for name in ("phase", "people", "turned", "abnormal", "recovered", "garbage", "done_at")} == {
        "phase": "parked", "people": 100, "turned": 10, "abnormal": 12, "recovered": 7, "garbage": 0, "done_at": None,
    }  # fmt: skip
    assert answer.json["cursor"] is not None
    assert client.get(f"/v1/sync-runs?limit=1&cursor={answer.json['cursor']}").status == 200
    store.delete(SyncRunRow.of(run_id))


@pytest.mark.parametrize("first", ["officer", "operator"])
def test_only_both_together_let_a_run_go_on(city: TestCity, first: str) -> None:
    person, client = officer(city)
    run_id = parked()
    messages.take("sync_pieces")
    since = clock.now() - timedelta(minutes=1)

    if first == "operator":
        release_as_operator(run_id, "ops-1")
        assert settling() == 0
    answer = client.post(f"/v1/sync-runs/{run_id}/release")
    assert answer.status == 200, answer.text
    assert (answer.json["released_by_officer"], answer.json["released_by_operator"]) == (True, first == "operator")
    if first == "officer":
        assert settling() == 0
        release_as_operator(run_id, "ops-1")
    assert settling() == 1

    entries = [one for one in ledger_since(since).entries if one.run == run_id]
    assert {(one.kind, one.principal) for one in entries} == {("SYNC_RELEASED", None), ("SYNC_RELEASED", "ops-1")}
    assert [one.people for one in entries if one.people] == [[f"{person_id_of(person)}.1"]]
    assert client.post(f"/v1/sync-runs/{run_id}/release").status == 200, "again is the same"
    assert len([one for one in ledger_since(since).entries if one.run == run_id]) == 2


def test_either_discards_it_and_then_nobody_releases_it(city: TestCity) -> None:
    _, client = officer(city)
    for by_officer in (True, False):
        run_id = parked()
        messages.take("sync_pieces")
        if by_officer:
            assert client.post(f"/v1/sync-runs/{run_id}/discard").json["phase"] == "discarded"
        else:
            discard_as_operator(run_id, "ops-1")
        assert settling() == 1
        refused = client.post(f"/v1/sync-runs/{run_id}/release")
        assert (refused.status, refused.json["code"]) == (409, "sync_run_decided")
        found = run_at(run_id)
        assert found is not None
        assert found.phase == Phase.DISCARDED


@pytest.mark.parametrize("phase", sorted({*Phase} - {Phase.PARKED}))
@pytest.mark.parametrize("what", ["release", "discard"])
def test_a_run_that_is_not_parked_is_nobodys_to_decide(city: TestCity, phase: Phase, what: str) -> None:
    _, client = officer(city)
    answer = client.post(f"/v1/sync-runs/{parked(phase=phase.value)}/{what}")
    expected = 200 if (what, phase) == ("discard", Phase.DISCARDED) else 409
    assert answer.status == expected, answer.text


def test_what_is_not_there_or_over_is_not_found(city: TestCity) -> None:
    _, client = officer(city)
    over = parked(expires_at=clock.now() - timedelta(seconds=1))
    for run_id in (over, ids.new_id()):
        for what in ("release", "discard"):
            answer = client.post(f"/v1/sync-runs/{run_id}/{what}")
            assert (answer.status, answer.json["code"]) == (404, "sync_run_not_found")
    listed = client.get("/v1/sync-runs?limit=100").json["items"]
    assert over not in [one["run_id"] for one in listed]
    assert client.get("/v1/sync-runs?limit=0").status == 422
    assert client.post("/v1/sync-runs/no%20run/release").status in {404, 422}


def test_a_broken_run_says_so_and_hides_no_other(city: TestCity) -> None:
    _, client = officer(city)
    run_id, fine = parked(), parked()
    with spoiled(SyncRunRow.of(run_id), "started_at"):
        listed = client.get("/v1/sync-runs?limit=100")
        assert listed.status == 200
        names = [one["run_id"] for one in listed.json["items"]]
        assert run_id not in names
        assert fine in names or listed.json["cursor"] is not None
        assert client.post(f"/v1/sync-runs/{run_id}/release").status == 500


def test_nobody_but_an_officer_with_a_fresh_code_decides(city: TestCity) -> None:
    run_id = parked()
    _, client = officer(city)
    (other,) = enrolled(city, city.stranger())
    assert other.post(f"/v1/sync-runs/{run_id}/release").status == 403
    with clock.frozen(clock.now() + timedelta(minutes=20)):
        answer = client.post(f"/v1/sync-runs/{run_id}/release")
        assert (answer.status, answer.json["code"]) == (401, "step_up_required")
