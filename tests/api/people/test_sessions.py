"""POST and DELETE /v1/auth/sessions, signing out, and stepping up."""

from datetime import datetime, timedelta

import pytest

from chalicelib.core import clock
from chalicelib.core.clock import FrozenClock
from chalicelib.people.service.codes import Purpose
from tests.api.people.conftest import Policy
from tests.api.people.steps import (
    account_key,
    code_for,
    code_key,
    enter,
    is_verified,
    person_key,
    phone_mac,
    prove,
    session_key,
    wrong,
)
from tests.support.city import TestCity
from tests.support.client import Answer, Client
from tests.support.people import TestPerson
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

MINUTE = 60
STEP_UP = "/v1/auth/sessions/current/step-up"


def step_up(city: TestCity, client: Client, person: TestPerson) -> Answer:
    """Prove the phone again with a code for that."""
    return client.post(STEP_UP, {"code": code_for(city, person, purpose="step_up")})


def test_a_right_code_opens_a_session_for_thirty_days(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    later.tick(0.75)

    answer = enter(city, person, code_for(city, person))

    assert answer.status == 201
    assert answer.json.keys() == {"token", "expires_at"}
    ends = datetime.fromisoformat(answer.json["expires_at"])
    assert ends - clock.now() == timedelta(days=30, seconds=-0.75), "what is stored is told: whole seconds"
    client = city.api.as_(answer.json["token"])
    assert client.get("/v1/me").status == 200


def test_a_phone_may_be_spelled_otherwise_than_when_the_code_was_asked_for(city: TestCity) -> None:
    person = city.stranger()
    code = code_for(city, person)

    answer = city.api.post("/v1/auth/sessions", {"phone": f"+86 {person.phone}", "code": code})

    assert answer.status == 201


def test_a_session_is_stored_without_its_token_phone_or_secret(city: TestCity) -> None:
    person = city.stranger()
    client = city.log_in(person)

    item = stored(session_key(client))

    assert item is not None
    assert set(item) == {"subject", "sk", "phone_sealed", "proved_at", "expires_at"}
    assert person.phone.encode() not in item["phone_sealed"]["B"]


def test_two_sessions_of_one_phone_have_nothing_in_common(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    first = city.log_in(person)
    later.tick(MINUTE)
    second = city.log_in(person)

    assert first.token != second.token
    assert session_key(first) != session_key(second)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"phone": "13800000000"}, "code", "missing"),
        ({"code": "123456"}, "phone", "missing"),
        ({"phone": "13800000000", "code": 123456}, "code", "string_type"),
        ({"phone": "13800000000", "code": "12345"}, "code", "string_pattern_mismatch"),
        ({"phone": "13800000000", "code": "1234567"}, "code", "string_pattern_mismatch"),
        ({"phone": "13800000000", "code": "12345\n"}, "code", "string_pattern_mismatch"),
        ({"phone": "13800000000", "code": "123456\n"}, "code", "string_pattern_mismatch"),
        ({"phone": "13800000000", "code": "１２３４５６"}, "code", "string_pattern_mismatch"),
        ({"phone": "13800000000", "code": "123456", "purpose": "log_in"}, "purpose", "extra_forbidden"),
    ],
)
def test_a_log_in_that_cannot_be_read_names_the_field(
    city: TestCity, body: dict[str, object], field: str, code: str
) -> None:
    answer = city.api.post("/v1/auth/sessions", body)

    assert (answer.status, answer.code) == (422, "validation_failed")
    assert [(one["field"], one["code"]) for one in answer.json["errors"]] == [(field, code)]
    assert "123456" not in answer.text


def test_a_log_in_with_no_phone_of_this_country_is_refused(city: TestCity) -> None:
    answer = city.api.post("/v1/auth/sessions", {"phone": "+85291234567", "code": "123456"})

    assert (answer.status, answer.code) == (422, "invalid_phone")


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "验证码无效"), ("en", "Code not accepted")])
def test_a_wrong_code_is_refused_in_the_language_of_the_caller(city: TestCity, language: str, title: str) -> None:
    person = city.stranger()
    code = wrong(code_for(city, person))

    answer = city.api.speaking(language).post("/v1/auth/sessions", {"phone": person.phone, "code": code})

    assert (answer.status, answer.code, answer.json["title"]) == (401, "code_refused", title)
    assert code not in answer.text


@pytest.mark.parametrize(
    ("attribute", "value"), [("last_used_at", None), ("last_used_at", {"S": "yesterday"}), ("enrolment", {"S": "1"})]
)
def test_a_broken_account_opens_no_session(
    city: TestCity, later: FrozenClock, attribute: str, value: dict[str, str] | None
) -> None:
    person = city.person()
    city.verified(person)
    spoil(account_key(person), attribute, value)
    later.tick(MINUTE)

    answer = enter(city, person, code_for(city, person))

    assert (answer.status, answer.code) == (500, "broken_record")


