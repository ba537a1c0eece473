"""The counts of design §9 and §1, as `make bench` shows them. Times are not asserted: a busy machine would fail them."""

import pytest

from bench.operations import LISTED, OPERATIONS, Operation, list_members, measured
from bench.recorder import recorded
from tests.support.city import TestCity

pytestmark = [pytest.mark.engines, pytest.mark.slow]

KNOWN_OVER = {
    "ask for a code": 3,
    "log in": 5,
    "prove identity": 5,
    "my memberships": 3,
    "list 50 members": 3,
    "change consent": 3,
}
"""Operations that take more sequential round trips than their limit, and how many. It must not become more, and who mends
one takes it off this list."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_operation_keeps_within_its_limits(city: TestCity, operation: Operation) -> None:
    figures = measured(operation, city)
    known = KNOWN_OVER.get(operation.name)
    assert figures.over == ([] if known is None else ["round trips"])
    assert known is None or figures.record.round_trips == known


def test_a_list_costs_what_it_shows_however_large_the_book_is(city: TestCity) -> None:
    small, large = list_members(city, LISTED + 1), list_members(city, 10 * LISTED)
    assert large().status == 200  # keys are held from now on
    with recorded() as of_small:
        assert len(small().json["items"]) == LISTED
    with recorded() as of_large:
        assert len(large().json["items"]) == LISTED
    assert of_large.round_trips == of_small.round_trips
    assert of_large.units == of_small.units
    assert [call.keys for call in of_large.calls] == [call.keys for call in of_small.calls]
