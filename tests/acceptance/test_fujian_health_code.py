"""S3, Fujian's health code (八闽健康码), from outside: R3.1 and R3.2. Recognition by others (R3.3) comes with a later issue."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance.conftest import RunningCity
from tests.support.client import Client

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

SHANGHAI = ZoneInfo("Asia/Shanghai")
HUIAN, GUANGZHOU = "350521", "440106"

SIX = {
    "fever_clinic": ("fever_clinic", ""),
    "high_risk_area": ("high_risk_travel", "high"),
    "confirmed": ("case", "confirmed"),
    "suspected": ("case", "suspected"),
    "close_contact": ("contact", "close"),
    "closed_community": ("closed_community", "in"),
    "antipyretic": ("antipyretic", ""),
}
"""R3.2's six conditions; confirmed and suspected cases are one of them."""


@pytest.fixture(scope="module")
def huian(run_city: Callable[[str], RunningCity]) -> RunningCity:
    return run_city("huian")


def days_ago(days: int) -> str:
    """Noon of a day before today, as the source would write it."""
    noon = datetime.now(SHANGHAI).replace(hour=0, minute=30, second=0, microsecond=0)
    return (noon - timedelta(days=days)).isoformat()


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


def test_r3_1_the_code_is_there_at_once_without_a_form(huian: RunningCity) -> None:
    (person,) = huian.people(1)
    client = huian.verified(person)

    code = code_of(client)

    assert (code["state"], code["word"], code["allows_entry"]) == ("green", "绿码", True)
    assert code["cause"] is None
    assert code["pass"]
    picture = client.get("/v1/me/health-code/qr")
    assert picture.status == 200
    assert "<svg" in picture.text


@pytest.mark.parametrize("condition", SIX)
def test_r3_2_each_of_the_six_turns_it_orange_and_is_named(huian: RunningCity, condition: str) -> None:
    kind, result = SIX[condition]
    (person,) = huian.people(1)
    client = huian.verified(person)
    assert code_of(client)["state"] == "green"

    huian.report(person, kind, result, days_ago(1), place=HUIAN)

    code = becomes(huian, client, "orange")
    assert code["cause"]["kind"] == kind
    assert code["cause"]["says"]
    assert code["allows_entry"] is False
    for said in ("word", "icon", "instruction"):
        assert code[said], "a state is never colour alone (B11)"
    assert code["contact"]["phone"]
    assert code["contact"]["hours"]


@pytest.mark.parametrize("kind", ["fever_clinic", "antipyretic"])
def test_r3_2_it_counts_for_fourteen_days_and_within_the_province(huian: RunningCity, kind: str) -> None:
    within, over, elsewhere = huian.people(3)
    huian.report(within, kind, "", days_ago(14), place=HUIAN)
    huian.report(over, kind, "", days_ago(15), place=HUIAN)
    huian.report(elsewhere, kind, "", days_ago(1), place=GUANGZHOU)

    codes = [code_of(huian.verified(person)) for person in (within, over, elsewhere)]

    assert [code["state"] for code in codes] == ["orange", "green", "green"]
    tomorrow = datetime.now(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert datetime.fromisoformat(codes[0]["until"]) == tomorrow


def test_r3_2_what_the_source_takes_back_turns_it_green_again(huian: RunningCity) -> None:
    (person,) = huian.people(1)
    client = huian.verified(person)
    huian.report(person, "contact", "close", days_ago(1), fact_id="mistaken")
    becomes(huian, client, "orange")

    huian.take_back(person, "contact", fact_id="mistaken")

    assert becomes(huian, client, "green")["cause"] is None

    def past() -> list[str]:
        return [one["state"] for one in client.get("/v1/me/health-code/history").json["items"]]

    assert huian.eventually(lambda: past() == ["green", "orange", "green"]), past()
