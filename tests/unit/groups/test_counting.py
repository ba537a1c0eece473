"""What a stored membership is counted as, whatever is stored."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.groups.consents import Scope
from chalicelib.groups.counting import OVERDUE, contribution, counter_of
from chalicelib.groups.tables import LIST_COLUMNS

UNSHARED = {f"unshared:{scope.value}" for scope in Scope}


def image(*scopes: str, **attributes: Any) -> dict[str, Any]:
    """A stored membership that shares these scopes."""
    return {
        "org_id": {"S": "o"},
        "member_id": {"S": "m"},
        "scopes": {"L": [{"S": one} for one in scopes]},
        **attributes,
    }


def words(*several: str) -> dict[str, Any]:
    return {"L": [{"S": one} for one in several]}


def status(value: Any) -> dict[str, Any]:
    return {"S": json.dumps(value)}


def metrics(stored: dict[str, Any], department: str = "-") -> set[str]:
    """What it counts as, each once, all in one department."""
    found = contribution(stored)
    assert set(found.values()) == {1}
    assert {name.partition("#")[0] for name in found} == {department}
    return {name.partition("#")[2] for name in found}


def test_who_is_not_there_counts_as_nothing() -> None:
    assert contribution(None) == {}


def test_who_shares_nothing_is_a_member_and_has_no_state() -> None:
    assert metrics(image()) == {"members", *UNSHARED}


def test_each_scope_that_is_shared_is_not_among_the_unshared() -> None:
    for scope in Scope:
        expected = {"members", *UNSHARED} - {f"unshared:{scope.value}"}
        assert metrics(image(scope.value)) - {"state:unknown"} == expected


def test_a_state_is_counted_where_the_health_code_is_shared() -> None:
    assert "state:red" in metrics(image("health_code", status=status({"state": "red"})))
    assert "state:unknown" in metrics(image("health_code"))
    assert not {one for one in metrics(image("travel")) if one.startswith("state:")}


def test_who_needs_attention_and_what_is_overdue() -> None:
    found = metrics(image(*Scope, attention={"S": "overdue"}, overdue=words("travel", "vaccination")))
    assert found == {"members", "attention", "state:unknown", "overdue:travel", "overdue:vaccination"}


def test_a_member_counts_in_their_department() -> None:
    stored = image(*Scope, department_id={"S": "01m81a4k4gcy7bhghytqf5087q"})
    assert metrics(stored, "01m81a4k4gcy7bhghytqf5087q") == {"members", "state:unknown"}


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"scopes": {"S": "travel"}},
        {"scopes": {"L": [{"NULL": True}]}},
        {"scopes": {"L": [{"N": "1"}]}},
        image(department_id={"N": "1"}),
        image(department_id={"S": "a#members"}),
        image(department_id={"S": ""}),
        image(department_id={"S": "-"}),
        image(attention={"L": []}),
        image(overdue=words("something")),
        image(overdue={"L": [{"NULL": True}]}),
        image("health_code", status={"S": "{"}),
        image("health_code", status=status([])),
        image("health_code", status=status({})),
        image("health_code", status=status({"state": "a#b"})),
        image("health_code", status=status({"state": 1})),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_one_of_the_unreadable(stored: dict[str, Any]) -> None:
    assert contribution(stored) == {counter_of("-", "unreadable"): 1}


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.builds(lambda text: {"S": text}, st.text(max_size=8) | st.sampled_from(['{"state": "red"}', "travel"])),
        st.builds(lambda number: {"N": str(number)}, st.integers()),
        st.just({"NULL": True}),
        st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
        st.just({"B": "AP8="}),
        st.builds(lambda several: {"SS": several}, st.lists(st.text(min_size=1, max_size=4), min_size=1)),
    ),
    lambda inner: (
        st.builds(lambda several: {"L": several}, st.lists(inner, max_size=3))
        | st.builds(lambda several: {"M": several}, st.dictionaries(st.text(max_size=4), inner, max_size=3))
    ),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*LIST_COLUMNS, "path", "overdue", "other"]), VALUES))
def test_it_is_total_and_bounded(stored: dict[str, Any]) -> None:
    """Whatever lies there, it is counted, in one department, as no more than two records' worth of one transaction."""
    found = contribution(stored)
    assert set(found.values()) == {1}
    assert len({name.partition("#")[0] for name in found}) == 1
    assert len(found) <= 3 + len(Scope) + len(OVERDUE)
