"""Until when somebody acts for somebody else, and for whom not any more (R2.5; design §7)."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.core import clock
from chalicelib.people.service.bindings import acts_for, is_shown, of_age
from chalicelib.people.tables.dependants import DependantRow
from chalicelib.people.tables.people import PersonRow

NOW = datetime.fromisoformat("2022-04-06T01:00:00+00:00")
SOON, PAST = NOW + timedelta(days=1), NOW - timedelta(seconds=1)


@pytest.fixture(autouse=True)
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY", "demo")


@pytest.mark.parametrize(
    ("born", "until"),
    [
        (date(2010, 6, 10), "2024-06-09T16:00:00Z"),
        (date(2008, 2, 29), "2022-02-28T16:00:00Z"),
        (date(2008, 3, 1), "2022-02-28T16:00:00Z"),
        (date(2009, 1, 1), "2022-12-31T16:00:00Z"),
    ],
)
def test_a_child_is_of_age_at_the_citys_midnight_of_the_fourteenth_birthday(born: date, until: str) -> None:
    assert clock.iso(of_age(born)) == until


def binding(relation: str, **changes: Any) -> DependantRow:
    said = {"enrolment": 1, "other_id": "b", "other_enrolment": 3, "relation": relation, "until": None, **changes}
    return DependantRow("a", "DEPENDANT#x", name_mask="王**", document_mask="", bound_at=NOW, **said)


def person(**changes: Any) -> PersonRow:
    return PersonRow("b", "PERSON", **{"enrolment": 3, "verified_at": NOW, "account": None, **changes})


CASES: dict[str, tuple[DependantRow, PersonRow | None, bool, bool]] = {
    "a child": (binding("child", until=SOON), person(), True, True),
    "a child of whom no birth date is known": (binding("child"), person(), True, True),
    "a child who came of age": (binding("child", until=NOW), person(), False, False),
    "a child who came of age a second ago": (binding("child", until=PAST), person(), False, False),
    "a child with an account": (binding("child", until=SOON), person(account="p"), False, False),
    "a parent": (binding("parent"), person(), True, True),
    "a parent with an account": (binding("parent"), person(account="p"), False, True),
    "somebody else with an account": (binding("other"), person(account="p"), False, True),
    "a parent in another life": (binding("parent"), person(enrolment=4), False, False),
    "a parent who was erased": (binding("parent"), person(verified_at=None), False, False),
    "a parent who is not there": (binding("parent"), None, False, False),
}


@pytest.mark.parametrize("name", CASES)
def test_who_acts_and_who_sees(name: str) -> None:
    row, other, acts, sees = CASES[name]

    with clock.frozen(NOW):
        assert (acts_for(row, other), is_shown(row, other)) == (acts, sees)
