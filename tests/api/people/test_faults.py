"""What AWS does to a request, and what the person who sent it does next (R-01, R-02, R-22, R-24)."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from chalicelib.core import crypto, fields
from chalicelib.core.city_secrets import forget_secrets
from chalicelib.core.clock import FrozenClock
from tests.api.people.steps import (
    account_key,
    ask,
    code_for,
    code_key,
    enter,
    is_verified,
    person_key,
    prove,
    sends_key,
    session_key,
)
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.events import Events
from tests.support.rows import stored
from tests.support.seam import Killed, Seam, aws_error

pytestmark = [pytest.mark.api, pytest.mark.slow]

URL = "http://127.0.0.1:1"
Request = Callable[[], Answer]
DOWN: list[BaseException] = [
    aws_error("ThrottlingException"),
    aws_error("ProvisionedThroughputExceededException"),
    aws_error("InternalServerError"),
    aws_error("RequestLimitExceeded"),
    aws_error("AccessDeniedException"),
    ReadTimeoutError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    EndpointConnectionError(endpoint_url=URL),
]
THROTTLED = aws_error("ThrottlingException")
LOST = ReadTimeoutError(endpoint_url=URL)


def unavailable(answer: Answer) -> bool:
    """Whether a request was put off politely."""
    return (answer.status, answer.code, answer.headers["retry-after"]) == (503, "unavailable", "5")


def sweep(faults: Seam, prepare: Callable[[], Request]) -> int:
    """Let each call of a request be throttled, one request after the other; returns how many calls it takes whole."""
    call = 0
    while True:
        request = prepare()
        start = len(faults.calls)
        faults.at = {start + call: ("before", THROTTLED)}
        answer = request()
        faults.at = {}
        if len(faults.calls) - start <= call:  # the fault lay behind the last call
            return call
        assert unavailable(answer), (call, answer.text)
        call += 1


@pytest.mark.parametrize("fault", DOWN, ids=str)
def test_whatever_dynamodb_answers_a_reader_is_told_to_come_back(
    city: TestCity, faults: Seam, events: Events, fault: BaseException
) -> None:
    client = city.log_in(city.stranger())
    faults.fail("BatchGetItem", fault)

    assert unavailable(client.get("/v1/me"))

    (event,) = events.of("request.unavailable")
    assert event["route"] == "/v1/me"
    assert URL not in str(event)
    assert client.get("/v1/me").status == 200


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "服务繁忙"), ("en", "Temporarily unavailable")])
def test_an_unavailable_service_says_so_in_both_languages(
    city: TestCity, faults: Seam, language: str, title: str
) -> None:
    client = city.log_in(city.stranger()).speaking(language)
    faults.fail("BatchGetItem", THROTTLED)

    assert client.get("/v1/me").json["title"] == title


def test_a_code_that_could_not_be_stored_is_neither_counted_nor_sent(city: TestCity, faults: Seam) -> None:
    person, before = city.stranger(), len(city.sms.sent)
    faults.fail("TransactWriteItems", THROTTLED)

    assert unavailable(ask(city, person))

    assert stored(sends_key(person)) is None
    assert stored(code_key(person)) is None
    assert len(city.sms.sent) == before
    assert ask(city, person).status == 202


def test_a_code_that_was_stored_and_not_acknowledged_is_not_sent_and_the_next_one_comes_in_a_minute(
    city: TestCity, faults: Seam, later: FrozenClock
) -> None:
    person = city.stranger()
    faults.fail_after("TransactWriteItems", LOST)

    assert unavailable(ask(city, person))

    assert ask(city, person).code == "too_many_codes"
    later.tick(60)
    assert enter(city, person, code_for(city, person)).status == 201


def test_sending_is_put_off_politely_at_every_call(city: TestCity, faults: Seam, later: FrozenClock) -> None:
    person = city.stranger()

    def prepare() -> Request:
        later.tick(3600)
        return lambda: ask(city, person)

    assert sweep(faults, prepare) >= 4


def test_a_try_that_could_not_be_counted_is_not_compared(city: TestCity, faults: Seam) -> None:
    person = city.stranger()
    code = code_for(city, person)
    faults.fail("UpdateItem", THROTTLED)

    assert unavailable(enter(city, person, code))

    item = stored(code_key(person))
    assert item is not None
    assert item["tries"] == {"N": "0"}
    assert enter(city, person, code).status == 201


def test_a_session_that_could_not_be_stored_leaves_the_code_valid(city: TestCity, faults: Seam) -> None:
    person = city.stranger()
    code = code_for(city, person)
    faults.fail("TransactWriteItems", THROTTLED)

    assert unavailable(enter(city, person, code))

    assert stored(account_key(person)) is None
    assert enter(city, person, code).status == 201


def test_a_session_whose_answer_was_lost_is_opened_with_the_next_code(
    city: TestCity, faults: Seam, later: FrozenClock
) -> None:
    person = city.person()
    city.verified(person)
    later.tick(60)
    code = code_for(city, person)
    faults.fail_after("TransactWriteItems", LOST)

    assert unavailable(enter(city, person, code))

    assert enter(city, person, code).code == "code_refused", "the code was used by the session whose token got lost"
    later.tick(60)
    assert is_verified(city.log_in(person))


def test_logging_in_is_put_off_politely_at_every_call(city: TestCity, faults: Seam, later: FrozenClock) -> None:
    person = city.person()
    city.verified(person)

    def prepare() -> Request:
        later.tick(3 * 3600)
        code = code_for(city, person)
        forget_secrets()  # a process that holds the session's key goes on by it
        return lambda: enter(city, person, code)

    assert sweep(faults, prepare) > 4


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_identity_that_could_not_be_bound_is_bound_at_the_next_try(
    city: TestCity, faults: Seam, later: FrozenClock, place: str
) -> None:
    person = city.person()
    client = city.log_in(person)
    (faults.before if place == "before" else faults.after)["TransactWriteItems"].extend([None, LOST])

    assert unavailable(client.put("/v1/me/identity", person.claim()))

    again = client.put("/v1/me/identity", person.claim())
    if place == "before":
        assert again.status == 200
        return
    assert again.code == "session_ended", "the person is bound; the new token got lost with the answer"
    later.tick(60)
    assert is_verified(city.log_in(person))


@pytest.mark.slow
def test_an_identity_that_dies_at_any_call_is_bound_whole_or_not_at_all(
    city: TestCity, faults: Seam, later: FrozenClock
) -> None:
    call = died = 0
    while True:
        person = city.person()
        client = city.log_in(person)
        start = len(faults.calls)
        faults.at = {start + call: ("before", Killed())}  # before a call is after the one before it
        try:
            client.put("/v1/me/identity", person.claim())
        except Killed:
            died += 1
        faults.at = {}
        session, row = stored(session_key(client)), stored(person_key(person))
        assert (session is None) == (row is not None), "either the old session is there, or the person with a new one"
        if session is None:
            later.tick(60)
            assert is_verified(city.log_in(person))
        else:
            assert is_verified(prove(client, person))
        if died == call:
            break
        call += 1

    assert call > 5


def test_without_keyed_ids_nobody_is_sent_a_code_or_let_in(city: TestCity, faults: Seam) -> None:
    person = city.stranger()
    code = code_for(city, person)
    faults.fail("GenerateMac", aws_error("KMSInternalException"), times=2)

    assert unavailable(enter(city, person, code))
    assert unavailable(ask(city, city.stranger()))

    assert enter(city, person, code).status == 201


def test_without_data_keys_nobody_is_verified_and_masked_reads_go_on(
    city: TestCity, faults: Seam, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, other = city.person(), city.verified()
    client = city.log_in(person)
    monkeypatch.setattr(fields, "KEY_USES", 0)
    faults.fail("GenerateDataKey", aws_error("ThrottlingException"))

    assert unavailable(client.put("/v1/me/identity", person.claim()))

    assert stored(person_key(person)) is None
    assert not is_verified(client)
    assert is_verified(other)
    assert client.put("/v1/me/identity", person.claim()).status == 200


def test_without_its_session_key_the_city_lets_nobody_in_and_forgets_nobody(city: TestCity, faults: Seam) -> None:
    client = city.verified()
    crypto.forget_keys()
    faults.fail("GetSecretValue", aws_error("InternalServiceError"))

    assert unavailable(client.get("/v1/me"))

    assert client.get("/v1/me").status == 200


def test_reading_oneself_asks_no_key_service(city: TestCity, faults: Seam) -> None:
    client = city.verified()
    client.get("/v1/me")
    faults.calls.clear()

    client.get("/v1/me")

    assert faults.operations == ["BatchGetItem"]


def test_signing_out_everywhere_goes_on_until_every_session_is_gone(
    city: TestCity, faults: Seam, later: FrozenClock
) -> None:
    person = city.stranger()
    clients = []
    for _ in range(3):
        clients.append(city.log_in(person))
        later.tick(60)
    faults.fail("BatchWriteItem", THROTTLED)

    assert unavailable(clients[0].delete("/v1/auth/sessions"))

    assert clients[0].delete("/v1/auth/sessions").status == 204
    assert [client.get("/v1/me").status for client in clients] == [401] * 3
