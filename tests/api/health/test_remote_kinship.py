"""Acting for somebody where the health source is asked over the network (R2.5, R-18)."""

from collections.abc import Iterator

import pytest

from chalicelib.core.settings import settings
from chalicelib.health.remote.breaker import FAILURES
from chalicelib.health.service.status import Status
from chalicelib.health.tables import FactRow
from infra.source.server import Known
from tests.support.books import person_id_of, person_key
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.dependants import child
from tests.support.enrolled import enrolled
from tests.support.nights import worst_fact
from tests.support.people import TestPerson
from tests.support.remote import Remote, remote_city
from tests.support.rows import items_of, stored
from tests.support.statuses import person_row

pytestmark = pytest.mark.api

DEPENDANTS = "/v1/me/dependants"


@pytest.fixture
def remote(city: TestCity) -> Iterator[Remote]:
    with remote_city(city) as found:
        yield found


@pytest.fixture
def mother(city: TestCity) -> TestPerson:
    return city.stranger()


@pytest.fixture
def young(city: TestCity, remote: Remote, mother: TestPerson) -> TestPerson:
    """A child who is infected, and whose mother the source names."""
    one, fact = child(city), worst_fact()
    guardians = [(mother.type, mother.number)]
    remote.server.register.know(Known(one.type, one.number, one.name, one.phone, guardians))
    remote.server.register.report(one.number, kind=fact.kind, result=fact.result, occurred_at=fact.occurred_at)
    return one


def bind(remote: Remote, guardian: TestPerson, young: TestPerson, **changes: str) -> Answer:
    (client,) = enrolled(remote.city, guardian)
    return client.post(DEPENDANTS, {**young.claim_of_a_guardian(), "relation": "child", **changes})


def is_bound(person: TestPerson) -> bool:
    """Whether anything of them is stored: a person, or any of their facts."""
    return stored(person_key(person)) is not None or bool(items_of(FactRow, person_id_of(person)))


def test_whom_the_source_names_acts_for_a_child_who_is_as_well_as_it_knows(
    remote: Remote, mother: TestPerson, young: TestPerson
) -> None:
    answer = bind(remote, mother, young)

    assert answer.status == 201, answer.text
    shown = Status(remote.source).shown(person_row(young))
    assert settings().city.scheme.state(shown.state.name).is_abnormal


def test_nobody_else_does_and_of_the_child_nothing_is_kept(remote: Remote, young: TestPerson) -> None:
    stranger = remote.city.stranger()
    answers = [bind(remote, stranger, young), bind(remote, stranger, young, name=stranger.name)]

    assert {(answer.status, answer.code) for answer in answers} == {(403, "dependant_mismatch")}
    assert remote.server.asked == {"/identity": 2}
    assert not is_bound(young)


@pytest.mark.parametrize("mode", ["5xx", "unsigned", "gbk", "other_person", "half_batch", "forgetful"])
def test_no_fault_makes_anybody_a_dependant(remote: Remote, mother: TestPerson, young: TestPerson, mode: str) -> None:
    remote.server.mode = mode

    answer = bind(remote, mother, young)

    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "source_silent", "60")
    assert not is_bound(young)


def test_after_five_faults_nobody_waits_for_the_source(remote: Remote, mother: TestPerson, young: TestPerson) -> None:
    remote.server.mode = "unsigned"
    (client,) = enrolled(remote.city, mother)
    claims = [{**one.claim_of_a_guardian(), "relation": "child"} for one in (young, child(remote.city))]

    answers = [client.post(DEPENDANTS, claim) for claim in claims for _ in range(FAILURES - 1)]

    assert {answer.code for answer in answers} == {"source_silent"}
    assert remote.server.asked == {"/identity": FAILURES}
