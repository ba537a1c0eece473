from datetime import date

import pytest

from chalicelib.core import clock
from tests.infra import acknowledged
from tests.infra.acknowledged import ACKNOWLEDGED, outdated, unacknowledged

ENTRIES = [
    {"rule": "SQS3", "resource": ".*Parking.*"},
    {"rule": "L1"},
]


def test_every_acknowledgement_has_a_reason_and_has_not_expired() -> None:
    today = clock.now().date()
    for entry in [one for entries in ACKNOWLEDGED.values() for one in entries]:
        assert entry.keys() <= {"rule", "resource", "reason", "expires"}
        assert len(entry["reason"]) > 20
        assert isinstance(entry["expires"], date)
        assert entry["expires"] > today, f"{entry['rule']} must be looked at again"


def test_an_acknowledgement_covers_its_rule_on_its_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acknowledged, "ACKNOWLEDGED", {"tool": ENTRIES})
    parked, working, code = ("SQS3", "AParkingQueue"), ("SQS3", "Queue"), ("L1[x]", "Function")

    assert unacknowledged("tool", [parked, working, code]) == [working]
    assert outdated("tool", [parked, working]) == ["L1"]
