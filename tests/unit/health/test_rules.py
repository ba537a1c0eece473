"""What facts come to by each city's rules: in any order, to the midnight, the worst first, with its cause (R3.2, R4.7)."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core import clock
from chalicelib.core.city import all_cities, load_city
from chalicelib.core.ports import Fact
from chalicelib.core.scheme import Rule, Scheme
from chalicelib.health.facts import RESULTS, Kind
from chalicelib.health.rules import Judgement, judge

ZONE = "Asia/Shanghai"
SCHEMES = {city.name: city.scheme for city in all_cities()}
RULES = [
    pytest.param(scheme, rule, id=f"{name} {rule.name}") for name, scheme in SCHEMES.items() for rule in scheme.rules
]
NOON = datetime(2022, 4, 6, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
PLACES = ["", "Lab 3", "350521", "350521003", "350000", "110105", "44", "999999999"]


def fact(kind: str, result: str = "", at: datetime = NOON, place: str = "", **others: str) -> Fact:
    """A fact of this kind, as a source reports it."""
    moment = clock.iso(at)
    return Fact(**{"fact_id": f"{kind}-{result}-{moment}", "kind": kind, "result": result, "occurred_at": moment,
                   "place": place, "source": "lab", "reported_at": moment, **others})  # fmt: skip


def causing(rule: Rule, at: datetime = NOON) -> Fact:
    """A fact that the rule goes by."""
    return fact(rule.fact, rule.results[0], at)


moments = st.integers(0, 30 * 24 * 4).map(lambda quarters: NOON + timedelta(minutes=15 * quarters, days=-30))
kinds = st.sampled_from([(kind.value, result) for kind, results in RESULTS.items() for result in sorted(results)])
facts = st.builds(lambda what, at, place, number, told: fact(what[0], what[1], at, place, fact_id=str(number),
                                                             reported_at=clock.iso(at + timedelta(hours=told))),
                  kinds, moments, st.sampled_from(PLACES), st.integers(0, 3), st.integers(0, 2))  # fmt: skip
people = st.lists(facts, max_size=12)
schemes = st.sampled_from(list(SCHEMES.values()))


def shown(judgement: Judgement) -> tuple[Any, ...]:
    """What a person reads of a judgement."""
    return judgement.state, judgement.rule, judgement.fact


def local_date(at: datetime) -> date:
    return at.astimezone(ZoneInfo(ZONE)).date()


def goes_by(rule: Rule, cause: Fact, everything: list[Fact], at: datetime) -> bool:
    """Whether a rule holds for a fact at a moment, told by counting days and looking at every fact: slow and plain."""
    start = datetime.fromisoformat(cause.occurred_at)
    clears = {(one.fact, result) for one in rule.cleared_by for result in one.results}
    lasting = rule.days is None or (local_date(at) - local_date(start)).days <= rule.days
    outside = len(cause.place) in {6, 9} and cause.place.isdigit() and not cause.place.startswith(rule.area or "")
    told = (start, cause.reported_at)
    cleared = any(
        (one.kind, one.result) in clears and told <= (moment, one.reported_at) and moment <= at
        for one in everything
        for moment in [datetime.fromisoformat(one.occurred_at)]
    )
    is_named = cause.kind == rule.fact and cause.result in rule.results
    return is_named and start <= at and lasting and not outside and not cleared


@given(schemes, people, moments, st.randoms(use_true_random=False))
def test_the_order_of_facts_never_matters(
    scheme: Scheme, person: list[Fact], at: datetime, shuffling: random.Random
) -> None:
    shuffled = person.copy()
    shuffling.shuffle(shuffled)

    assert judge(scheme, ZONE, shuffled, at) == judge(scheme, ZONE, person, at)
    assert judge(scheme, ZONE, shuffled + person, at) == judge(scheme, ZONE, person, at)


@given(schemes, people, moments)
def test_the_worst_state_that_any_rule_gives_wins(scheme: Scheme, person: list[Fact], at: datetime) -> None:
    given_by = {
        scheme.rank(rule.state) for rule in scheme.rules for cause in person if goes_by(rule, cause, person, at)
    }

    assert scheme.rank(judge(scheme, ZONE, person, at).state) == max(given_by, default=0)


@given(schemes, people, moments)
def test_every_answer_names_its_cause(scheme: Scheme, person: list[Fact], at: datetime) -> None:
    found = judge(scheme, ZONE, person, at)

    if found.state == scheme.normal.name:
        assert (found.rule, found.fact) == (None, None)
        return
    rule = scheme.rule(found.rule)
    assert rule is not None
    assert rule.state == found.state
    assert found.fact in person
    assert goes_by(rule, found.fact, person, at)


@given(schemes, people, moments)
def test_until_is_the_next_moment_at_which_anything_changes(scheme: Scheme, person: list[Fact], at: datetime) -> None:
    found = judge(scheme, ZONE, person, at)
    if found.until is None:
        assert shown(judge(scheme, ZONE, person, at + timedelta(days=4000))) == shown(found)
        return

    assert found.until > at
    assert shown(judge(scheme, ZONE, person, max(at, found.until - SECOND))) == shown(found)
    assert shown(judge(scheme, ZONE, person, found.until)) != shown(found)


@given(schemes, people, moments)
def test_since_is_the_moment_at_which_the_state_began(scheme: Scheme, person: list[Fact], at: datetime) -> None:
    found = judge(scheme, ZONE, person, at)
    if found.since is None:
        assert found.state == scheme.normal.name
        assert judge(scheme, ZONE, person, at - timedelta(days=100)).state == scheme.normal.name
        return

    assert found.since <= at
    assert judge(scheme, ZONE, person, found.since).state == found.state
    assert judge(scheme, ZONE, person, found.since - SECOND).state != found.state


@given(schemes, people, facts, moments)
def test_one_fact_more_makes_nothing_milder_unless_it_clears(
    scheme: Scheme, person: list[Fact], more: Fact, at: datetime
) -> None:
    clears = any((more.kind, more.result) in rule.clearings for rule in scheme.rules)
    before, after = judge(scheme, ZONE, person, at), judge(scheme, ZONE, [*person, more], at)

    assert clears or scheme.rank(after.state) >= scheme.rank(before.state)


@pytest.mark.parametrize(("scheme", "rule"), RULES)
def test_every_rule_of_every_city_is_reached(scheme: Scheme, rule: Rule) -> None:
    """By somebody of whom one fact is known, some day: a worse rule may go by the same fact first."""
    person, at, reached = [causing(rule)], NOON, set()
    while (found := judge(scheme, ZONE, person, at)).rule is not None:
        reached.add((found.rule, found.state))
        if found.until is None:
            break
        at = found.until

    assert (rule.name, rule.state) in reached


@pytest.mark.parametrize(("scheme", "rule"), RULES)
def test_a_window_closes_at_the_midnight_of_the_city_that_ends_its_last_day(scheme: Scheme, rule: Rule) -> None:
    alone = scheme.model_copy(update={"rules": (rule,)})
    for start in (datetime(2022, 4, 1, hour, minute, second, tzinfo=UTC) for hour, minute, second in
                  [(0, 0, 0), (2, 0, 0), (15, 59, 59), (16, 0, 0), (23, 59, 59)]):  # fmt: skip
        found = judge(alone, ZONE, [causing(rule, start)], start)
        assert (found.state, found.rule, found.since) == (rule.state, rule.name, start)
        if rule.days is None:
            assert found.until is None
            continue
        last = local_date(start) + timedelta(days=rule.days)
        assert found.until is not None
        assert local_date(found.until - SECOND) == last
        assert found.until.astimezone(ZoneInfo(ZONE)).time().isoformat() == "00:00:00"
        assert judge(alone, ZONE, [causing(rule, start)], found.until - SECOND).state == rule.state
        assert judge(alone, ZONE, [causing(rule, start)], found.until).state == scheme.normal.name


@pytest.mark.parametrize(("scheme", "rule"), RULES)
def test_a_rule_names_facts_that_there_are_and_so_do_its_clearings(scheme: Scheme, rule: Rule) -> None:
    assert scheme.state(rule.state).name == rule.state
    named = {(rule.fact, result) for result in rule.results} | rule.clearings
    assert [(kind, result) for kind, result in named if result not in RESULTS[Kind(kind)]] == []


@pytest.mark.parametrize(("scheme", "rule"), RULES)
def test_what_clears_a_rule_ends_it_and_only_what_came_before(scheme: Scheme, rule: Rule) -> None:
    alone = scheme.model_copy(update={"rules": (rule,)})
    hour = timedelta(hours=1)
    for kind, result in rule.clearings:
        later, same, before = (fact(kind, result, at) for at in (NOON + hour, NOON, NOON - SECOND))
        assert judge(alone, ZONE, [causing(rule), later], NOON).until == NOON + hour
        assert judge(alone, ZONE, [causing(rule), later], NOON + hour).state == scheme.normal.name
        assert judge(alone, ZONE, [causing(rule), later], NOON + hour).since == NOON + hour
        assert judge(alone, ZONE, [causing(rule), same], NOON).state == scheme.normal.name
        assert judge(alone, ZONE, [causing(rule), before], NOON).state == rule.state
        assert judge(alone, ZONE, [causing(rule, NOON + 2 * hour), later], NOON + 2 * hour).state == rule.state


@pytest.mark.parametrize("name", ["beijing", "linyi", "maoming", "demo"])
@pytest.mark.parametrize("results", [("positive", "negative"), ("negative", "positive")], ids=" then ".join)
def test_of_two_tests_of_one_day_the_one_that_was_reported_last_counts(name: str, results: tuple[str, str]) -> None:
    """Where a source knows days alone, all that happened on one happened at its first moment."""
    scheme, hour = SCHEMES[name], timedelta(hours=1)
    both = [fact("nucleic_acid", result, reported_at=clock.iso(NOON + number * hour), fact_id=str(number))
            for number, result in enumerate(results)]  # fmt: skip

    is_normal = judge(scheme, ZONE, both, NOON + 24 * hour).state == scheme.normal.name

    assert is_normal == (results[-1] == "negative")


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_somebody_of_whom_nothing_is_known_is_in_the_normal_state(scheme: Scheme) -> None:
    assert judge(scheme, ZONE, [], NOON) == Judgement(scheme.normal.name)
    harmless = [fact("nucleic_acid", "negative"), fact("vaccination", "3"), fact("travel_check", "clear")]
    assert judge(scheme, ZONE, harmless, NOON) == Judgement(scheme.normal.name)


# R3.2 as it is written


@pytest.mark.parametrize(
    ("kind", "result"),
    [("fever_clinic", ""), ("high_risk_travel", "high"), ("case", "confirmed"), ("case", "suspected"),
     ("contact", "close"), ("closed_community", "in"), ("antipyretic", "")],
)  # fmt: skip
def test_hui_an_is_orange_if_any_of_six_holds(kind: str, result: str) -> None:
    scheme = SCHEMES["huian"]
    assert judge(scheme, ZONE, [fact(kind, result)], NOON).state == "orange"
    for other in ("closed_community", "out"), ("contact", "secondary"), ("high_risk_travel", "medium"):
        assert judge(scheme, ZONE, [fact(*other)], NOON).state == "green"


@pytest.mark.parametrize("kind", ["fever_clinic", "antipyretic"])
def test_fourteen_days_count_in_the_province_alone(kind: str) -> None:
    scheme, day = SCHEMES["huian"], timedelta(days=1)
    for place, state in {"": "orange", "县医院": "orange", "350521": "orange", "350100": "orange", "350000": "orange",
                         "350521003": "orange", "350521003201": "orange", "440902": "green", "110000": "green",
                         "440902001": "green", " 440902": "orange", "4409": "orange"}.items():  # fmt: skip
        assert judge(scheme, ZONE, [fact(kind, place=place)], NOON).state == state, place
    assert judge(scheme, ZONE, [fact(kind)], NOON + 14 * day).state == "orange"
    assert judge(scheme, ZONE, [fact(kind)], NOON + 15 * day).state == "green"


def test_of_two_causes_the_one_that_ends_last_is_named() -> None:
    scheme, day = SCHEMES["huian"], timedelta(days=1)
    earlier, later = fact("antipyretic", at=NOON), fact("fever_clinic", at=NOON + 3 * day)

    found = judge(scheme, ZONE, [earlier, later], NOON + 4 * day)

    assert (found.rule, found.fact, found.since) == ("fever_clinic", later, NOON)
    assert found.until == clock.midnight(ZONE, date(2022, 4, 24))
    endless = judge(scheme, ZONE, [earlier, later, fact("contact", "close", NOON - day)], NOON + 4 * day)
    assert (endless.rule, endless.since, endless.until) == ("close_contact", NOON - day, None)


# R4.7 as it is settled


def test_a_close_contact_in_beijing_is_observed_in_two_places_and_then_free() -> None:
    scheme, contact = SCHEMES["beijing"], fact("contact", "close")
    seen, at = [], NOON
    for _ in range(3):
        found = judge(scheme, ZONE, [contact], at)
        seen.append((found.state, local_date(found.since) if found.since else None))
        at = found.until or at

    assert seen == [
        ("central_observation", date(2022, 4, 6)),
        ("home_observation", date(2022, 4, 14)),
        ("normal", date(2022, 4, 17)),
    ]


@pytest.mark.parametrize("name", ["beijing", "demo"])
def test_pop_ups_end_by_a_clear_check_or_by_an_answer(name: str) -> None:
    scheme, hour = SCHEMES[name], timedelta(hours=1)
    pending, travel = fact("travel_check", "pending"), fact("high_risk_travel", "medium")
    clear, answered = (fact("travel_check", result, NOON + hour) for result in ("clear", "answered"))

    def action(*known: Fact) -> str:
        return scheme.state(judge(scheme, ZONE, known, NOON + hour).state).action

    assert action(pending) == "travel_check"
    assert action(pending, clear) == "none"
    assert action(travel) == action(pending, travel) == action(travel, clear) == "report"
    assert action(travel, answered) == action(pending, travel, answered) == "none"


# Moments


def test_a_fact_that_is_dated_later_counts_from_its_moment_on() -> None:
    scheme, soon = SCHEMES["huian"], NOON + timedelta(minutes=5)

    assert judge(scheme, ZONE, [fact("case", "confirmed", soon)], NOON) == Judgement("green", until=soon)
    assert judge(scheme, ZONE, [fact("case", "confirmed", soon)], soon).state == "orange"


def test_moments_with_another_offset_are_the_same_moments() -> None:
    scheme = SCHEMES["huian"]
    confirmed = fact("case", "confirmed", occurred_at="2022-04-06T12:00:00+08:00")
    recovered = fact("case", "recovered", occurred_at="2022-04-06T04:00:01Z")

    assert judge(scheme, ZONE, [confirmed, recovered], NOON).state == "orange"
    assert judge(scheme, ZONE, [confirmed, recovered], NOON + SECOND).state == "green"


def test_days_are_those_of_the_zone_also_where_a_midnight_is_skipped() -> None:
    """Brazil moved its clocks from 0 to 1 o'clock on 4 November 2018."""
    scheme = SCHEMES["huian"]
    found = judge(scheme, "America/Sao_Paulo", [fact("antipyretic", at=datetime(2018, 10, 20, 12, tzinfo=UTC))],
                  datetime(2018, 10, 21, tzinfo=UTC))  # fmt: skip

    assert found.until == datetime(2018, 11, 4, 3, 0, tzinfo=UTC)


def test_a_window_beyond_the_calendar_never_closes() -> None:
    scheme, end = SCHEMES["huian"], datetime(9999, 12, 30, tzinfo=UTC)

    found = judge(scheme, ZONE, [fact("antipyretic", occurred_at="9999-12-30T00:00:00Z")], end)

    assert (found.state, found.until) == ("orange", None)


def test_what_is_no_moment_is_never_taken_for_the_normal_state() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        judge(load_city("huian").scheme, ZONE, [fact("case", "confirmed", occurred_at="yesterday")], NOON)
