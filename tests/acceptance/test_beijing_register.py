"""S4, Beijing's visitor register (健康宝 登记簿), from outside: R4.7. Registers and visits come with a later issue."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.acceptance.conftest import RunningCity
from tests.support.client import Client

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture(scope="module")
def beijing(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("beijing")


def recently() -> str:
    return (datetime.now(UTC) - timedelta(hours=2)).replace(microsecond=0).isoformat()


def code_of(client: Client) -> dict[str, Any]:
    """The code as a reader of Chinese gets it."""
    answer = client.get("/v1/me/health-code", **{"accept-language": "zh-CN"})
    assert answer.status == 200, answer.text
    return dict(answer.json)


def becomes(city: RunningCity, client: Client, state: str) -> dict[str, Any]:
    """The code once it shows a state: facts take a moment."""
    found = city.eventually(lambda: (code := code_of(client))["state"] == state and code)
    assert found, code_of(client)
    return dict(found)


@pytest.mark.parametrize(
    ("fact", "state", "shown"),
    [
        (("nucleic_acid", "negative"), "normal", ("未见异常", "#15803d", "none")),
        (("case", "confirmed"), "central_observation", ("集中观察", "#b91c1c", "none")),
        (("contact", "secondary"), "home_observation", ("居家观察", "#eab308", "none")),
        (("travel_check", "pending"), "travel_check", ("行程待核验", "#1d4ed8", "travel_check")),
        (("high_risk_travel", "medium"), "travel_report", ("行程待报告", "#4338ca", "report")),
    ],
)
def test_r4_7_each_state_has_its_word_instruction_and_contact(
    beijing: RunningCity, fact: tuple[str, str], state: str, shown: tuple[str, str, str]
) -> None:
    (person,) = beijing.people(1)
    client = beijing.verified(person)

    beijing.report(person, *fact, recently())

    code = becomes(beijing, client, state)
    assert (code["word"], code["colour"], code["action"]) == shown
    assert code["instruction"]
    assert code["contact"]["phone"]
    assert code["contact"]["hours"]
    assert code["allows_entry"] is (state == "normal")


def test_r4_7_travel_is_verified_with_the_national_platform(beijing: RunningCity) -> None:
    (person,) = beijing.people(1)
    client = beijing.verified(person)
    beijing.report(person, "travel_check", "pending", recently())
    becomes(beijing, client, "travel_check")

    checked = client.post("/v1/me/health-code/travel-check")

    if beijing.is_deployed:  # no national platform is connected to it: nobody's travel is taken for harmless
        assert (checked.status, checked.code) == (503, "travel_unavailable")
        assert code_of(client)["state"] == "travel_check"
    else:
        assert checked.status == 200, checked.text
        assert checked.json["state"] == "normal"


def test_r4_7_a_reported_journey_stays_until_an_officer_answers(beijing: RunningCity) -> None:
    person, official = beijing.people(2)
    client, officer = beijing.verified(person), beijing.officer(official)
    beijing.report(person, "high_risk_travel", "high", recently())
    becomes(beijing, client, "travel_report")

    sent = client.post("/v1/messages", {"category": "travel_report", "text": "昨天从外地回京，已在家。"})

    assert sent.status == 201, sent.text
    assert code_of(client)["state"] == "travel_report"
    waiting = officer.get("/v1/messages").json["items"]
    message_id = sent.json["message_id"]
    assert message_id in [one["message_id"] for one in waiting]
    answered = officer.post(f"/v1/messages/{message_id}/answer", {"text": "已登记，请做好防护。"})
    assert answered.status == 200, answered.text
    assert becomes(beijing, client, "normal")["cause"] is None
    (own,) = client.get("/v1/me/messages").json["items"]
    assert own["answer"] == "已登记，请做好防护。"
