"""Small groups are told of to nobody in public, and can't be reckoned from what is (T-39, B15)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.places.service.statistics import SMALL, suppressed


@pytest.mark.parametrize(
    ("groups", "shown"),
    [
        ({}, {}),
        ({"a": 5, "b": 9}, {"a": 5, "b": 9}),
        ({"a": 4, "b": 9, "c": 7}, {"b": 9}),
        ({"a": 4, "b": 3, "c": 7}, {"c": 7}),
        ({"a": 1, "b": 1, "c": 7, "d": 9}, {"d": 9}),
        ({"a": 4}, {}),
        ({"a": 0, "b": 9}, {"b": 9}),
    ],
)
def test_groups_of_fewer_than_five_are_left_out(groups: dict[str, int], shown: dict[str, int]) -> None:
    assert suppressed(groups, sum(groups.values())) == shown


def test_those_of_no_group_are_no_small_group_either() -> None:
    assert suppressed({"normal": 40, "fever": 6}, 49) == {"normal": 40}


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 12), max_size=6), st.integers(0, 12))
def test_what_is_left_out_is_nobody_or_five_together(groups: dict[str, int], of_no_group: int) -> None:
    whole = sum(groups.values()) + of_no_group
    shown = suppressed(groups, whole)
    assert shown.items() <= groups.items()
    assert all(number >= SMALL for number in shown.values())
    left_out = whole - sum(shown.values())
    assert left_out == 0 or left_out >= SMALL or not shown