def test_a_broken_person_opens_no_session(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    city.verified(person)
    spoil(person_key(person), "enrolment")
    later.tick(MINUTE)

    answer = enter(city, person, code_for(city, person))

    assert (answer.status, answer.code) == (500, "broken_record")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("phone_sealed", None),
        ("phone_sealed", {"B": b""}),
        ("phone_sealed", {"B": b"short"}),
        ("phone_sealed", {"B": bytes(40)}),
        ("phone_sealed", {"S": "13800000000"}),
        ("proved_at", None),
        ("proved_at", {"S": "a moment ago"}),
        ("expires_at", None),
        ("expires_at", {"S": "never"}),
    ],
)
def test_a_broken_session_opens_nothing(city: TestCity, attribute: str, value: dict[str, object] | None) -> None:
    client = city.log_in(city.stranger())
    spoil(session_key(client), attribute, value)

    answer = client.get("/v1/me")

    assert (answer.status, answer.code) == (500, "broken_record")


def test_a_broken_session_can_be_signed_out_of_everywhere(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    broken = city.log_in(person)
    spoil(session_key(broken), "proved_at")
    later.tick(MINUTE)

    assert city.log_in(person).delete("/v1/auth/sessions").status == 204

    assert stored(session_key(broken)) is None


def test_stepping_up_renews_the_proof_for_fifteen_minutes(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.verified(person)
    later.tick(15 * MINUTE + 1)
    refused = client.delete("/v1/me")
    assert (refused.status, refused.code) == (401, "step_up_required")

    assert step_up(city, client, person).status == 204

    later.tick(15 * MINUTE)
    assert client.delete("/v1/me").status == 204, "fifteen minutes are not over yet"


def test_proving_identity_carries_the_proof_of_the_phone_over_and_does_not_renew_it(
    city: TestCity, later: FrozenClock
) -> None:
    person = city.person()
    client = city.log_in(person)
    later.tick(10 * MINUTE)
    client = prove(client, person)
    later.tick(5 * MINUTE + 1)

    assert client.delete("/v1/me").code == "step_up_required"


def test_a_session_may_step_up_before_it_has_a_person(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.log_in(person)
    later.tick(20 * MINUTE)

    assert step_up(city, client, person).status == 204

    client = prove(client, person)
    assert client.delete("/v1/me").status == 204


def test_stepping_up_needs_a_session(city: TestCity) -> None:
    person = city.stranger()

    answer = step_up(city, city.api, person)

    assert (answer.status, answer.code) == (401, "session_required")


def test_a_code_steps_up_once(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    client = city.log_in(person)
    later.tick(MINUTE)
    code = code_for(city, person, purpose="step_up")

    assert client.post(STEP_UP, {"code": code}).status == 204
    assert client.post(STEP_UP, {"code": code}).code == "code_refused"


def test_a_session_that_ends_while_it_steps_up_leaves_nothing_behind(city: TestCity, later: FrozenClock) -> None:
    """Signed out between admission and the write: the write must not bring half a session back."""
    import app
    from chalicelib.core import tokens
    from chalicelib.people.access import Account
    from chalicelib.people.errors import SessionEnded
    from chalicelib.people.service.sessions import Sessions
    from chalicelib.people.tables.logins import SessionRow

    person = city.stranger()
    client = city.log_in(person)
    later.tick(MINUTE)
    code = code_for(city, person, purpose="step_up")
    bearer, item = tokens.open_bearer(client.token or ""), stored(session_key(client))
    assert bearer is not None
    assert item is not None
    client.delete("/v1/auth/sessions/current")

    with pytest.raises(SessionEnded):
        app.services.get(Sessions).step_up(Account(bearer, SessionRow.from_raw_data(item), None), code)

    assert stored(session_key(client)) is None
    assert stored(code_key(person, Purpose.STEP_UP)) is not None, "the code was not spent on nothing"


@pytest.mark.parametrize("body", [{}, {"code": "12345x"}, {"code": "123456", "phone": "13800000000"}])
def test_a_step_up_that_cannot_be_read_is_refused(city: TestCity, body: dict[str, str]) -> None:
    answer = city.log_in(city.stranger()).post(STEP_UP, body)

    assert (answer.status, answer.code) == (422, "validation_failed")


def test_a_session_keeps_its_rights_while_the_policy_gets_stricter(
    city: TestCity, later: FrozenClock, policy: Policy
) -> None:
    client = city.verified()
    later.tick(10 * MINUTE)
    policy(sessions={"step_up_minutes": 5})

    assert client.delete("/v1/me").code == "step_up_required"
    assert is_verified(client)


def test_an_account_is_known_by_a_keyed_form_of_its_phone(city: TestCity) -> None:
    person = city.stranger()
    city.log_in(person)

    assert len(phone_mac(person)) == 22
    assert person.phone not in phone_mac(person)
