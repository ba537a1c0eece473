"""GET /v1/me: what one is told of oneself."""

import pytest

from tests.api.people.steps import person_key, phone_mac
from tests.support.city import TestCity
from tests.support.rows import spoil

pytestmark = pytest.mark.api


def test_before_identity_is_proved_there_is_a_phone_and_no_person(city: TestCity) -> None:
    person = city.stranger()

    answer = city.log_in(person).get("/v1/me")

    assert answer.status == 200
    mask = person.phone[:3] + "******" + person.phone[-2:]
    assert answer.json == {"verified": False, "name": None, "document": None, "phone": mask, "roles": []}


def test_a_verified_person_sees_themself_masked_as_others_do(city: TestCity) -> None:
    person = city.person()

    answer = city.verified(person).get("/v1/me")

    assert answer.json == {
        "verified": True,
        "name": person.name[0] + "**",
        "document": person.number[:2] + "*" * 14 + person.number[-2:],
        "phone": person.phone[:3] + "******" + person.phone[-2:],
        "roles": [],
    }


def test_no_answer_shows_an_id_of_the_city(city: TestCity) -> None:
    person = city.person()
    client = city.verified(person)

    answer = client.get("/v1/me")

    assert person_key(person).hash_value not in answer.text
    assert phone_mac(person) not in answer.text


def test_nobody_is_told_anything_without_a_session(city: TestCity) -> None:
    answer = city.api.get("/v1/me")

    assert (answer.status, answer.code) == (401, "session_required")
    assert answer.headers["www-authenticate"] == 'Bearer realm="gatebook"'


@pytest.mark.parametrize("query", ["verbose=1", "limit=5", "fields=name&fields=phone"])
def test_a_question_with_unknown_parameters_is_refused(city: TestCity, query: str) -> None:
    answer = city.log_in(city.stranger()).get(f"/v1/me?{query}")

    assert (answer.status, answer.code) == (422, "validation_failed")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("enrolment", None), ("enrolment", {"S": "1"}), ("account", {"N": "7"}), ("name_mask", {"B": b"\xff"})],
)
def test_a_broken_person_is_a_problem_and_no_half_answer(
    city: TestCity, attribute: str, value: dict[str, object] | None
) -> None:
    person = city.person()
    client = city.verified(person)
    spoil(person_key(person), attribute, value)

    answer = client.get("/v1/me")

    assert (answer.status, answer.code) == (500, "broken_record")
    assert answer.json["title"] == "Damaged record"


def test_a_person_whose_row_is_gone_has_no_session(city: TestCity) -> None:
    from chalicelib.core import store

    person = city.person()
    client = city.verified(person)
    store.delete(person_key(person))

    answer = client.get("/v1/me")

    assert (answer.status, answer.code) == (401, "session_ended")
