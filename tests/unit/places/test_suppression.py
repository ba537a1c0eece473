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
        ({"a": 4}, {}),
        ({"a": 0, "b": 9}, {"b": 9}),
    ],
)
def test_groups_of_fewer_than_five_are_left_out(groups: dict[str, int], shown: dict[str, int]) -> None:
    assert suppressed(groups) == shown


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 12), max_size=6))
def test_what_is_left_out_is_never_one_small_group_alone(groups: dict[str, int]) -> None:
    shown = suppressed(groups)
    assert all(number >= SMALL for number in shown.values())
    hidden = [number for name, number in groups.items() if name not in shown and number]
    assert len(hidden) != 1 or len(groups) == 1 or hidden[0] >= SMALL or not shown
