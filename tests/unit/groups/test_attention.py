"""When something of a member is overdue: to the midnight, in the city's time, from shared columns only (R0.5)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock, settings
from chalicelib.groups import attention, statuses
from chalicelib.groups.attention import Standing, standing
from chalicelib.groups.policies import KINDS, MAX_DAYS, PolicySet
from chalicelib.groups.tables import MembershipRow

JOINED = datetime(2022, 4, 1, 2, 0, tzinfo=UTC)
NOON = datetime(2022, 4, 6, 4, 0, tzinfo=UTC)


def member(*scopes: str, path: str = "/", joined: datetime = JOINED, **shown: str) -> MembershipRow:
    """A member who shares these scopes and shows these moments."""
    seen: dict[str, Any] = {kind: {"result": "positive", "occurred_at": at} for kind, at in shown.items()}
    return MembershipRow("org", "m1", path=path, type="member", scopes=list(scopes or shown), joined_at=joined, **seen)


def policies(**days: int) -> PolicySet:
    """One policy, of the organization, for all."""
    return PolicySet(1, {"/": {"": days}})


def local(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment of the city's own clock, which is eight hours ahead."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("occurred_at", "days", "last_good_day"),
    [
        ("2022-04-01T02:00:00Z", 1, date(2022, 4, 2)),
        ("2022-04-01T15:59:59Z", 1, date(2022, 4, 2)),
        ("2022-04-01T16:00:00Z", 1, date(2022, 4, 3)),
        ("2022-04-01T02:00:00Z", 7, date(2022, 4, 8)),
        ("2020-02-28T02:00:00Z", 1, date(2020, 2, 29)),
        ("2021-02-28T02:00:00Z", 1, date(2021, 3, 1)),
        ("2020-02-29T02:00:00Z", 365, date(2021, 2, 28)),
        ("2021-12-31T02:00:00Z", 1, date(2022, 1, 1)),
        ("2012-04-01T02:00:00Z", MAX_DAYS, date(2022, 3, 30)),
    ],
)
def test_it_is_overdue_from_the_midnight_that_ends_the_last_good_day(
    occurred_at: str, days: int, last_good_day: date
) -> None:
    row, rule = member(nucleic_acid=occurred_at), policies(nucleic_acid=days)
    next_day = last_good_day + timedelta(days=1)

    before = standing(row, rule, local(last_good_day, 23, 59, 59))
    after = standing(row, rule, local(next_day))

    assert before == Standing([], None, next_day)
    assert after == Standing(["nucleic_acid"], next_day, None)


def test_the_day_is_the_citys_own(monkeypatch: pytest.MonkeyPatch) -> None:
    city = settings.settings().city.model_copy(update={"time_zone": "Asia/Urumqi"})
    monkeypatch.setattr(settings, "load_city", lambda _: city)
    row, rule = member(nucleic_acid="2022-04-01T17:00:00Z"), policies(nucleic_acid=1)

    assert standing(row, rule, JOINED).due == date(2022, 4, 3)


def test_who_shares_what_nobody_reported_has_the_days_from_joining() -> None:
    row, rule = member("travel"), policies(travel=4)

    assert standing(row, rule, local(date(2022, 4, 5), 23, 59)) == Standing([], None, date(2022, 4, 6))
    assert standing(row, rule, NOON) == Standing(["travel"], date(2022, 4, 6), None)


def test_what_is_not_shared_is_never_overdue() -> None:
    row = member("health_code", "vaccination", nucleic_acid="2020-01-01T00:00:00Z")
    rule = policies(nucleic_acid=1, travel=1)

    assert standing(row, rule, NOON) == Standing()


def test_what_has_no_period_is_never_overdue() -> None:
    assert standing(member("nucleic_acid"), policies(travel=1), NOON) == Standing()
    assert standing(member("nucleic_acid"), PolicySet(0, {}), NOON) == Standing()


def test_the_longest_overdue_says_since_when_and_the_next_when_more_comes() -> None:
    row = member("nucleic_acid", "travel", "vaccination", joined=NOON)
    rule = policies(nucleic_acid=3, travel=1, vaccination=30)

    assert standing(row, rule, NOON + timedelta(days=5)) == Standing(
        ["nucleic_acid", "travel"], date(2022, 4, 8), date(2022, 5, 7)
    )


@pytest.mark.parametrize("occurred_at", ["9999-12-31T23:00:00Z", "9990-06-01T00:00:00Z"])
def test_what_the_calendar_does_not_reach_is_not_overdue(occurred_at: str) -> None:
    row = member(nucleic_acid=occurred_at)

    assert standing(row, policies(nucleic_acid=MAX_DAYS), NOON) == Standing()


def test_the_columns_sort_the_longest_overdue_first_within_a_department() -> None:
    first, second = member("travel", path="/a/"), member(path="/a/", travel="2022-04-02T00:00:00Z")
    with clock.frozen(NOON):
        stored = [attention.columns(row, policies(travel=1)) for row in (first, second)]

    assert [one["attention_key"] for one in stored] == ["/a/9#2022-04-03", "/a/9#2022-04-04"]
    assert [(one["overdue"], one["attention"]) for one in stored] == [(["travel"], "overdue")] * 2


@pytest.mark.parametrize(
    ("stored", "hour", "looked_at"),
    [
        (None, 8, 6),
        (None, 9, 7),
        ("2022-04-06#3", 8, 6),
        ("2022-04-06#3", 9, 6),
        ("2022-04-06#3", 23, 6),
        ("2022-04-05#3", 12, 6),
        ("2022-04-07#3", 9, 7),
        ("2022-05-01#3", 12, 7),
    ],
)
def test_who_is_overdue_is_looked_at_every_day_from_the_next_morning_on(
    stored: str | None, hour: int, looked_at: int
) -> None:
    """A day on which nobody looked yet is never passed over, whoever writes the row before (R0.5)."""
    row = member("travel")
    row.due_day = stored
    with clock.frozen(local(date(2022, 4, 6), hour)):
        assert attention.columns(row, policies(travel=1))["due_day"].startswith(f"2022-04-{looked_at:02}#")


def test_who_is_overdue_with_one_thing_and_soon_with_another_is_looked_at_tomorrow() -> None:
    row = member("travel", "vaccination", joined=NOON)
    with clock.frozen(NOON + timedelta(days=5)):
        assert attention.columns(row, policies(travel=1, vaccination=30))["due_day"].startswith("2022-04-12#")


def test_a_due_day_spreads_its_members_over_sixteen_keys() -> None:
    with clock.frozen(JOINED):
        keys = set()
        for number in range(400):
            row = member("travel")
            row.member_id = f"m{number}"
            keys.add(attention.columns(row, policies(travel=1))["due_day"])

    assert keys == {f"2022-04-03#{shard}" for shard in range(16)}


def test_all_columns_are_written_whatever_there_was() -> None:
    with clock.frozen(NOON):
        assert attention.columns(member("travel"), PolicySet(0, {})) == {
            "overdue": None,
            "attention": None,
            "attention_key": None,
            "due_day": None,
        }


def test_a_row_is_shown_as_it_is_now() -> None:
    row = member("travel")
    with clock.frozen(JOINED) as frozen:
        attention.show(row, policies(travel=1))
        assert (row.overdue, row.attention) == (None, None)
        frozen.tick(2 * 86_400)
        attention.show(row, policies(travel=1))
        assert (row.overdue, row.attention) == (["travel"], "overdue")


# --- what holds of any member --------------------------------------------------------------------------------------------

MOMENTS = st.datetimes(datetime(2021, 1, 1), datetime(2023, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
SHOWN = st.dictionaries(st.sampled_from(KINDS), MOMENTS.map(clock.iso))
SCOPES = st.lists(st.sampled_from([*KINDS, "health_code"]), unique=True)
DAYS = st.dictionaries(st.sampled_from(KINDS), st.integers(1, 400))
MEMBERS = st.builds(lambda scopes, joined, shown: member(*scopes, "", joined=joined, **shown), SCOPES, MOMENTS, SHOWN)


@given(row=MEMBERS, days=DAYS, less=st.integers(0, 400), at=MOMENTS)
def test_fewer_days_are_never_less_overdue(row: MembershipRow, days: dict[str, int], less: int, at: datetime) -> None:
    shorter = {kind: max(1, number - less) for kind, number in days.items()}

    now, then = (standing(row, policies(**given_days), at).overdue for given_days in (days, shorter))

    assert set(now) <= set(then) <= set(row.scopes)


@given(row=MEMBERS, days=DAYS, at=MOMENTS)
def test_the_due_day_is_the_first_on_which_more_is_overdue(
    row: MembershipRow, days: dict[str, int], at: datetime
) -> None:
    now = standing(row, policies(**days), at)

    if now.due is None:
        assert standing(row, policies(**days), at + timedelta(days=3000)).overdue == now.overdue
    else:
        before, from_then = (
            standing(row, policies(**days), local(now.due) + timedelta(seconds=moment)) for moment in (-1, 0)
        )
        assert before.overdue == now.overdue
        assert set(from_then.overdue) > set(now.overdue)


@given(row=MEMBERS, hidden=SHOWN, days=DAYS, at=MOMENTS)
def test_what_is_not_shared_changes_nothing(
    row: MembershipRow, hidden: dict[str, str], days: dict[str, int], at: datetime
) -> None:
    """Even if a column that no scope opens held something, nobody could tell by the member's standing."""
    before = standing(row, policies(**days), at)
    for kind, moment in hidden.items():
        if kind not in row.scopes:
            setattr(row, kind, {"result": "negative", "occurred_at": moment})

    assert standing(row, policies(**days), at) == before


