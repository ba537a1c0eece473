"""What a check-in says, and what a second one of the same five minutes adds to it."""

from typing import Any

import pytest

from chalicelib.core.city import load_city
from chalicelib.places.tables import CheckinRow
from chalicelib.places.visiting.verdict import Verdict, amended, says_the_same

SCHEME = load_city("demo").scheme
PART, SK = "01g00000000000000000000000#2022-04-06#0", "00000001#a"


def row(**columns: Any) -> CheckinRow:
    fields = {"state": "green", "allowed": True, "alarm": False, "mode": "poster", "assurance": "static", **columns}
    return CheckinRow(PART, SK, **fields)


FEVER = row(allowed=False, alarm=True, temperature="fever", temperature_source="measured", by="i", mode="pass")
WELL = row(temperature="normal", temperature_source="measured", by="i", mode="pass", assurance="inspector")
RED = row(state="red", allowed=False, alarm=True)
BROUGHT = row(by="m", mode="dependant")


@pytest.mark.parametrize(
    ("state", "temperature", "allowed", "alarm"),
    [
        ("green", None, True, False),
        ("green", "normal", True, False),
        ("green", "fever", False, True),
        ("orange", "normal", False, False),
        ("red", "normal", False, True),
        ("no such state", None, False, False),
    ],
)
def test_a_verdict_is_the_schemes_and_the_thermometers(
    state: str, temperature: str | None, allowed: bool, alarm: bool
) -> None:
    verdict = Verdict(SCHEME.state(state), temperature)

    assert (verdict.allowed, verdict.alarm) == (allowed, alarm)


def test_the_same_again_tells_nothing_new() -> None:
    assert says_the_same(row(), row())
    assert says_the_same(WELL, row())
    assert not says_the_same(row(), WELL)
    assert not says_the_same(row(), RED)
    assert not says_the_same(RED, row())
    assert not says_the_same(FEVER, RED)
    assert not says_the_same(RED, row(state="red", allowed=False, alarm=True, temperature="fever"))


def test_whoever_brings_somebody_along_is_none_of_the_staff() -> None:
    hot = row(allowed=False, alarm=True, by="m", mode="dependant", temperature="fever", temperature_source="self")

    assert not says_the_same(row(), BROUGHT)
    assert says_the_same(WELL, BROUGHT)
    assert not says_the_same(BROUGHT, WELL)
    assert amended(BROUGHT, WELL).items() >= {"by": "i", "mode": "pass", "assurance": "inspector"}.items()
    assert not amended(WELL, hot).keys() & {"by", "mode", "assurance"}


@pytest.mark.parametrize(
    ("stored", "new", "change"),
    [
        (row(), row(), {}),
        (
            row(),
            FEVER,
            {
                "allowed": False,
                "alarm": True,
                "by": "i",
                "mode": "pass",
                "temperature": "fever",
                "temperature_source": "measured",
            },
        ),
        (row(), RED, {"allowed": False, "alarm": True, "state": "red"}),
        (FEVER, RED, {"state": "red"}),
        (RED, row(allowed=False, alarm=True, temperature="fever", by=None), {"temperature": "fever"}),
        (RED, row(), {}),
        (FEVER, WELL, {"assurance": "inspector"}),
        (FEVER, row(temperature="normal", temperature_source="self"), {}),
    ],
)
def test_the_stricter_verdict_stays(stored: CheckinRow, new: CheckinRow, change: dict[str, Any]) -> None:
    assert amended(stored, new) == change
