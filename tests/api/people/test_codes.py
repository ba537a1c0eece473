"""POST /v1/auth/codes: who is sent a code, and how a request for one is refused."""

import re

import pytest

from chalicelib.alerts.sms import SmsUnavailable
from chalicelib.core.clock import FrozenClock
from chalicelib.people.service import budget
from chalicelib.people.service.codes import Purpose
from tests.api.people.steps import ask, code_for, code_key, enter, sends_key
from tests.support.city import TestCity
from tests.support.client import Answer
from tests.support.events import Events
from tests.support.rows import spoil, stored

pytestmark = pytest.mark.api

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def problem_of(answer: Answer) -> dict[str, object]:
    """The members of a problem, which every one must have (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, object] = answer.json
    assert {"type", "title", "status", "detail", "code", "request_id", "errors"} <= problem.keys()
    assert problem["status"] == answer.status
    return problem


def test_a_code_is_sent_to_the_phone_and_nowhere_else(city: TestCity) -> None:
    person, before = city.stranger(), len(city.sms.sent)

    answer = ask(city, person)

    assert (answer.status, answer.json) == (202, {"retry_after": 60})
    assert [phone for phone, _ in city.sms.sent[before:]] == [person.phone]
    assert re.search(r"(?<!\d)\d{6}(?!\d)", city.sms.sent[-1][1])


@pytest.mark.parametrize("spelling", ["+86 {}", "0086{}", "86-{}", " {} "])
def test_a_phone_may_be_spelled_in_many_ways(city: TestCity, spelling: str) -> None:
    person = city.stranger()

    answer = city.api.post("/v1/auth/codes", {"phone": spelling.format(person.phone)})

    assert answer.status == 202
    assert city.sms.sent[-1][0] == person.phone


def test_the_message_speaks_the_language_of_the_caller_and_names_the_service(city: TestCity) -> None:
    first, second = city.stranger(), city.stranger()

    city.api.speaking("zh-CN").post("/v1/auth/codes", {"phone": first.phone})
    city.api.speaking("en-GB").post("/v1/auth/codes", {"phone": second.phone})

    chinese, english = (text for _, text in city.sms.sent[-2:])
    assert chinese.startswith("【演示城市】")
    assert english.startswith("[Demo City] Log-in code")
    assert not CHINESE.search(english)


def test_a_code_for_stepping_up_says_so(city: TestCity) -> None:
    person = city.stranger()

    assert ask(city, person, purpose="step_up").status == 202

    assert "Confirmation code" in city.sms.sent[-1][1]
    assert stored(code_key(person, Purpose.STEP_UP)) is not None
    assert stored(code_key(person)) is None


def test_a_code_is_never_stored_as_it_is(city: TestCity) -> None:
    person = city.stranger()

    code = code_for(city, person)

    item = stored(code_key(person))
    assert item is not None
    assert code not in item["code_mac"]["S"]
    assert len(item["code_mac"]["S"]) == 22


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({}, "phone", "missing"),
        ({"phone": None}, "phone", "string_type"),
        ({"phone": 13800000000}, "phone", "string_type"),
        ({"phone": ""}, "phone", "string_too_short"),
        ({"phone": "1" * 33}, "phone", "string_too_long"),
        ({"phone": "13800000000", "purpose": "erase"}, "purpose", "literal_error"),
        ({"phone": "13800000000", "remember": True}, "remember", "extra_forbidden"),
        ([], "body", "model_type"),
        ("13800000000", "body", "model_type"),
    ],
)
def test_a_field_that_cannot_be_accepted_is_named_and_not_repeated(
    city: TestCity, body: object, field: str, code: str
) -> None:
    answer = city.api.post("/v1/auth/codes", body)

    problem = problem_of(answer)
    assert (answer.status, problem["code"]) == (422, "validation_failed")
    assert [(one["field"], one["code"]) for one in answer.json["errors"]] == [(field, code)]
    assert "13800000000" not in answer.text
    assert "1" * 33 not in answer.text


@pytest.mark.parametrize(
    "phone",
    ["12800000000", "1380000000", "138000000001", "+85291234567", "+886912345678", "+18005550100", "+861", "九", "x"],
)
def test_another_country_or_no_phone_at_all_is_sent_nothing(city: TestCity, phone: str) -> None:
    before = len(city.sms.sent)

    answer = city.api.post("/v1/auth/codes", {"phone": phone})

    assert (answer.status, answer.code) == (422, "invalid_phone")
    assert [one["field"] for one in answer.json["errors"]] == ["phone"]
    assert phone not in answer.json["detail"] + str(answer.json["errors"])
    assert len(city.sms.sent) == before


@pytest.mark.parametrize(
    ("language", "title"), [("zh-CN", "手机号码有误"), ("en", "Check the phone number"), ("fr", "手机号码有误")]
)
def test_a_refusal_is_told_in_the_language_of_the_caller(city: TestCity, language: str, title: str) -> None:
    answer = city.api.speaking(language).post("/v1/auth/codes", {"phone": "0"})

    assert answer.json["title"] == title
    assert bool(CHINESE.search(answer.json["detail"])) is (language != "en")
    assert answer.headers["content-language"] == ("en" if language == "en" else "zh-CN")


def test_asking_again_at_once_is_refused_and_told_when_to_return(city: TestCity, later: FrozenClock) -> None:
    person = city.stranger()
    ask(city, person)
    later.tick(17)

    answer = ask(city, person)

    assert (answer.status, answer.code) == (429, "too_many_codes")
    assert answer.headers["retry-after"] == "43"


def test_of_two_that_ask_at_once_for_one_phone_one_is_sent_a_code(
    city: TestCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, before = city.stranger(), len(city.sms.sent)
    open_shards, firsts = budget.open_shards, []

    def overtaken(share: float = 1.0) -> list[int]:
        """Let another ask between what the slower one read and what it writes."""
        monkeypatch.setattr(budget, "open_shards", open_shards)
        firsts.append(ask(city, person))
        return open_shards(share)

    monkeypatch.setattr(budget, "open_shards", overtaken)
    second = ask(city, person)

    assert [first.status for first in firsts] == [202]
    assert (second.status, second.code, second.headers["retry-after"]) == (429, "too_many_codes", "60")
    assert len(city.sms.sent) == before + 1
    assert enter(city, person, city.sms.last_code(person.phone)).status == 201


def test_no_code_can_be_asked_for_by_reading(city: TestCity) -> None:
    assert city.api.get("/v1/auth/codes").status in {403, 404, 405}


def test_a_phone_with_a_session_is_sent_its_codes_too(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    client = city.log_in(person)
    later.tick(60)

    answer = client.post("/v1/auth/codes", {"phone": person.phone, "purpose": "step_up"})

    assert answer.status == 202


def test_a_token_that_opens_nothing_does_not_stop_a_log_in(city: TestCity) -> None:
    person = city.stranger()

    answer = city.api.as_("not-a-token").post("/v1/auth/codes", {"phone": person.phone})

    assert answer.status == 202


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("sent_at", None), ("version", {"S": "first"}), ("sent_at", {"L": [{"S": "noon"}]}), ("wrong_at", {"N": "1"})],
)
def test_a_broken_memory_of_sends_sends_nothing(
    city: TestCity, later: FrozenClock, attribute: str, value: dict[str, object] | None
) -> None:
    person = city.stranger()
    ask(city, person)
    spoil(sends_key(person), attribute, value)
    later.tick(60)
    before = len(city.sms.sent)

    answer = ask(city, person)

    assert (answer.status, answer.code) == (500, "broken_record")
    assert len(city.sms.sent) == before


def test_a_message_that_is_not_taken_is_a_503_and_its_code_stays_valid(city: TestCity, later: FrozenClock) -> None:
    person = city.person()
    code = code_for(city, person)
    later.tick(60)
    city.sms.faults.append(SmsUnavailable())

    answer = ask(city, person)

    assert (answer.status, answer.code) == (503, "sms_unavailable")
    assert answer.headers["retry-after"] == "60"
    assert enter(city, person, code).code == "code_refused"  # the code before it died with the new one
    assert ask(city, person).code == "too_many_codes"  # the cooldown has begun
    later.tick(60)
    assert enter(city, person, code_for(city, person)).status == 201


def test_a_message_that_was_not_taken_is_an_event(city: TestCity, events: Events) -> None:
    city.sms.faults.append(SmsUnavailable())

    ask(city, city.stranger())

    assert [event["purpose"] for event in events.of("sms.failed")] == ["log_in"]
