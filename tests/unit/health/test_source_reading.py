"""What a source may answer: nothing that it says, in whatever form, becomes a report of somebody who was not asked for (R-19)."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chalicelib.core import clock
from chalicelib.core.reports import Asked, Report
from chalicelib.health.facts import RESULTS, Kind
from chalicelib.health.remote import reading
from chalicelib.health.remote.client import Garbage
from chalicelib.health.remote.contract import (
    BATCH,
    ChangesAnswer,
    IdentityAnswer,
    Part,
    PeopleAnswer,
    Person,
    PositionAnswer,
)

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
NUMBERS = ("E1234567", "E7654321", "E5555555")
ASKED = {
    str(place): (
        Asked(f"person-{place}", "account"),
        Person(ref=str(place), document_type="passport", document_number=number, phone="13800000000"),
    )
    for place, number in enumerate(NUMBERS)
}
FACT = {
    "fact_id": "1",
    "kind": "nucleic_acid",
    "result": "negative",
    "occurred_at": "2026-05-04T08:00:00+08:00",
    "place": "一号站",
    "reported_at": "2026-05-04T01:00:00Z",
}
PERSON: dict[str, Any] = {
    "ref": "0",
    "document_number": NUMBERS[0],
    "known": True,
    "has_phone": True,
    "facts": [FACT],
}


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def answered(*people: object) -> PeopleAnswer:
    return PeopleAnswer.model_validate_json(json.dumps({"as_of": "2026-05-04T03:00:00Z", "people": people}))


def found(*people: object) -> Mapping[str, Report]:
    """The usable reports by their reference; of everybody else who was asked for it is garbage."""
    of, garbage = reading.reports("lab", ASKED, answered(*people))
    assert of.keys() | garbage == {who.person_id for who, _ in ASKED.values()}
    assert not of.keys() & garbage
    return {person_id.removeprefix("person-"): report for person_id, report in of.items()}


def of_fact(**changes: object) -> dict[str, Any]:
    return {**PERSON, "facts": [{**FACT, **changes}]}


def test_a_report_is_what_the_source_said_under_its_name() -> None:
    (report,) = found(PERSON).values()
    (fact,) = report.facts
    assert (fact.fact_id, fact.source, fact.occurred_at) == ("lab:1", "lab", "2026-05-04T00:00:00Z")
    assert (report.has_phone, len(report.mark or "")) == (True, 64)


def test_a_mark_is_of_what_is_said_and_not_of_its_order() -> None:
    second = {**FACT, "fact_id": "2"}
    one = found({**PERSON, "facts": [FACT, second]})["0"].mark
    assert found({**PERSON, "facts": [second, FACT]})["0"].mark == one
    assert found({**PERSON, "facts": [FACT, {**second, "place": "二号站"}]})["0"].mark != one


@pytest.mark.parametrize(
    "person",
    [
        None,
        "0",
        {},
        {**PERSON, "ref": "3"},
        {**PERSON, "ref": "00"},
        {**PERSON, "ref": 0},
        {**PERSON, "document_number": NUMBERS[1]},
        {**PERSON, "known": False},
        {**PERSON, "known": 1},
        {**PERSON, "has_phone": "yes"},
        {**PERSON, "remark": ""},
        {**PERSON, "facts": None},
        {**PERSON, "facts": [FACT, FACT]},
        {**PERSON, "facts": [{**FACT, "fact_id": str(one), "place": "站" * 200} for one in range(499)]},
        of_fact(kind="aura"),
        of_fact(kind="case"),
        of_fact(result="NEGATIVE"),
        of_fact(fact_id=""),
        of_fact(fact_id="x" * 201),
        of_fact(place="x" * 201),
        of_fact(occurred_at="yesterday"),
        of_fact(occurred_at="2026-05-04T01:00:00"),
        of_fact(occurred_at="2026-05-04"),
        of_fact(occurred_at="0001-01-01T00:00:00+14:00"),
        of_fact(occurred_at="1899-12-31T00:00:00Z"),
        of_fact(occurred_at="2026-05-04T03:08:00Z"),
        of_fact(reported_at="2026-05-05T00:00:00Z"),
    ],
    ids=range(27),
)
def test_what_is_wrong_about_one_person_is_garbage_of_theirs_alone(person: object) -> None:
    other = {**PERSON, "ref": "1", "document_number": NUMBERS[1]}
    assert set(found(person, other)) == {"1"}


def test_who_is_reported_twice_is_garbage() -> None:
    assert found(PERSON, PERSON) == {}


def test_a_phone_that_was_not_asked_for_says_nothing() -> None:
    who, question = ASKED["0"]
    of, _ = reading.reports("lab", {"0": (who, question.model_copy(update={"phone": None}))}, answered(PERSON))
    assert of["person-0"].has_phone is None


@pytest.mark.parametrize(
    ("stated", "until"),
    [("2026-05-04T01:00:00Z", NOW - timedelta(seconds=7321)), ("2026-05-04T03:05:00Z", NOW)],
)
def test_data_are_never_complete_until_later_than_now(stated: str, until: datetime) -> None:
    assert reading.as_of(stated) == until


@pytest.mark.parametrize("stated", ["", "now", "2026-05-04T03:08:00Z", "2026-05-04T03:00:00", "1800-01-01T00:00:00Z"])
def test_an_answer_of_no_time_or_of_the_future_is_none(stated: str) -> None:
    with pytest.raises(Garbage):
        reading.as_of(stated)


@pytest.mark.parametrize("kind", [IdentityAnswer, PeopleAnswer, ChangesAnswer, PositionAnswer])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<!doctype html>",
        '{"备注": "系统维护中"}'.encode("gbk"),
        b'{"as_of": NaN}',
        b"[" * 100_000,
        b'{"cursor": "\\ud800"}',
    ],
    ids=["empty", "null", "list", "html", "gbk", "nan", "deep", "surrogate"],
)
def test_what_is_no_answer_of_its_kind_is_refused(kind: type[Part], body: bytes) -> None:
    with pytest.raises(ValidationError):
        kind.model_validate_json(body)


def test_an_answer_of_more_people_than_were_asked_for_is_refused() -> None:
    with pytest.raises(ValidationError):
        found(*[PERSON] * (BATCH + 1))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
MOMENTS = st.datetimes().map(lambda at: at.isoformat() + "Z") | st.text(max_size=30) | st.just(FACT["occurred_at"])
FACTS = st.fixed_dictionaries(
    {
        "fact_id": st.text(max_size=5),
        "kind": st.sampled_from([*Kind, "aura"]),
        "result": st.sampled_from(["negative", "positive", "1", "", "?"]) | st.text(max_size=5),
        "occurred_at": MOMENTS,
        "place": st.text(max_size=10),
        "reported_at": MOMENTS,
    }
)
LIARS = st.fixed_dictionaries(
    {
        "ref": st.sampled_from(["0", "1", "2", "3", "", "０"]) | st.text(max_size=3),
        "document_number": st.sampled_from([*NUMBERS, "E0000000"]) | st.text(max_size=5),
        "known": st.booleans(),
        "has_phone": st.none() | st.booleans(),
        "facts": st.lists(FACTS, max_size=4),
    }
)


@given(body=st.binary(max_size=200) | JSON.map(lambda said: json.dumps(said).encode()))
def test_whatever_arrives_is_refused_in_one_way(body: bytes) -> None:
    for kind in (IdentityAnswer, PeopleAnswer, ChangesAnswer):
        with pytest.raises(ValidationError):
            kind.model_validate_json(body)


@given(people=st.lists(LIARS | JSON, max_size=6))
def test_whatever_is_said_in_the_right_form_is_a_whole_report_of_who_was_asked_for_or_none(people: list[Any]) -> None:
    with clock.frozen(NOW):
        reports = found(*people)
    for ref, report in reports.items():
        theirs = [one for one in people if isinstance(one, dict) and one.get("ref") == ref and one["known"]]
        whole = [row for row in theirs if row["document_number"] == NUMBERS[int(ref)]]
        assert len(report.facts) in {len(row["facts"]) for row in whole}
        assert all(fact.result in RESULTS[Kind(fact.kind)] for fact in report.facts)
        assert all("1900" <= fact.occurred_at <= "2026-05-04T03:07:01Z" for fact in report.facts)


@given(people=st.lists(LIARS | JSON, max_size=6))
def test_a_row_of_changes_that_is_none_is_counted_and_spoils_no_other(people: list[Any]) -> None:
    said = {"as_of": "2026-05-04T03:00:00Z", "cursor": "7", "has_more": False, "people": people}
    page = ChangesAnswer.model_validate_json(json.dumps(said))
    assert page.people == [None] * len(people), "none of these has a document"
