"""Registered sources deliver facts: an answer for each row, corrections, withdrawals, and newer ones that stay (R-12 to R-15)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.core import clock, store
from chalicelib.health.service.registry import RegistrySource
from chalicelib.health.tables import FactRow
from tests.support.books import Book, at_once, person_id_of
from tests.support.city import TestCity
from tests.support.people import TestPerson
from tests.support.rows import items_of, spoil, stored
from tests.support.seam import Seam, aws_error
from tests.support.sources import SourceClient, outcomes, registered, report, withdrawal

pytestmark = pytest.mark.api

LATER, LATEST = "2022-04-06T02:00:00Z", "2022-04-07T02:00:00Z"


def known(person: TestPerson) -> list[tuple[str, str, str]]:
    """What every reader sees of a person."""
    return [(fact.fact_id, fact.kind, fact.result) for fact in RegistrySource().facts_of(person_id_of(person))]


@pytest.fixture
def lab(city: TestCity) -> SourceClient:
    return registered(city)


def test_a_fact_is_stored_with_source_batch_and_reporter(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()

    answer = lab.facts(report(person, source_time=LATER), reporter="Laboratory 7")

    assert (answer.status, answer.json["state"]) == (200, "stored")
    assert outcomes(answer) == [("stored", None)]
    (fact,) = RegistrySource().facts_of(person_id_of(person))
    assert vars(fact) == {
        "fact_id": f"{lab.source}:1",
        "kind": "nucleic_acid",
        "result": "negative",
        "occurred_at": "2022-04-05T02:00:00Z",
        "place": "Lab 3",
        "source": lab.source,
        "reported_at": LATER,
        "batch": answer.json["batch_id"],
        "reporter": "Laboratory 7",
    }


def test_each_row_is_answered_in_its_order_and_a_bad_one_stops_no_other(city: TestCity, lab: SourceClient) -> None:
    good, other = city.stranger(), city.stranger()

    answer = lab.facts(
        report(good),
        report(good),
        report(good, kind="horoscope"),
        report(good, fact_id=""),
        report(good, fact_id="x" * 201),
        report(other, document_number="371302199001010000"),
        report(other, document_type="library_card"),
        report(other, result="green"),
        report(other, occurred_at=""),
        report(other, source_time="yesterday"),
        report(other, source_time="2999-01-01T00:00:00Z"),
        report(other),
    )

    assert outcomes(answer) == [
        ("stored", None),
        ("unchanged", None),
        ("refused", "unknown_kind"),
        ("refused", "missing_fact_id"),
        ("refused", "too_long_fact_id"),
        ("refused", "invalid_document"),
        ("refused", "unknown_document_type"),
        ("refused", "unknown_result"),
        ("refused", "invalid_occurred_at"),
        ("refused", "invalid_source_time"),
        ("refused", "future_source_time"),
        ("stored", None),
    ]
    assert (len(known(good)), len(known(other))) == (1, 1)


def test_a_source_clock_may_be_five_minutes_ahead_and_no_more(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    ahead = [clock.iso(clock.now() + timedelta(minutes=minutes)) for minutes in (4, 6)]
    rows = [report(person, fact_id=at, source_time=at) for at in ahead]
    assert outcomes(lab.facts(*rows)) == [("stored", None), ("refused", "future_source_time")]


def test_the_same_delivery_again_changes_nothing(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    lab.facts(report(person))
    before = items_of(FactRow, person_id_of(person))

    assert outcomes(lab.facts(report(person))) == [("unchanged", None)]

    assert items_of(FactRow, person_id_of(person)) == before


def test_a_correction_replaces_and_what_is_older_comes_too_late(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    assert outcomes(lab.facts(report(person, source_time=LATER, result="inconclusive"))) == [("stored", None)]
    assert outcomes(lab.facts(report(person))) == [("older", None)]
    assert known(person) == [(f"{lab.source}:1", "nucleic_acid", "inconclusive")]
    assert outcomes(lab.facts(report(person, source_time=LATEST))) == [("stored", None)]
    assert known(person) == [(f"{lab.source}:1", "nucleic_acid", "negative")]


def test_a_withdrawn_fact_is_seen_by_nobody_and_nothing_of_it_is_left(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    lab.facts(report(person, place="Sealed Court 4"))

    assert outcomes(lab.facts(withdrawal(person, source_time=LATER))) == [("stored", None)]

    assert known(person) == []
    (left,) = items_of(FactRow, person_id_of(person))
    assert "Sealed Court 4" not in str(left)
    assert "negative" not in str(left)
    assert outcomes(lab.facts(report(person))) == [("older", None)]
    assert known(person) == []


def test_a_withdrawal_may_come_before_what_it_withdraws(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    assert outcomes(lab.facts(withdrawal(person, source_time=LATER))) == [("stored", None)]
    assert outcomes(lab.facts(report(person))) == [("older", None)]
    assert outcomes(lab.facts(report(person, source_time=LATEST))) == [("stored", None)]
    assert len(known(person)) == 1


def test_no_source_corrects_or_withdraws_what_another_one_reported(city: TestCity, lab: SourceClient) -> None:
    person, other = city.stranger(), registered(city)
    lab.facts(report(person))

    assert outcomes(other.facts(withdrawal(person, source_time=LATEST))) == [("stored", None)]
    assert known(person) == [(f"{lab.source}:1", "nucleic_acid", "negative")]
    assert (
        outcomes(other.facts(report(person, source_time="2022-04-08T00:00:00Z", result="positive")))[0][0] == "stored"
    )
    assert (f"{lab.source}:1", "nucleic_acid", "negative") in known(person)


def test_a_withdrawn_fact_leaves_the_snapshots_of_organizations(city: TestCity, lab: SourceClient) -> None:
    book = Book.opened(city)
    member = book.member("nucleic_acid")
    lab.facts(report(member.person))
    city.deliver()
    assert book.members()[0]["nucleic_acid"]["result"] == "negative"

    lab.facts(withdrawal(member.person, source_time=LATER))
    city.deliver()

    assert book.members()[0]["nucleic_acid"] is None


def test_a_row_in_whose_place_nothing_can_be_read_is_refused_and_the_rest_goes_on(
    city: TestCity, lab: SourceClient
) -> None:
    broken, person = city.stranger(), city.stranger()
    lab.facts(report(broken))
    spoil(FactRow.key(person_id_of(broken), f"nucleic_acid#{lab.source}:1"), "occurred_at")

    assert outcomes(lab.facts(report(broken), report(person))) == [("refused", "broken_record"), ("stored", None)]
    assert outcomes(lab.facts(report(broken, source_time=LATER))) == [("stored", None)]


def test_a_batch_that_was_cut_short_is_sent_again(city: TestCity, lab: SourceClient, faults: Seam) -> None:
    first, second = city.stranger(), city.stranger()
    faults.before["PutItem"] = [None, aws_error("ProvisionedThroughputExceededException", "PutItem")]
    assert lab.facts(report(first), report(second)).status == 503
    assert outcomes(lab.facts(report(first), report(second))) == [("unchanged", None), ("stored", None)]


def test_each_try_comes_further_for_what_is_stored_costs_no_write(
    city: TestCity, lab: SourceClient, faults: Seam
) -> None:
    rows = [report(city.stranger()) for _ in range(5)]
    faults.calls.clear()
    calls = []
    for _ in range(2):
        faults.before["PutItem"] = [None, None, aws_error("ProvisionedThroughputExceededException")]
        assert lab.facts(*rows).status == 503
        calls.append(faults.counts["PutItem"])
    assert outcomes(lab.facts(*rows)) == [("unchanged", None)] * 4 + [("stored", None)]
    assert [*calls, faults.counts["PutItem"]] == [3, 6, 7]
    faults.calls.clear()
    assert outcomes(lab.facts(*rows)) == [("unchanged", None)] * 5
    assert faults.counts == {"BatchGetItem": 2, "GenerateMac": 1}


def test_the_same_batch_twice_at_once_stores_each_row_once(city: TestCity, lab: SourceClient) -> None:
    rows = [report(city.stranger()) for _ in range(10)]
    first, second = map(outcomes, at_once(2, lambda _: lab.facts(*rows)))
    pairs = {tuple(sorted(word for word, _ in both)) for both in zip(first, second, strict=True)}
    assert pairs == {("stored", "unchanged")}


def test_a_batch_has_a_size_and_a_form(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    rows = [report(person, fact_id=str(number)) for number in range(501)]
    for body in (
        {"reporter": "Laboratory 3", "rows": rows},
        {"reporter": "Laboratory 3", "rows": []},
        {"reporter": "", "rows": rows[:1]},
        {"rows": rows[:1]},
        {"reporter": "Laboratory 3", "rows": [{**rows[0], "person_id": "x"}]},
    ):
        answer = lab.post("/v1/facts/batch", body)
        assert (answer.status, answer.code) == (422, "validation_failed")
        assert person.number not in answer.text
    assert known(person) == []


def test_five_hundred_rows_fit(city: TestCity, lab: SourceClient) -> None:
    people = [city.stranger() for _ in range(500)]
    answer = lab.facts(*(report(person) for person in people))
    assert outcomes(answer) == [("stored", None)] * 500
    assert all(known(person) for person in people[::100])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2"]),
        st.sampled_from([f"2022-04-0{day}T0{hour}:00:00{part}Z" for day in (5, 6) for hour in (1, 2) for part in ("", ".5")]),
        st.sampled_from(["negative", "positive", "inconclusive", None]),
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


def rows_of(person: TestPerson) -> dict[str, dict[str, Any]]:
    """The rows of a person, without the batch, which names the delivery that came first."""
    found = items_of(FactRow, person_id_of(person))
    return {
        item["sk"]["S"]: {name: item[name] for name in item if name not in {"batch", "person_id"}} for item in found
    }


@given(steps=STEPS, data=st.data())
@settings(
    max_examples=25,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_order_and_repetition_ends_in_the_same_rows(city: TestCity, steps: list[Any], data: st.DataObject) -> None:
    lab, ones = registered(city), [city.stranger(), city.stranger()]
    again = data.draw(st.permutations([*steps, *data.draw(st.lists(st.sampled_from(steps), max_size=3))]))
    for person, order in zip(ones, (steps, again), strict=True):
        for fact_id, at, result in order:
            said = {"fact_id": fact_id, "source_time": at}
            row = withdrawal(person, **said) if result is None else report(person, **said, result=result)
            assert lab.facts(row).status == 200

    assert rows_of(ones[0]) == rows_of(ones[1])
    newest = {fact_id: max(at for one, at, _ in steps if one == fact_id) for fact_id, _, _ in steps}
    for fact in store.query_all(FactRow, person_id_of(ones[0]), FactRow.sk >= "a"):
        assert str(fact.version).startswith(newest[fact.fact_id.rpartition(":")[2]].rstrip("Z")[:19])


def test_a_person_may_never_have_enrolled(city: TestCity, lab: SourceClient) -> None:
    person = city.stranger()
    lab.facts(report(person))
    lab.identities({**person.row(), "source_time": LATER})
    assert stored(FactRow.key(person_id_of(person), f"nucleic_acid#{lab.source}:1")) is not None
    client = city.verified(person)
    assert client.get("/v1/me").json["verified"] is True