def test_a_condition_names_everything_that_was_computed_from() -> None:
    names: dict[str, str] = {}

    attention.unchanged(member("travel", path="/a/")).serialize(names, {})

    assert set(names) == {"org_id", *attention.INPUTS}


SCHEME = settings.settings().city.scheme
MILD, WORST = SCHEME.states[1].name, SCHEME.states[-1].name


def in_state(state: str | None, *scopes: str, **columns: Any) -> MembershipRow:
    """A member of whom a state is held since the morning of the third."""
    row = member("health_code", *scopes, **columns)
    row.status = (
        None if state is None else {"state": state, "since": "2022-04-02T23:00:00Z", "as_of": "2022-04-06T00:00:00Z"}
    )
    return row


def key_of(row: MembershipRow, rule: PolicySet | None = None) -> str | None:
    with clock.frozen(NOON):
        found: str | None = attention.columns(row, rule or policies())["attention_key"]
    return found


def test_a_state_that_is_not_normal_needs_attention_whatever_the_policies_say() -> None:
    for state in SCHEME.states[1:]:
        assert standing(in_state(state.name), policies(), NOON).attention == state.name
    for name in (SCHEME.normal.name, "purple", "unknown", None):
        assert standing(in_state(name), policies(), NOON).attention is None


def test_a_state_that_is_not_shared_needs_none() -> None:
    row = in_state(WORST)
    row.scopes = ["travel"]

    assert standing(row, policies(), NOON).attention is None


