"""A batch that would turn too many people abnormal waits as a whole for an officer (B3)."""

import re
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock, ids, store
from chalicelib.core.log import Event
from chalicelib.core.settings import settings
from chalicelib.health.service.held_batches import carry_out
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.tables.deliveries import WAITS, HeldBatchRow, HeldPartRow, TurnedRow
from chalicelib.people.service.roles import Role
from chalicelib.people.tables.people import PersonRow
from infra.restore import ledger_since
from tests.support.books import at_once, person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.enrolled import enrolled
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoiled
from tests.support.seam import Seam, aws_error
from tests.support.sources import SourceClient, outcomes, registered, report, withdrawal

pytestmark = pytest.mark.api

LIMIT = 5
"""`hold_above` of the demo."""


@pytest.fixture
def lab(city: TestCity) -> SourceClient:
    assert settings().city.sources.hold_above == LIMIT
    return registered(city)


def residents(city: TestCity, count: int) -> list[TestPerson]:
    """People who have a state."""
    people = [city.stranger() for _ in range(count)]
    enrolled(city, *people)
    return people


def officer(city: TestCity) -> Client:
    """A health officer."""
    person = city.stranger()
    (client,) = enrolled(city, person)
    store.update(person_key(person), [PersonRow.roles.set([Role.OFFICER.value])])
    return client


def case(person: TestPerson, **changes: Any) -> dict[str, Any]:
    """A report that makes somebody abnormal today."""
    now = clock.iso(clock.now())
    return report(person, **{"kind": "case", "result": "confirmed", "occurred_at": now, "source_time": now, **changes})


def cases(people: list[TestPerson]) -> list[dict[str, Any]]:
    return [case(person) for person in people]


def known(person: TestPerson) -> int:
    return len(RegistrySource().facts_of(person_id_of(person)))


def held(lab: SourceClient, people: list[TestPerson]) -> tuple[str, list[dict[str, Any]]]:
    """The id of a batch that was held just now, and its rows."""
    rows = cases(people)
    answer = lab.facts(*rows)
    assert (answer.status, answer.json["state"]) == (202, "held"), answer.text
    return str(answer.json["batch_id"]), rows


def parts_of(batch_id: str) -> list[Any]:
    return [one for one in items_of(HeldPartRow, HeldPartRow.KIND) if one["decision_id"]["S"].startswith(batch_id)]


def release(client: Client, batch_id: str) -> Answer:
    return client.post(f"/v1/facts/batches/{batch_id}/release")


def drop(client: Client, batch_id: str) -> Answer:
    return client.post(f"/v1/facts/batches/{batch_id}/drop")


def alarms(output: str) -> int:
    return len(re.findall(rf'"{Event.BATCH_HELD.value}"', output))


def test_as_many_as_the_city_allows_are_stored_and_one_more_waits_with_all(
    city: TestCity, lab: SourceClient, capfd: pytest.CaptureFixture[str]
) -> None:
    allowed, more = residents(city, LIMIT), residents(city, LIMIT + 1)
    assert outcomes(lab.facts(*cases(allowed))) == [("stored", None)] * LIMIT

    other = registered(city)
    harmless = city.stranger()
    answer = other.facts(*cases(more), report(harmless), report(harmless, kind="horoscope"))

    assert (answer.status, answer.json["state"]) == (202, "held")
    assert outcomes(answer) == [("held", None)] * (LIMIT + 2) + [("refused", "unknown_kind")]
    assert [known(person) for person in (*allowed, *more, harmless)] == [1] * LIMIT + [0] * (LIMIT + 2)
    assert alarms(capfd.readouterr().out) == 1


