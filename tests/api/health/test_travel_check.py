"""The pop-up that the national platform ends, and what does not end it (R4.7)."""

from collections.abc import Iterator
from typing import Any

import pytest

import app
from chalicelib.core import clock
from chalicelib.health.errors import TravelUnavailable
from chalicelib.health.service.health_code import TRAVEL_CHECKS_A_DAY
from chalicelib.health.travel import UnconnectedTravelVerifier
from tests.api.health.steps import code, facts_of, normal, refused
from tests.support.city import TestCity
from tests.support.client import Client
from tests.support.people import TestPerson
from tests.support.seam import Seam, aws_error

pytestmark = pytest.mark.api

CODE = "/v1/me/health-code"
TRAVEL = f"{CODE}/travel-check"


class Platform:
    """The national platform, which answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: list[str | Exception] = []

    def verify(self, phone: str) -> Any:
        self.asked.append(phone)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def platform(city: TestCity) -> Iterator[Platform]:
    """The city with this platform."""
    platform = Platform()
    app.services.replace(app.compose(sms=city.sms, travel=platform))
    yield platform
    app.services.replace(app.compose(sms=city.sms))


def test_a_pop_up_ends_with_the_platforms_answer(
    city: TestCity, person: TestPerson, client: Client, platform: Platform
) -> None:
    city.fact(person, "travel_check", "pending", clock.iso(clock.now()))
    city.deliver()
    shown = code(client)
    assert (shown["action"], shown["allows_entry"]) == ("travel_check", False)
    platform.answers = ["pending", "clear"]

    with clock.frozen(clock.now()) as stopped:  # what the platform said in one second has no order
        assert client.post(TRAVEL).json["action"] == "travel_check"
        stopped.tick(1)
        answer = client.post(TRAVEL)

    assert (answer.status, answer.json["state"]) == (200, normal())
    assert answer.json["travel"]["result"] == "clear"
    assert platform.asked == [person.phone] * 2
    now = code(client)
    assert now == answer.json | {"as_of": now["as_of"], "pass": now["pass"]}


def test_a_platform_that_does_not_answer_ends_no_pop_up(
    city: TestCity, person: TestPerson, client: Client, platform: Platform
) -> None:
    city.fact(person, "travel_check", "pending", clock.iso(clock.now()))
    city.deliver()
    before = code(client)
    platform.answers = [TravelUnavailable()]

    answer = client.post(TRAVEL)

    assert refused(answer, 503, "travel_unavailable")
    assert answer.headers["retry-after"] == "60"
    assert code(client)["state"] == before["state"]


def test_a_city_without_a_platform_says_so(city: TestCity, client: Client) -> None:
    app.services.replace(app.compose(sms=city.sms, travel=UnconnectedTravelVerifier()))
    try:
        assert refused(client.post(TRAVEL), 503, "travel_unavailable")
    finally:
        app.services.replace(app.compose(sms=city.sms))


def test_travel_is_checked_so_often_a_day(client: Client, platform: Platform) -> None:
    platform.answers = ["clear"] * TRAVEL_CHECKS_A_DAY
    with clock.frozen(clock.now()) as frozen:
        assert {client.post(TRAVEL).status for _ in range(TRAVEL_CHECKS_A_DAY)} == {200}

        assert refused(client.post(TRAVEL), 429, "too_many_travel_checks")

        frozen.tick(clock.seconds_to_midnight("Asia/Shanghai", clock.now()) + 1)
        platform.answers = ["clear"]
        assert client.post(TRAVEL).status == 200
    assert len(platform.asked) == TRAVEL_CHECKS_A_DAY + 1


def test_a_check_that_the_platform_does_not_answer_is_not_counted(client: Client, platform: Platform) -> None:
    platform.answers = [*[TravelUnavailable()] * TRAVEL_CHECKS_A_DAY, "clear"]

    assert [client.post(TRAVEL).status for _ in platform.answers[:]] == [*[503] * TRAVEL_CHECKS_A_DAY, 200]


def test_of_a_day_one_check_is_kept(person: TestPerson, client: Client, platform: Platform) -> None:
    platform.answers = ["pending", "clear"]
    assert [client.post(TRAVEL).status for _ in range(2)] == [200, 200]

    assert [(one["kind"], one["result"], one["source"]) for one in facts_of(person)] == [
        ("travel_check", "clear", "national_platform")
    ]


def test_travel_is_for_who_proved_who_they_are(city: TestCity) -> None:
    assert refused(city.api.post(TRAVEL), 401, "session_required")
    assert refused(city.log_in(city.stranger()).post(TRAVEL), 403, "identity_required")


def test_a_check_whose_effect_is_not_stored_is_no_success(
    city: TestCity, person: TestPerson, client: Client, platform: Platform, faults: Seam
) -> None:
    city.fact(person, "travel_check", "pending", clock.iso(clock.now()))
    city.deliver()
    platform.answers = ["clear", "clear"]
    faults.fail("UpdateItem", aws_error("ThrottlingException"))

    assert refused(client.post(TRAVEL), 503, "unavailable")

    assert client.post(TRAVEL).json["state"] == normal()