def test_the_worst_state_sorts_first_and_what_is_overdue_last() -> None:
    keys = [key_of(in_state(state.name)) for state in reversed(SCHEME.states[1:])]
    keys.append(key_of(member(nucleic_acid="2022-04-01T02:00:00Z"), policies(nucleic_acid=1)))

    assert None not in keys
    assert keys == sorted(map(str, keys))
    assert len({attention.rank_of(state.name) for state in SCHEME.states[1:]}) == len(SCHEME.states) - 1


def test_a_state_is_listed_from_the_citys_day_on_which_it_began() -> None:
    assert key_of(in_state(WORST)) == "/0#2022-04-03"


def test_who_is_worse_than_overdue_is_listed_once_and_stays_overdue() -> None:
    row, rule = in_state(MILD, "travel"), policies(travel=4)
    with clock.frozen(NOON):
        held = attention.columns(row, rule)

    assert (held["attention"], held["overdue"]) == (MILD, ["travel"])
    assert held["attention_key"].endswith("#2022-04-03#2022-04-06")


@pytest.mark.parametrize("days", [1, 4, 30])
@pytest.mark.parametrize("states", [(MILD, WORST), (WORST, None), (None, MILD), (MILD, "purple")])
def test_a_status_alone_leaves_what_the_policies_would_make_of_it(
    states: tuple[str | None, str | None], days: int
) -> None:
    """Without asking for policies: from what is stored."""
    row, rule = in_state(states[0], "travel"), policies(travel=days)
    with clock.frozen(NOON):
        attention.assign_to(row, attention.columns(row, rule))
        row.status = in_state(states[1]).status
        whole = attention.columns(row, rule)

    assert attention.of_status(row) == {name: whole[name] for name in ("attention", "attention_key")}
    attention.assign_to(row, whole)
    row.status = None
    assert attention.of_status(row)["attention"] == (attention.OVERDUE if whole["overdue"] else None)


def test_whose_state_can_not_be_gone_by_needs_attention_as_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuses, "complete_through", lambda _: None)
    old, normal = in_state(WORST), in_state(SCHEME.normal.name)
    for row in (old, normal):
        row.person_id = "p1"
        with clock.frozen(NOON + timedelta(days=9)):
            attention.show(row, policies())

    assert (old.attention, normal.attention) == ("unknown", None)
    assert [row.status["state"] for row in (old, normal) if row.status] == ["unknown", "unknown"]
