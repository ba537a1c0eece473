"""Filling the registry: what is known of people, kinds, results, times and ids."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.health.facts import RESULTS, Kind, derived_fact_id
from chalicelib.health.importer import BATCH, Importer, RowResult
from chalicelib.health.rows import LONGEST_WORD
from chalicelib.health.tables import IdentityRow
from tests.api.health.steps import errors, fact, facts_of, import_facts
from tests.support.books import person_id_of
from tests.support.city import TestCity
from tests.support.rows import items_of

pytestmark = pytest.mark.api


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_takes_its_results_and_no_other(city: TestCity, kind: Kind) -> None:
    person = city.stranger()
    every = sorted({result for results in RESULTS.values() for result in results} | {"0", "10", "NEGATIVE", "yes"})

    outcome = dict(
        zip(
            every,
            import_facts(*(fact(person, kind=kind.value, result=one, fact_id=f"f{one}") for one in every)),
            strict=True,
        )
    )

    assert {result for result, error in outcome.items() if error is None} == RESULTS[kind]
    assert {error for error in outcome.values() if error is not None} == {"unknown_result"}
    assert {(one["kind"], one["result"]) for one in facts_of(person)} == {(kind, result) for result in RESULTS[kind]}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": ""}, "unknown_kind"),
        ({"kind": "horoscope"}, "unknown_kind"),
        ({"kind": "IDENTITY"}, "unknown_kind"),
        ({"result": ""}, "unknown_result"),
        ({"source": " "}, "missing_source"),
        ({"source": None}, "missing_source"),
        ({"source": "s" * (LONGEST_WORD + 1)}, "too_long_source"),
        ({"place": "省" * (LONGEST_WORD + 1)}, "too_long_place"),
        ({"fact_id": "f" * (LONGEST_WORD + 1)}, "too_long_fact_id"),
        ({"occurred_at": ""}, "invalid_occurred_at"),
        ({"occurred_at": "yesterday"}, "invalid_occurred_at"),
        ({"occurred_at": "2022-02-30T00:00:00Z"}, "invalid_occurred_at"),
        ({"occurred_at": "05/04/2022"}, "invalid_occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "invalid_occurred_at"),
        ({"occurred_at": "0022-04-05T10:00:00Z"}, "invalid_occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "invalid_occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59Z"}, "future_occurred_at"),
        ({"reported_at": "soon"}, "invalid_reported_at"),
        ({"reported_at": "9999-12-31T23:59:59Z"}, "future_reported_at"),
        ({"document_type": "driving_licence"}, "unknown_document_type"),
        ({"document_number": "?"}, "invalid_document"),
    ],
)
def test_a_bad_fact_is_reported_by_line_and_stops_nothing(city: TestCity, changes: dict[str, Any], reason: str) -> None:
    person = city.stranger()

    results = list(Importer().facts([fact(person, fact_id="a"), fact(person, **changes), fact(person, fact_id="b")]))

    assert results == [RowResult(2, None), RowResult(3, reason), RowResult(4, None)]
    assert [one["fact_id"] for one in facts_of(person)] == ["a", "b"]


def test_the_longest_words_fit_in_a_key(city: TestCity) -> None:
    person = city.stranger()
    longest = "𠮷" * LONGEST_WORD

    assert import_facts(
        fact(person, kind="high_risk_travel", result="high", fact_id=longest, place=longest, source=longest)
    ) == [None]

    assert [one["fact_id"] for one in facts_of(person)] == [longest]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2022-04-05T10:00:00+08:00", "2022-04-05T02:00:00Z"),
        ("2022-04-05T10:00:00", "2022-04-05T02:00:00Z"),
        ("2022-04-05 10:00", "2022-04-05T02:00:00Z"),
        ("2022-04-05", "2022-04-04T16:00:00Z"),
        ("2022-04-05T02:00:00Z", "2022-04-05T02:00:00Z"),
        ("2022-04-05T02:00:00.987Z", "2022-04-05T02:00:00Z"),
        ("2022-04-04T21:00:00-05:00", "2022-04-05T02:00:00Z"),
        ("1989-07-01T12:00:00", "1989-07-01T03:00:00Z"),
        ("2020-02-29T00:00:00", "2020-02-28T16:00:00Z"),
    ],
)
def test_a_time_without_a_zone_is_the_citys(city: TestCity, written: str, meant: str) -> None:
    """China had summer time from 1986 to 1991."""
    person = city.stranger()

    assert import_facts(fact(person, occurred_at=written)) == [None]

    assert [(one["occurred_at"], one["reported_at"]) for one in facts_of(person)] == [(meant, meant)]


def test_the_future_begins_with_the_next_second(city: TestCity) -> None:
    person = city.stranger()
    with clock.frozen(clock.now()):
        now, soon = clock.now(), clock.now() + timedelta(seconds=1)
        rows = [fact(person, occurred_at=now.isoformat()), fact(person, occurred_at=soon.isoformat())]
        assert import_facts(*rows) == [None, "future_occurred_at"]


def test_a_report_may_come_later_than_what_it_reports(city: TestCity) -> None:
    person = city.stranger()

    assert import_facts(fact(person, reported_at="2022-04-06T10:00:00+08:00")) == [None]

    assert [one["reported_at"] for one in facts_of(person)] == ["2022-04-06T02:00:00Z"]


def test_a_fact_without_an_id_gets_one_of_source_kind_time_and_place(city: TestCity) -> None:
    person = city.stranger()
    same = [
        fact(person),
        fact(person, occurred_at="2022-04-05T02:00:00Z"),
        fact(person, occurred_at="2022-04-05T10:00:00", result="positive"),
    ]
    others = [
        fact(person, source="other lab"),
        fact(person, place="Lab 4"),
        fact(person, occurred_at="2022-04-05T10:00:01+08:00"),
        fact(person, kind="travel_check", result="clear"),
        fact(person, fact_id="given"),
    ]

    assert import_facts(*same) == [None] * 3
    (one,) = facts_of(person)
    assert one["fact_id"] == derived_fact_id("lab", "nucleic_acid", "2022-04-05T02:00:00Z", "Lab 3")
    assert one["result"] == "positive"
    assert import_facts(*others) == [None] * 5
    assert len(facts_of(person)) == 6


def test_parts_of_a_derived_id_do_not_run_into_each_other() -> None:
    assert derived_fact_id("a", "bc", "d", "e") != derived_fact_id("ab", "c", "d", "e")
    assert derived_fact_id("lab", "case", "t", "") == derived_fact_id("lab", "case", "t", "")


def test_a_file_read_twice_leaves_the_same_rows(city: TestCity) -> None:
    person = city.stranger()
    rows = [fact(person, kind=kind.value, result=result) for kind in Kind for result in sorted(RESULTS[kind])]
    rows += [fact(person, fact_id=f"f{number}") for number in range(BATCH)]
    importer = Importer()
    assert set(errors(importer.people([person.row()]))) | set(errors(importer.facts(rows))) == {None}
    before = items_of(IdentityRow, person_id_of(person))

    assert set(errors(Importer().people([person.row()]))) | set(errors(Importer().facts(rows))) == {None}

    after = items_of(IdentityRow, person_id_of(person))
    changing = {"delivered_at", "name_sealed", "document_sealed", "phone_sealed"}
    assert len(after) == len(Kind) + BATCH + 1
    assert [_without(item, changing) for item in after] == [_without(item, changing) for item in before]


def _without(item: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}
