"""Which changes of a stored membership take something back (decision 0021)."""

from typing import Any

import pytest

from chalicelib.groups.withdrawals import withdraws


def stored(*scopes: str, enrolment: str = "1", **others: Any) -> dict[str, Any]:
    """As much of a membership as is looked at."""
    keys = {"org_id": {"S": "o"}, "member_id": {"S": "m"}}
    shared = {"L": [{"S": scope} for scope in scopes]}
    return {**keys, "enrolment": {"N": enrolment}, "scopes": shared, **others}


BROKEN = stored(scopes={"S": "all"})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (stored(), None),
        (stored("travel"), None),
        (stored("travel"), stored()),
        (stored("travel", "vaccination"), stored("vaccination", "nucleic_acid", "health_code")),
        (stored("travel"), stored("travel", enrolment="2")),
        (stored(), stored(enrolment="2")),
        (stored("travel"), BROKEN),
        (stored("travel"), stored("travel", enrolment="one")),
    ],
)
def test_it_is_taken_back(old: Any, new: Any) -> None:
    assert withdraws(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (None, stored()),
        (None, None),
        (stored(), stored("travel")),
        (stored("travel", "vaccination"), stored("vaccination", "travel")),
        (stored("travel", travel={"S": "{}"}), stored("travel")),
        (BROKEN, None),
        (BROKEN, stored()),
    ],
)
def test_nothing_is_taken_back(old: Any, new: Any) -> None:
    assert not withdraws(old, new)
