"""What a book holds and shows of a member's status: within the consent, the newest there was, and no older than the limit."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core.settings import settings
from chalicelib.groups import statuses
from chalicelib.groups.tables import MembershipRow
from chalicelib.people.tables.people import PersonRow

NOON = datetime(2022, 4, 6, 4, 0, tzinfo=UTC)
LIMIT = timedelta(hours=settings().city.freshness.limit_hours)
SCHEME = settings().city.scheme
NORMAL, WORST = SCHEME.normal.name, SCHEME.states[-1].name
HELD = {
    "state": WORST,
    "since": "2022-04-05T02:00:00Z",
    "until": "2022-04-19T16:00:00Z",
    "as_of": "2022-04-06T03:00:00Z",
}


@pytest.fixture(autouse=True)
def through(monkeypatch: pytest.MonkeyPatch) -> list[datetime | None]:
    """Until when all segments are complete; a test may put another moment there."""
    moments: list[datetime | None] = [None]
    monkeypatch.setattr(statuses, "complete_through", lambda _: moments[0])
    return moments


def person(version: int = 1, **columns: Any) -> PersonRow:
    given = {"state": WORST, "state_since": NOON, "checked_at": NOON, "status_at": NOON, **columns}
    return PersonRow("p1", "PERSON", enrolment=1, status_version=version, **given)


def member(*scopes: str, **columns: Any) -> MembershipRow:
    return MembershipRow("org", "m1", person_id="p1", enrolment=1, scopes=list(scopes), **columns)


def held(**changes: str | None) -> dict[str, str | None]:
    return {**HELD, **changes}


def state_at(at: datetime, **columns: Any) -> object:
    shown = statuses.shown(member("health_code", **columns), at)
    assert shown is not None
    return shown["state"]


def test_a_member_who_shares_holds_state_dates_and_version() -> None:
    columns = statuses.columns(member("health_code"), person(3, state_until=NOON + LIMIT))

    assert columns == {
        "status": {
            "state": WORST,
            "since": "2022-04-06T04:00:00Z",
            "until": "2022-04-08T04:00:00Z",
            "as_of": "2022-04-06T04:00:00Z",
        },
        "status_version": 3,
    }


def test_who_does_not_share_holds_nothing_whatever_was_held() -> None:
    row = member("travel", "nucleic_acid", "vaccination", status=HELD, status_version=2)

    assert statuses.columns(row, person()) == {"status": None, "status_version": None}
    assert statuses.shown(row, NOON) is None


def test_a_newer_status_stays() -> None:
    row = member("health_code", status=HELD, status_version=5)

    assert statuses.columns(row, person(4)) == {"status": HELD, "status_version": 5}
    assert statuses.columns(row, person(5))["status"] != HELD


def test_who_has_no_status_yet_holds_none_and_reads_as_unknown() -> None:
    assert statuses.columns(member("health_code"), person(0, state=None)) == {"status": None, "status_version": None}
    assert state_at(NOON) == "unknown"


@pytest.mark.parametrize(
    ("scopes", "before", "begins"),
    [
        (["health_code"], None, 7),
        (["travel"], None, None),
        (["health_code"], member("travel"), 7),
        (["health_code", "travel"], member("health_code", shared_version=3), 3),
        (["health_code"], member("health_code"), 0),
        (["travel"], member("health_code", shared_version=3), None),
    ],
)
def test_sharing_begins_with_the_version_that_stood_then(
    scopes: list[str], before: MembershipRow | None, begins: int | None
) -> None:
    assert statuses.shared_from(scopes, before, person(7)) == begins


def test_a_fresh_status_is_shown_as_it_is_held() -> None:
    assert statuses.shown(member("health_code", status=HELD), NOON) == HELD


def test_a_status_is_good_to_the_limit_and_not_a_second_longer(through: list[datetime | None]) -> None:
    end = datetime.fromisoformat(HELD["as_of"]) + LIMIT

    assert state_at(end, status=HELD) == WORST
    assert state_at(end + timedelta(seconds=1), status=HELD) == "unknown"
    through[0] = end
    assert state_at(end + timedelta(seconds=1), status=HELD) == WORST


def test_what_is_unknown_says_no_dates_but_how_old_it_is() -> None:
    shown = statuses.shown(member("health_code", status=HELD), NOON + 2 * LIMIT)

    assert shown == {"state": "unknown", "since": None, "until": None, "as_of": HELD["as_of"]}


def test_a_fresh_segment_says_nothing_of_who_could_not_be_read_in_it(through: list[datetime | None]) -> None:
    later = through[0] = NOON + 2 * LIMIT
    row = held(unread_since="2022-04-06T03:30:00Z")

    assert state_at(later, status=HELD) == WORST
    assert state_at(later, status=row) == "unknown"
    assert state_at(NOON, status=row) == WORST
    assert state_at(later, status=row | {"as_of": "2022-04-10T04:00:00Z"}) == "unknown", "that was of who they are"


def test_somebody_whose_facts_could_not_be_read_holds_since_when() -> None:
    row = statuses.columns(member("health_code"), person(stale_since=NOON))

    assert row["status"]["unread_since"] == "2022-04-06T04:00:00Z"


def test_a_state_that_the_scheme_does_not_hold_is_unknown() -> None:
    assert state_at(NOON, status=held(state="purple")) == "unknown"


def test_an_entry_ends_at_its_moment_and_a_refusal_only_when_it_is_computed_anew() -> None:
    until = {"until": "2022-04-06T04:00:00Z"}
    before = NOON - timedelta(seconds=1)

    assert [state_at(at, status=held(state=NORMAL, **until)) for at in (before, NOON)] == [NORMAL, "unknown"]
    assert [state_at(at, status=held(**until)) for at in (before, NOON)] == [WORST, WORST]


def test_nobody_can_say_how_old_what_is_that_has_no_date() -> None:
    assert state_at(NOON, status=held(as_of=None)) == "unknown"