def test_small_batches_count_together_within_the_window(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    states = [lab.facts(case(person)).json["state"] for person in people]
    assert states == ["stored"] * LIMIT + ["held"]
    assert lab.facts(case(people[0], fact_id="2")).json["state"] == "stored", "who is abnormal is not turned again"
    (other,) = residents(city, 1)
    with clock.frozen(clock.now() + timedelta(hours=settings().city.sources.hold_hours, seconds=2)):
        assert lab.facts(case(other)).json["state"] == "stored"


def test_people_who_have_no_state_are_not_counted(city: TestCity, lab: SourceClient) -> None:
    people = [city.stranger() for _ in range(LIMIT * 2)]
    assert lab.facts(*cases(people)).json["state"] == "stored"


def test_a_fact_that_is_dated_a_little_ahead_counts_as_well(city: TestCity, lab: SourceClient) -> None:
    at = clock.iso(clock.now() + timedelta(minutes=4))
    rows = [case(person, occurred_at=at, source_time=at) for person in residents(city, LIMIT + 1)]
    assert lab.facts(*rows).json["state"] == "held"


def test_taking_back_what_kept_people_normal_counts_as_well(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    now = clock.now()
    with clock.frozen(now - timedelta(days=1)):
        rows = cases(people)
    cleared = [case(person, fact_id="2", result="recovered") for person in people]
    assert lab.facts(*(row for pair in zip(rows, cleared, strict=True) for row in pair)).json["state"] == "stored"
    later = clock.iso(clock.now() + timedelta(seconds=5))
    taken = [withdrawal(person, kind="case", fact_id="2", source_time=later) for person in people]
    assert lab.facts(*taken).json["state"] == "held"


def test_moving_what_kept_people_normal_to_before_its_time_counts_as_well(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    days = [clock.iso(clock.now() - timedelta(days=day)) for day in (3, 2, 1)]
    first = [case(person, occurred_at=days[1], source_time=days[1]) for person in people]
    cleared = [case(one, fact_id="2", result="recovered", occurred_at=days[2], source_time=days[2]) for one in people]
    assert lab.facts(*first, *cleared).json["state"] == "stored"
    moved = [case(person, fact_id="2", result="recovered", occurred_at=days[0]) for person in people]
    assert lab.facts(*moved).json["state"] == "held"


def test_nobody_is_looked_at_who_gets_nothing_that_turns_anybody(
    city: TestCity, lab: SourceClient, faults: Seam
) -> None:
    people = residents(city, 3)
    rows = [report(person) for person in people] + [case(person, result="recovered") for person in people]
    faults.calls.clear()
    assert outcomes(lab.facts(*rows)) == [("stored", None)] * 6
    assert faults.counts == {"BatchGetItem": 2, "GenerateMac": 1, "PutItem": 6}


def test_a_held_batch_that_comes_again_is_the_same_one(
    city: TestCity, lab: SourceClient, capfd: pytest.CaptureFixture[str]
) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, rows = held(lab, people)
    again = lab.facts(*rows)
    assert (again.status, again.json["state"], again.json["batch_id"]) == (202, "held", batch_id)
    assert alarms(capfd.readouterr().out) == 1
    mine = [one for one in officer(city).get("/v1/facts/batches").json["items"] if one["source"] == lab.source]
    assert [one["batch_id"] for one in mine] == [batch_id]


def test_an_officer_sees_how_large_a_batch_is_and_nobody_in_it(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, _ = held(lab, people)

    client, seen = officer(city), list[Any]()
    answer = client.get("/v1/facts/batches?limit=5")
    while answer.json["cursor"]:
        seen += answer.json["items"]
        answer = client.get(f"/v1/facts/batches?limit=5&cursor={answer.json['cursor']}")
    seen += answer.json["items"]

    (one,) = (item for item in seen if item["batch_id"] == batch_id)
    assert {name: one[name] for name in ("batch_id", "source", "reporter", "rows", "people_turned", "state")} == {
        "batch_id": batch_id,
        "source": lab.source,
        "reporter": "Laboratory 3",
        "rows": LIMIT + 1,
        "people_turned": LIMIT + 1,
        "state": "held",
    }
    assert person_id_of(people[0]) not in str(seen)


def test_no_document_lies_in_what_is_held(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, _ = held(lab, people)
    raw = str(parts_of(batch_id))
    assert person_id_of(people[0]) in raw
    assert not any(person.number in raw for person in people)


def test_a_released_batch_is_stored_once_and_stands_in_the_ledger(city: TestCity, lab: SourceClient) -> None:
    people, decider = residents(city, LIMIT + 1), officer(city)
    batch_id, rows = held(lab, people)

    first, again = release(decider, batch_id), release(officer(city), batch_id)

    assert (first.status, again.status) == (200, 200)
    assert first.json["state"] == again.json["state"] == "released"
    assert first.json["done_at"] == again.json["done_at"] is not None
    assert [known(person) for person in people] == [1] * (LIMIT + 1)
    entries = [one for one in ledger_since(clock.now()).entries if one.run == batch_id]
    assert [(one.kind, one.source, len(one.people or ())) for one in entries] == [("BATCH_RELEASED", lab.source, 1)]
    assert drop(decider, batch_id).code == "batch_decided"
    assert outcomes(lab.facts(*rows)) == [("unchanged", None)] * (LIMIT + 1)
    assert {fact.batch for person in people for fact in RegistrySource().facts_of(person_id_of(person))} == {batch_id}
    assert "case" not in str(parts_of(batch_id))


def test_a_release_lets_nothing_in_that_was_refused_when_the_batch_was_held(city: TestCity, lab: SourceClient) -> None:
    people, others = residents(city, LIMIT + 1), residents(city, LIMIT + 1)
    ahead = clock.iso(clock.now() + timedelta(minutes=30))
    rows = cases(people) + [case(person, occurred_at=ahead, source_time=ahead) for person in others]
    first = lab.facts(*rows)
    assert outcomes(first)[LIMIT + 1 :] == [("refused", "future_source_time")] * (LIMIT + 1)
    assert release(officer(city), first.json["batch_id"]).json["people_turned"] == LIMIT + 1

    with clock.frozen(clock.now() + timedelta(hours=1)):
        again = lab.facts(*rows)
        assert (again.status, again.json["state"]) == (202, "held")
        assert again.json["batch_id"] != first.json["batch_id"]
        assert lab.facts(*rows).json["batch_id"] == again.json["batch_id"]
        assert [known(person) for person in (*people, *others)] == [1] * (LIMIT + 1) + [0] * (LIMIT + 1)
        assert release(officer(city), again.json["batch_id"]).json["people_turned"] == LIMIT + 1
        assert all(map(known, others))
        assert lab.facts(*rows).json["state"] == "stored"


def test_what_was_reported_anew_meanwhile_stays(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, _ = held(lab, people)
    later = clock.iso(clock.now() + timedelta(minutes=1))
    lab.facts(withdrawal(people[0], kind="case", source_time=later))
    assert release(officer(city), batch_id).status == 200
    assert [known(person) for person in people] == [0] + [1] * LIMIT


def test_a_dropped_batch_is_never_stored(city: TestCity, lab: SourceClient) -> None:
    people, decider = residents(city, LIMIT + 1), officer(city)
    batch_id, rows = held(lab, people)

    assert drop(decider, batch_id).json["state"] == drop(decider, batch_id).json["state"] == "dropped"

    assert release(decider, batch_id).code == "batch_decided"
    again = lab.facts(*rows)
    assert (again.status, again.json["state"]) == (202, "dropped")
    assert outcomes(again) == [("dropped", None)] * (LIMIT + 1)
    assert not any(known(person) for person in people)
    assert "case" not in str(parts_of(batch_id))


def test_a_release_that_was_cut_short_goes_on(city: TestCity, lab: SourceClient, faults: Seam) -> None:
    """When the officer asks again."""
    people, decider = residents(city, LIMIT + 1), officer(city)
    batch_id, _ = held(lab, people)
    faults.before["PutItem"] = [None, None, aws_error("InternalServerError", "PutItem")]
    assert release(decider, batch_id).status == 503
    assert sum(map(known, people)) == 2
    assert drop(decider, batch_id).code == "batch_decided"
    assert release(decider, batch_id).json["done_at"] is not None
    assert [known(person) for person in people] == [1] * (LIMIT + 1)


def test_a_release_that_was_cut_short_goes_on_when_the_batch_comes_again(
    city: TestCity, lab: SourceClient, faults: Seam
) -> None:
    people, decider = residents(city, LIMIT + 1), officer(city)
    batch_id, rows = held(lab, people)
    faults.before["PutItem"] = [None, None, aws_error("InternalServerError", "PutItem")]
    assert release(decider, batch_id).status == 503
    key = HeldBatchRow.of(batch_id)
    undone = store.read_together([key]).get(key)
    assert outcomes(lab.facts(*rows)) == [("unchanged", None)] * (LIMIT + 1)
    assert [known(person) for person in people] == [1] * (LIMIT + 1)
    (mine,) = [one for one in decider.get("/v1/facts/batches").json["items"] if one["batch_id"] == batch_id]
    assert mine["done_at"] is not None
    assert undone is not None
    assert carry_out(undone).done_at is not None, "whoever read it before that finds it done, and nothing broken"
    assert release(decider, batch_id).json["done_at"] == mine["done_at"]


@pytest.mark.parametrize("place", range(4))
def test_holding_that_was_cut_short_holds_once(
    city: TestCity, lab: SourceClient, faults: Seam, place: int, capfd: pytest.CaptureFixture[str]
) -> None:
    people = residents(city, LIMIT + 1)
    rows = cases(people)
    faults.after["PutItem"] = [None] * place + [aws_error("InternalServerError", "PutItem")]
    statuses = {lab.facts(*rows).status, lab.facts(*rows).status}
    assert statuses <= {202, 503}
    faults.after.clear()
    batch_id = lab.facts(*rows).json["batch_id"]
    listed = officer(city).get("/v1/facts/batches").json["items"]
    assert [one["batch_id"] for one in listed if one["source"] == lab.source] == [batch_id]
    assert not any(known(person) for person in people)
    assert alarms(capfd.readouterr().out) == 1, "a batch of which nobody heard would wait in vain"


def test_two_officers_at_once_decide_once(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, _ = held(lab, people)
    deciders = [(release, officer(city)), (drop, officer(city)), (release, officer(city))]
    answers = at_once(3, lambda number: deciders[number][0](deciders[number][1], batch_id))
    states = {one.json["state"] for one in answers if one.status == 200}
    assert len(states) == 1
    assert {one.code for one in answers if one.status != 200} <= {"batch_decided"}
    assert sum(map(known, people)) == (LIMIT + 1 if states == {"released"} else 0)
    entries = [one for one in ledger_since(clock.now()).entries if one.run == batch_id]
    assert len(entries) == 1


def test_the_same_batch_thrice_at_once_waits_once(city: TestCity, lab: SourceClient) -> None:
    """As when a source did not wait for the first answer."""
    people = residents(city, LIMIT + 1)
    rows = cases(people)
    answers = at_once(3, lambda _: lab.facts(*rows))
    assert {(one.status, one.json["state"]) for one in answers} == {(202, "held")}
    (batch_id,) = {one.json["batch_id"] for one in answers}
    decider = officer(city)
    listed = [one["batch_id"] for one in decider.get("/v1/facts/batches").json["items"] if one["source"] == lab.source]
    assert listed == [batch_id]
    assert release(decider, batch_id).status == 200
    assert {fact.batch for person in people for fact in RegistrySource().facts_of(person_id_of(person))} == {batch_id}


def test_many_deliveries_at_once_turn_no_more_than_allowed(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT * 2)
    answers = at_once(len(people), lambda number: lab.facts(case(people[number])))
    assert {one.status for one in answers} <= {200, 202, 503}
    assert sum(map(known, people)) <= LIMIT


def test_who_may_decide(city: TestCity, lab: SourceClient) -> None:
    batch_id, _ = held(lab, residents(city, LIMIT + 1))
    (resident,) = enrolled(city, city.stranger())
    for client, code in ((city.api, "session_required"), (lab, "session_required"), (resident, "officer_required")):
        for answer in (client.get("/v1/facts/batches"), release(client, batch_id), drop(client, batch_id)):
            assert answer.code == code
    late = officer(city)
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert late.get("/v1/facts/batches").status == 200
        assert release(late, batch_id).code == drop(late, batch_id).code == "step_up_required"
    assert release(late, batch_id).status == 200


def test_what_is_not_there_or_waited_too_long_is_not_found(city: TestCity, lab: SourceClient) -> None:
    batch_id, rows = held(lab, residents(city, LIMIT + 1))
    decider = officer(city)
    assert release(decider, ids.new_id()).code == drop(decider, "never").code == "batch_not_found"
    with clock.frozen(clock.now() + WAITS + timedelta(seconds=1)):
        (late,) = enrolled(city, person := city.stranger())
        store.update(person_key(person), [PersonRow.roles.set([Role.OFFICER.value])])
        assert release(late, batch_id).code == "batch_not_found"
        assert all(one["batch_id"] != batch_id for one in late.get("/v1/facts/batches").json["items"])
        assert (again := lab.facts(*rows)).json["state"] == "held"
        assert release(late, again.json["batch_id"]).json["state"] == "released", "delivered anew, it waits anew"


@pytest.mark.parametrize(("attribute", "value"), [("source", None), ("rows", {"S": "many"}), ("state", {"S": "lost"})])
def test_a_broken_batch_is_an_error_of_ours(
    city: TestCity, lab: SourceClient, attribute: str, value: dict[str, str] | None
) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, _ = held(lab, people)
    decider = officer(city)
    with spoiled(HeldBatchRow.of(batch_id), attribute, value):
        answer = release(decider, batch_id)
    assert answer.status in {409, 500}
    assert not any(known(person) for person in people)
    assert release(decider, batch_id).status == 200


def test_a_batch_with_a_broken_part_is_not_half_released(city: TestCity, lab: SourceClient) -> None:
    people = residents(city, LIMIT + 1)
    batch_id, _ = held(lab, people)
    decider = officer(city)
    for value in (None, {"S": "{}"}, {"S": "[]"}, {"S": "["}):
        with spoiled(HeldPartRow.of(batch_id, 0), "facts", value):
            assert release(decider, batch_id).code == "broken_record"
    assert not any(known(person) for person in people)
    assert release(decider, batch_id).json["done_at"] is not None
    assert all(map(known, people))


def test_a_broken_count_stops_the_source(city: TestCity, lab: SourceClient) -> None:
    first, second = residents(city, 2)
    assert lab.facts(case(first)).status == 200
    with spoiled(TurnedRow.of(lab.source), "people", {"L": [{"S": "x.y"}]}):
        assert lab.facts(case(second)).code == "broken_record"
    assert known(second) == 0


def test_large_batches_lie_in_parts(city: TestCity, lab: SourceClient) -> None:
    long = "\U00020bb7" * 200
    people = residents(city, LIMIT + 1)
    rows = [case(people[number % len(people)], fact_id=f"{number:03}{long[:197]}", place=long) for number in range(130)]
    answer = lab.facts(*rows)
    assert answer.json["state"] == "held", answer.text
    assert len(parts_of(answer.json["batch_id"])) == 4
    assert release(officer(city), answer.json["batch_id"]).status == 200
    assert sum(map(known, people)) == 130
