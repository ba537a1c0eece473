"""The family view: a guardian sees and shows a dependant's code, who reads of it; none is for who acts alone (R0.4, R2.5)."""

from datetime import timedelta

import pytest

from chalicelib.core import clock, store
from chalicelib.people.service.bindings import Relation
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.people import PersonRow
from chalicelib.people.tables.privacy import AccessRow
from tests.api.health.steps import refused, worse
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.dependants import child_of, put_binding
from tests.support.enrolled import anybody, enrolled
from tests.support.people import TestPerson
from tests.support.rows import spoil
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.api

DEPENDANTS = "/v1/me/dependants"


@pytest.fixture
def mother(city: TestCity, person: TestPerson) -> Client:
    """The session of a guardian."""
    (client,) = enrolled(city, person)
    return client


def bound(client: Client, little: TestPerson) -> str:
    """The id of a child who is bound by the source's word."""
    answer = client.post(DEPENDANTS, {**little.claim_of_a_guardian(), "relation": "child"})
    assert answer.status == 201, answer.text
    return str(answer.json["dependant_id"])


def code(client: Client, dependant_id: str) -> Answer:
    return client.get(f"{DEPENDANTS}/{dependant_id}/health-code")


def looks(person: TestPerson) -> list[AccessRow]:
    """The looks in somebody's access log."""
    return [row for row in store.query_all(AccessRow, person_id_of(person)) if row.why == "family"]


def test_a_mother_sees_her_childs_code_and_shows_it(city: TestCity, person: TestPerson, mother: Client) -> None:
    little = child_of(city, person)
    dependant_id = bound(mother, little)
    cause = worse(city, little)
    city.deliver()

    answer = code(mother, dependant_id)

    assert (answer.status, answer.json["state"], answer.json["cause"]["rule"]) == (200, cause.state, cause.rule)
    seen = anybody(city).post("/v1/passes/verify", {"pass": answer.json["pass"]}).json
    assert (seen["name"], seen["state"]["state"]) == ("王**", cause.state)
    drawn = mother.get(f"{DEPENDANTS}/{dependant_id}/health-code/qr")
    assert (drawn.status, drawn.headers["content-type"]) == (200, "image/svg+xml")
    assert person_id_of(little) not in answer.text


def test_the_child_reads_of_it_once_an_hour(city: TestCity, person: TestPerson, mother: Client) -> None:
    little = child_of(city, person)
    dependant_id = bound(mother, little)
    hour = clock.now().replace(minute=10, second=0, microsecond=0)
    with clock.frozen(hour) as time:
        for _ in range(3):
            assert code(mother, dependant_id).status == 200
            time.tick(60)
        time.tick(3_600)
        assert mother.get(f"{DEPENDANTS}/{dependant_id}/health-code/qr").status == 200
        city.deliver()

    entries = looks(little)
    assert [clock.iso(one.at) for one in entries] == [
        clock.iso(hour.replace(minute=0)),
        clock.iso(hour.replace(minute=0) + timedelta(hours=1)),
    ]
    assert [(one.actor, list(one.what)) for one in entries] == [("王**", ["name", "health_code"])] * 2
    assert looks(person) == []


def test_a_parent_with_an_account_is_seen_and_not_shown_for(city: TestCity, person: TestPerson, mother: Client) -> None:
    grown = city.stranger()
    enrolled(city, grown)
    dependant_id, _ = put_binding(city, person, grown, Relation.PARENT)

    answer = code(mother, dependant_id)

    assert (answer.status, answer.json["pass"]) == (200, None)
    assert answer.json["state"]
    drawn = mother.get(f"{DEPENDANTS}/{dependant_id}/health-code/qr")
    assert refused(drawn, 403, "dependant_acts_alone")


@pytest.mark.parametrize("end", ["of age", "an account", "erased", "unbound"])
def test_what_is_over_shows_nothing(city: TestCity, person: TestPerson, mother: Client, end: str) -> None:
    little = city.stranger()
    dependant_id, _ = put_binding(city, person, little)
    binding = DependantRow.of(person_id_of(person), dependant_id)
    if end == "of age":
        store.update(binding, [DependantRow.until.set(clock.now())])
    elif end == "an account":
        store.update(person_key(little), [PersonRow.account.set("their phone")])
    elif end == "erased":
        store.update(person_key(little), [PersonRow.enrolment.add(1)])
    else:
        assert mother.delete(f"{DEPENDANTS}/{dependant_id}").status == 204

    assert refused(code(mother, dependant_id), 404, "dependant_not_found")
    assert refused(mother.get(f"{DEPENDANTS}/{dependant_id}/health-code/qr"), 404, "dependant_not_found")
    city.deliver()
    assert looks(little) == []


def test_nobody_else_sees_it(city: TestCity, person: TestPerson) -> None:
    dependant_id, _ = put_binding(city, person, city.stranger())

    assert refused(code(anybody(city), dependant_id), 404, "dependant_not_found")


def test_a_look_that_cannot_be_written_down_shows_nothing(
    city: TestCity, person: TestPerson, mother: Client, faults: Seam
) -> None:
    dependant_id, _ = put_binding(city, person, city.stranger())
    faults.fail("PutItem", aws_error("InternalServerError"))

    answer = code(mother, dependant_id)

    assert answer.status == 503
    assert "pass" not in answer.json


@pytest.mark.parametrize("whose", ["binding", "dependant"])
def test_a_broken_row_is_said_to_be_broken(city: TestCity, person: TestPerson, mother: Client, whose: str) -> None:
    little = city.stranger()
    dependant_id, _ = put_binding(city, person, little)
    if whose == "binding":
        spoil(DependantRow.of(person_id_of(person), dependant_id), "other_id")
    else:
        spoil(person_key(little), "enrolment")

    assert refused(code(mother, dependant_id), 500, "broken_record")
